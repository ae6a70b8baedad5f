//! The demo with several nodes: a PostgreSQL server that nobody else reaches, and nodes beside the first, which is the demo's own
//! process. All of it ends with the demo, however that ends: each process has a shell that waits for the end of its input.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::SEAL_KEY_VARIABLE;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use super::Temporary;

/// How long the database server may take to let somebody in, and a process to end.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Connections of one node at most, and some.
const CONNECTIONS: usize = 30;
/// Where packages put the programs of servers, beside what is in the path.
const PLACES: &[&str] = &["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt", "/usr"];
const MISSING: &str = "PostgreSQL is needed for several nodes, and neither `initdb` nor `postgres` was found: install its server \
                       (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install \
                       postgresql), or put the directory of its programs into PATH";

/// Runs a program, tells its number, and ends it once nobody holds the other end of the input; what it leaves goes when it has
/// ended. It is waited for all the time, so that its number is nobody else's when it is told to end.
const KEEPER: &str = r#"signal=$1 left=$2; shift 2
exec 3<&0
"$@" 3<&- < /dev/null & pid=$!
echo $pid
exec 1> /dev/null
{ cat <&3; kill -s "$signal" $pid; } 2> /dev/null & reader=$!
wait $pid
kill $reader 2> /dev/null
[ -z "$left" ] || rm -rf "$left""#;

/// A process that ends with this.
struct Kept {
    keeper: Child,
    id: String,
    output: Mutex<Receiver<String>>,
}

impl Kept {
    /// What follows in the arguments is the program's.
    fn command(program: &Path, signal: &str, left: Option<&Path>) -> Command {
        let mut keeper = plain("sh");
        keeper.args(["-c", KEEPER, "sh", signal]).arg(left.unwrap_or(Path::new(""))).arg(program);
        keeper
    }

