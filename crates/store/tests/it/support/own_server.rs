//! PostgreSQL servers of their own for tests that kill them or need another than all have; what is done beside a node.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio_postgres::NoTls;

/// A connection of its own, for as long as the test runs.
pub async fn connected(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// A server that can be killed and started again over the same data.
pub struct KillableServer {
    directory: tempfile::TempDir,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

/// Root may not run the server; another account of the system does then: its user and its group.
fn account() -> Option<(u32, u32)> {
    let number = |of: &str, name: &str| -> Option<u32> {
        let told = Command::new("id").args([of, name]).output().ok()?;
        String::from_utf8(told.stdout).ok()?.trim().parse().ok()
    };
    if std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").ok()?) != 0 {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((number("-u", name)?, number("-g", name)?)))
}

pub fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("{name} is missing: apt-get install postgresql"))
}

fn as_account(command: &mut Command) -> &mut Command {
    match account() {
        Some((user, group)) => command.uid(user).gid(group),
        None => command,
    }
}

impl KillableServer {
    pub fn start() -> KillableServer {
        KillableServer::start_with(|_| Vec::new())
    }

    /// With settings beside the usual ones, and with the files that they need in its directory.
    pub fn start_with(prepare: impl FnOnce(&Path) -> Vec<String>) -> KillableServer {
        let directory = tempfile::tempdir().unwrap();
        if let Some((user, group)) = account() {
            std::os::unix::fs::chown(directory.path(), Some(user), Some(group)).unwrap();
        }
        let mut initdb = Command::new(program("initdb"));
        initdb.arg("-D").arg(directory.path().join("data")).args(["-U", "tester", "--auth", "trust", "-E", "UTF8"]);
        initdb.args(["--locale", "C", "--no-sync"]).current_dir(directory.path());
        let made = as_account(&mut initdb).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = prepare(directory.path());
        if let Some((user, group)) = account() {
            for file in fs::read_dir(directory.path()).unwrap() {
                std::os::unix::fs::chown(file.unwrap().path(), Some(user), Some(group)).unwrap();
            }
        }
        let mut server = KillableServer { directory, port, settings, process: None };
        server.run();
        server
    }

    pub fn url(&self) -> String {
        self.url_of("127.0.0.1")
    }

    /// By another name of this machine.
    pub fn url_of(&self, host: &str) -> String {
        format!("postgres://tester@{host}:{}/postgres", self.port)
    }

    /// A file that was made for it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A server that was killed may leave memory behind for a moment, over which the next one does not begin.
    pub fn run(&mut self) {
        for _ in 0..2_400 {
            let is_running = self.process.as_mut().is_some_and(|server| server.try_wait().unwrap().is_none());
            if !is_running {
                self.process = Some(self.begun());
            }
            std::thread::sleep(Duration::from_millis(25));
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
        }
        panic!("{}", fs::read_to_string(self.directory.path().join("log")).unwrap());
    }

    fn begun(&self) -> Child {
        let log = fs::File::options().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        let mut server = Command::new(program("postgres"));
        server.arg("-D").arg(self.directory.path().join("data"));
        for setting in
            [format!("port={}", self.port), "listen_addresses=127.0.0.1".into(), "unix_socket_directories=".into()]
        {
            server.arg("-c").arg(setting);
        }
        for setting in &self.settings {
            server.arg("-c").arg(setting);
        }
        server.current_dir(self.directory.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        as_account(&mut server).spawn().unwrap()
    }

    /// All of it at once, as when the power fails: the server and each process that it has made.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.id())).unwrap_or_default();
        let own = process.id().to_string();
        let _ = Command::new("kill").arg("-KILL").arg(own).args(children.split_whitespace()).status();
        let _ = process.wait();
    }
}

impl Drop for KillableServer {
    fn drop(&mut self) {
        self.kill();
    }
}
