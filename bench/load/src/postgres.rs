//! A PostgreSQL server of the measurement's own: its databases lie in the measurement's folder, and it is reached by a socket there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::on_core;

/// Where Debian puts the programs of the server, one directory for each version.
const PACKAGES: &str = "/usr/lib/postgresql";
const MISSING: &str = "no PostgreSQL server below /usr/lib/postgresql (Debian: apt-get install postgresql)";
/// A node of the catalogue has up to 26 connections, the floor 17.
const CONNECTIONS: u32 = 80;

pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    core: Option<usize>,
}

impl Cluster {
    /// Makes a server that syncs its log, and starts it on that processor.
    pub fn start(folder: PathBuf, core: Option<usize>) -> Result<Cluster> {
        let versions = fs::read_dir(PACKAGES).context(MISSING)?.flatten().map(|entry| entry.path().join("bin"));
        let programs = versions.filter(|bin| bin.join("initdb").exists()).max().context(MISSING)?;
        fs::create_dir_all(&folder)?;
        let cluster = Cluster { programs, folder, core };
        if is_root() {
            let folder = cluster.folder.display().to_string();
            succeeds(Command::new("chown").args(["postgres", &folder]))?;
        }
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "emporion", "--auth", "trust", "-E", "UTF8", "--locale", "C"])?;
        let options = format!(
            "-c listen_addresses= -c max_connections={CONNECTIONS} -c shared_buffers=256MB -c max_wal_size=4GB -c \
             unix_socket_permissions=0700 -c unix_socket_directories={}",
            cluster.folder.display()
        );
        let log = cluster.folder.join("postgres.log").display().to_string();
        cluster.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"])?;
        Ok(cluster)
    }

    /// Of a database, for whoever may enter the folder.
    pub fn address(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://emporion@{folder}/{database}")
    }

    /// Makes a database, like another one that nobody is connected to.
    pub fn make(&self, database: &str, like: &str) -> Result<()> {
        let host = self.folder.display().to_string();
        self.run("createdb", &["-h", &host, "-U", "emporion", "--template", like, database])
    }

    /// Writes the statistics of a database, and what waits, so that neither happens while something is measured.
    pub fn settle(&self, database: &str) -> Result<()> {
        let host = self.folder.display().to_string();
        for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
            self.run("psql", &["-q", "-h", &host, "-U", "emporion", "-d", database, "-c", statement])?;
        }
        Ok(())
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    /// The server's programs refuse to be root's.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = on_core(Path::new("runuser"), self.core);
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => on_core(&program, self.core),
        };
        succeeds(command.args(arguments).current_dir(&self.folder))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whatever ended the run, no server stays behind.
        let _ = self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&match fs::metadata("/proc/self") {
        Ok(own) => own,
        Err(_) => return false,
    }) == 0
}

fn succeeds(command: &mut Command) -> Result<()> {
    let name = format!("{:?}", command.get_program());
    let done = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).output();
    let done = done.with_context(|| format!("starting {name}"))?;
    if !done.status.success() {
        bail!("{command:?} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}