    fn start(mut command: Command, log: &Path) -> Result<Kept> {
        // An interrupt of the terminal is the demo's: it ends the others in their order.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let mut keeper = command.spawn().context("starting sh")?;
        let Some(output) = keeper.stdout.take() else { bail!("sh has no output") };
        let (told, hears) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| told.send(line))
        });
        let mut kept = Kept { keeper, id: String::new(), output: Mutex::new(hears) };
        kept.id = kept.line();
        Ok(kept)
    }

    /// What it tells next; nothing where that takes too long.
    fn line(&self) -> String {
        self.output.lock().recv_timeout(PATIENCE).unwrap_or_default()
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.keeper.try_wait(), Ok(None))
    }

    fn let_go(&mut self) {
        drop(self.keeper.stdin.take());
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.let_go();
        let until = Instant::now() + PATIENCE;
        while !self.has_ended() {
            if Instant::now() > until {
                // It and its program are a group of their own.
                let group = i32::try_from(self.keeper.id()).ok().and_then(Pid::from_raw);
                let _ = group.map(|group| kill_process_group(group, Signal::KILL));
                let _ = self.keeper.wait();
                return;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// The account that a server runs as, where it is another: PostgreSQL refuses to be root's.
#[derive(Clone, Copy)]
struct Whose(Option<(u32, u32)>);

impl Whose {
    fn of_server() -> Result<Whose> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Whose(None));
        }
        let accounts = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        let named = |name: &str| {
            let mut fields =
                accounts.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
            Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        match named("postgres") {
            Some(ids) => Ok(Whose(Some(ids))),
            None => {
                bail!("PostgreSQL does not run as root, and there is no account postgres: run the demo as another user")
            }
        }
    }

    fn run(self, command: &mut Command) {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
    }

    fn own(self, path: &Path) -> Result<()> {
        match self.0 {
            Some((user, group)) => Ok(chown(path, Some(user), Some(group))?),
            None => Ok(()),
        }
    }
}

/// A node beside the first.
pub struct Node {
    pub url: String,
    pub process: String,
}

pub struct Cluster {
    /// Of the database; it holds the password.
    pub address: String,
    nodes: Mutex<Vec<Kept>>,
    _server: Kept,
    _folder: Temporary,
    _logs: Temporary,
}

impl Cluster {
    /// Starts a server for so many nodes. It listens on a socket in a directory of its own that no other user may enter, and
    /// nowhere else, and asks for a password that was drawn for it.
    pub fn start(nodes: usize) -> Result<Cluster> {
        let programs = programs(std::env::var_os("PATH").as_deref(), PLACES)?;
        let whose = Whose::of_server()?;
        let folder = Temporary::new("pg")?;
        // What this process opens by its path lies where the server's account writes nothing.
        let logs = Temporary::new("log")?;
        let (data, word, log) = (folder.0.join("data"), folder.0.join("word"), logs.0.join("postgres.log"));
        let password: String = (0..4).map(|_| format!("{:08x}", rand::random::<u32>())).collect();
        let mut written = File::options().write(true).create_new(true).mode(0o600).open(&word)?;
        written.write_all(password.as_bytes())?;
        whose.own(&word)?;
        whose.own(&folder.0)?;
        let mut made = plain(programs.join("initdb"));
        made.arg("-D").arg(&data).arg("--pwfile").arg(&word).current_dir(&folder.0);
        made.args(["-U", "emporion", "--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"]);
        whose.run(&mut made);
        let made = made.output().context("running initdb")?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        fs::remove_file(&word)?;
        let mut server = Kept::command(&programs.join("postgres"), "INT", Some(&folder.0));
        whose.run(&mut server);
        // Where the demo was started, the server's account may not be let in.
        server.arg("-D").arg(&data).current_dir(&folder.0);
        let connections = format!("max_connections={}", CONNECTIONS * nodes + 10);
        let sockets = format!("unix_socket_directories={}", folder.0.display());
        for setting in
            ["listen_addresses=", "port=5432", "unix_socket_permissions=0700", "fsync=off", &connections, &sockets]
        {
            server.args(["-c", setting]);
        }
        let mut server = Kept::start(server, &log)?;
        let is_ready = || {
            let mut asked = plain(programs.join("pg_isready"));
            asked.args(["-q", "-p", "5432"]).arg("-h").arg(&folder.0).stderr(Stdio::null()).stdout(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        };
        let until = Instant::now() + PATIENCE;
        while !is_ready() {
            if server.has_ended() || Instant::now() > until {
                bail!("the database server did not start: {}", fs::read_to_string(&log).unwrap_or_default().trim());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        let host: String = folder.0.display().to_string().bytes().map(encoded).collect();
        let address = format!("postgres://emporion:{password}@{host}/postgres");
        Ok(Cluster { address, nodes: Mutex::default(), _server: server, _folder: folder, _logs: logs })
    }

    /// Starts a further node, and answers when it serves.
    pub fn add(&self, folder: &Path, number: usize, master_key: &Path, sources: &Path) -> Result<Node> {
        let (data, log) = (folder.join(format!("node-{number}")), folder.join(format!("node-{number}.log")));
        let program = std::env::current_exe().context("where this program is")?;
        let mut node = Kept::command(&program, "TERM", None);
        node.args(["serve", "-o", "json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        node.arg("--source-dir").arg(sources).arg("--master-key").arg(master_key);
        // One address for all of them is none.
        node.env("EMPORION_STORE", &self.address).env_remove(SEAL_KEY_VARIABLE).env("EMPORION_PG_LISTEN", "");
        let node = Kept::start(node, &log)?;
        let told: Value = serde_json::from_str(&node.line()).unwrap_or_default();
        let Some(url) = told["url"].as_str() else {
            bail!("node {number} did not start: {}", fs::read_to_string(&log).unwrap_or_default().trim());
        };
        let started = Node { url: url.to_owned(), process: node.id.clone() };
        self.nodes.lock().push(node);
        Ok(started)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // All at once; then the server, which they still write to.
        let nodes = self.nodes.get_mut();
        nodes.iter_mut().for_each(Kept::let_go);
        nodes.clear();
    }
}

/// A program that takes nothing from what is said of other databases.
fn plain(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let others = std::env::vars_os().map(|(name, _)| name).filter(|name| name.as_encoded_bytes().starts_with(b"PG"));
    for name in others {
        command.env_remove(name);
    }
    command
}

/// As it stands in an address.
fn encoded(byte: u8) -> String {
    match byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    }
}

/// The directory of the server's programs: in the path, else the newest of a package.
fn programs(path: Option<&OsStr>, places: &[&str]) -> Result<PathBuf> {
    let holds = |folder: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).exists());
    if let Some(found) = path.and_then(|path| std::env::split_paths(path).find(holds)) {
        return Ok(found);
    }
    let below =
        |place: &&str| fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let version = |folder: &PathBuf| {
        let digits =
            |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u32>().unwrap_or(0);
        folder.parent().and_then(Path::file_name).map_or(0, |name| digits(&name.to_string_lossy()))
    };
    places.iter().flat_map(below).filter(holds).max_by_key(version).context(MISSING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_server_is_taken_and_one_that_is_missing_is_told_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        let refused = programs(Some(folder.path().as_os_str()), &[&place]).unwrap_err().to_string();
        assert!(refused.contains("apt-get install postgresql") && refused.contains("PATH"), "{refused}");
        for version in ["9", "15", "postgresql@16", "17"] {
            let bin = folder.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            let whole = ["initdb", "postgres", "pg_isready"];
            for name in &whole[..if version == "17" { 2 } else { 3 }] {
                File::create(bin.join(name)).unwrap();
            }
        }
        assert_eq!(programs(None, &[&place]).unwrap(), folder.path().join("postgresql@16/bin"));
        let old = folder.path().join("9/bin");
        assert_eq!(programs(Some(old.as_os_str()), &[&place]).unwrap(), old, "what is in the path goes before");
    }
}
