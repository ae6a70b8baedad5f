//! A PostgreSQL server for all tests of a process, started with the first that needs it and stopped when the process ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

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
