//! A PostgreSQL server for all tests, started with the first that needs it and stopped when the test process ends; and
//! servers of their own for those that kill them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;

/// Its process sees the end of its standard input when this one goes, and takes the server along.
struct Server {
    url: String,
    _process: Child,
}

fn start() -> Server {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders down");
    let below = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into).join("store");
    let mut process = Command::new("python3")
        .arg(root.join("tests/sources/database_servers.py"))
        .args(["postgresql", "--below"])
        .arg(below)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("python3 is needed to start the database server of these tests");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let said: serde_json::Value =
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no PostgreSQL server: see the message above"));
    Server { url: said["url"].as_str().expect("a URL").to_owned(), _process: process }
}

/// The address of a new, empty database.
pub async fn database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let url = &SERVER.get_or_init(start).url;
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    execute(url, &format!("CREATE DATABASE {name}")).await;
    let (server, _) = url.rsplit_once('/').expect("a database in the URL");
    format!("{server}/{name}")
}

/// Runs statements on a connection of their own.
pub async fn execute(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    let connected = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    drop(client);
    let _ = connected.await;
}

/// A server that can be killed and started again over the same data.
pub struct KillableServer {
    directory: tempfile::TempDir,
    port: u16,
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

fn program(name: &str) -> PathBuf {
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
        let mut server = KillableServer { directory, port, process: None };
        server.run();
        server
    }

    pub fn url(&self) -> String {
        format!("postgres://tester@127.0.0.1:{}/postgres", self.port)
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
