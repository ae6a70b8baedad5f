//! Stores that earlier versions have written: this one opens them, whole; one that is broken off while it brings them to its
//! shape leaves them as they were; and nodes of two versions stand over one database.
//!
//! `tests/fixtures` has a store of each schema since SQLite's 23rd and PostgreSQL's 6th. Whoever adds a step makes those of
//! the schema before it, over its commit: `cargo test --workspace --test it upgrades::fixtures -- --ignored`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::change_set::{CredentialClass, SealedSecret, Write};
use emporion_catalog::id::{Revision, Seq};
use emporion_catalog::observation::{Series, TABLE_PROFILE};
use emporion_catalog::ports::Store;
use emporion_catalog::query::ListQuery;
use emporion_catalog::registry::Registry;
use emporion_store::PostgresStore;
use emporion_store::postgres::Options;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::support::*;
use crate::transfer;

fn below(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The stores of an engine: which schema they have, and the statements that make them.
fn stores(engine: &str) -> Vec<(u64, String)> {
    let files = std::fs::read_dir(below("tests/fixtures")).unwrap().map(|file| file.unwrap().path());
    let number = |file: &Path| file.file_stem()?.to_str()?.strip_prefix(engine)?.strip_prefix('-')?.parse().ok();
    let mut found: Vec<(u64, String)> =
        files.filter_map(|file| Some((number(&file)?, std::fs::read_to_string(&file).unwrap()))).collect();
    found.sort();
    found
}

/// The numbered scripts of a folder, with the name of each.
fn steps(folder: &str) -> Vec<(u64, String, String)> {
    let files = std::fs::read_dir(below(folder)).unwrap().map(|file| file.unwrap().path());
    let step = |file: PathBuf| {
        let (number, name) = file.file_stem()?.to_str()?.split_once('_')?;
        Some((number.parse().ok()?, name.to_owned(), std::fs::read_to_string(&file).unwrap()))
    };
    let mut found: Vec<(u64, String, String)> = files.filter_map(step).collect();
    found.sort();
    found
}

/// The first so many steps of a folder, as statements that apply them and note it.
fn first_steps(folder: &str, count: usize) -> String {
    let mut all = "CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, \
                   checksum text NOT NULL);\n"
        .to_owned();
    for (number, name, sql) in steps(folder).into_iter().take(count) {
        let checksum: String = Sha256::digest(&sql).iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(all, "{sql}\nINSERT INTO migrations VALUES ({number}, '{name}', '{checksum}');").unwrap();
    }
    all
}

/// All that a file holds, as statements that make it.
fn dump(file: &Path) -> String {
    let connection = Connection::open(file).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let of = |what: &str| format!("sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type {what} ORDER BY rowid");
    let mut all = texts(&format!("SELECT sql || ';' FROM sqlite_schema WHERE {}", of("= 'table'")));
    for table in texts(&format!("SELECT name FROM sqlite_schema WHERE {}", of("= 'table'"))) {
        let columns =
            texts(&format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')")).join(" || ',' || ");
        all.extend(texts(&format!("SELECT 'INSERT INTO {table} VALUES (' || {columns} || ');' FROM {table}")));
    }
    all.extend(texts(&format!("SELECT sql || ';' FROM sqlite_schema WHERE {}", of("<> 'table'"))));
    all.push(format!("PRAGMA user_version = {};\n", texts("SELECT user_version || '' FROM pragma_user_version")[0]));
    all.join("\n")
}

#[tokio::test]
#[ignore = "makes the fixtures of the present schema"]
async fn fixtures() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    transfer::written(&file).await;
    let address = server::database().await;
    open_database(&address).await.fill(&file, &transfer::keys(), &|_, _| true).await.unwrap();
    let given = Command::new(own_server::program("pg_dump"))
        .args(["--inserts", "--no-owner", "--no-privileges", "--no-comments", &address])
        .output()
        .unwrap();
    assert!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
    // What only psql understands, and what the version of the server is.
    let given = String::from_utf8(given.stdout).unwrap();
    let kept = |line: &&str| !line.starts_with('\\') && !line.starts_with("--") && !line.is_empty();
    let given: String = given.lines().filter(kept).flat_map(|line| [line, "\n"]).collect();
    for (engine, folder, text) in [("sqlite", "migrations", dump(&file)), ("postgres", "migrations/postgres", given)] {
        let schema = steps(folder).len();
        std::fs::write(below("tests/fixtures").join(format!("{engine}-{schema}.sql")), text).unwrap();
    }
}

/// The store is what `transfer::written` has made, and goes on.
async fn is_as_written(store: &dyn Store) {
    let now = store.snapshot().await.unwrap();
    let head = now.head().await.unwrap();
    let (domains, products) = (ListQuery::of(ACCOUNT, kind("domain")), ListQuery::of(ACCOUNT, kind("data_product")));
    let [d] = now.list(&domains).await.unwrap().try_into().unwrap();
    let [p] = now.list(&products).await.unwrap().try_into().unwrap();
    assert_eq!((d.fqn.as_str(), d.revision, p.fqn.as_str()), ("d", Revision(2), "d.p"));
    assert_eq!(now.edges_at(d.id, Revision(1)).await.unwrap().len(), 1, "its owner then");
    assert_eq!(now.edges_from(&[d.id, p.id], None).await.unwrap().len(), 1);
    assert_eq!(now.by_alias(ACCOUNT, "s", "v").await.unwrap(), Some(p.id));
    let SealedSecret { sealed, .. } = &now.secrets(p.id).await.unwrap()[0];
    assert_eq!(sealed, &[0, 1, 255]);
    assert_eq!(now.credential(CredentialClass::Password, "ann").await.unwrap().unwrap().secret, [9, 0]);
    assert_eq!(now.answer_for(ACCOUNT, "s", "k").await.unwrap().unwrap().body.to_vec(), [0, 2]);
    assert_eq!(now.access_epoch(ACCOUNT).await.unwrap(), 1);
    assert_eq!(now.newest_observations(ACCOUNT, &[p.id], &[transfer::OBSERVED]).await.unwrap().len(), 2);
    drop(now);
    let set = Set::new().replace(&next(&p)).put(&product(&d, "new"));
    let set = set.observe(&p, vec![noted(transfer::OBSERVED, "later", 9, serde_json::json!(1))]);
    assert_eq!(store.commit(vec![set.0]).await.unwrap()[0], Ok(Seq(head.0 + 2)));
    let now = store.snapshot().await.unwrap();
    assert_eq!(now.list(&products).await.unwrap().len(), 2);
    assert_eq!(now.states(&[(p.id, Revision(1))]).await.unwrap().len(), 1);
}

/// Whoever adds a step finds that the schema before it has a store here.
fn are_kept(stores: &[(u64, String)], folder: &str) {
    let (newest, schema) = (stores.last().expect("a store").0, steps(folder).len() as u64);
    assert!(newest + 1 >= schema, "none has schema {}: see above", schema - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_earlier_versions_are_opened_and_go_on() {
    let stores = stores("sqlite");
    are_kept(&stores, "migrations");
    for (schema, sql) in stores {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        Connection::open(&file).unwrap().execute_batch(&sql).unwrap();
        let store = open(&file);
        is_as_written(&store).await;
        assert_eq!(store.verify().unwrap().faults, Vec::<String>::new(), "{schema}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_of_earlier_versions_are_opened_and_go_on() {
    let stores = stores("postgres");
    are_kept(&stores, "migrations/postgres");
    for (schema, sql) in stores {
        let address = server::database().await;
        server::execute(&address, &sql).await;
        let store = open_database(&address).await;
        assert_eq!(store.keys().await.unwrap().map(|keys| keys.wrapped), Some(b"wrapped".to_vec()));
        is_as_written(&store).await;
        assert_eq!(store.verify().await.unwrap().faults, Vec::<String>::new(), "{schema}");
    }
}

/// Tables that have their profiles in their bodies, as before the ninth step.
const OLD: usize = 8;
const TABLES: u64 = 30_000;
const OLD_FILE: &str = "EMPORION_OLD_FILE";
const IN_BODIES: Series = TABLE_PROFILE;

fn old_file(file: &Path) {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(&first_steps("migrations", OLD)).unwrap();
    let body = r#"{"columns":[],"profile":{"timestamp":9},"profiles":{"table":[{"timestamp":9,"rowCount":1}]}}"#;
    connection
        .execute_batch(&format!(
            "BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TABLES}) \
             INSERT INTO records SELECT CAST(printf('%016d', i) AS BLOB), x'{account}', 'table', NULL, 't' || i, \
             't' || i, 't' || i, 0, NULL, 1, 1, 1, 0, x'{account}', 'x', 0, x'{account}', 'x', 0, NULL, '{body}', NULL \
             FROM n; INSERT INTO tallies VALUES (x'{account}', 'table', 0, {TABLES}); COMMIT",
            account = "00000000000000000000000000000001",
        ))
        .unwrap();
}

fn schema(file: &Path) -> usize {
    let connection = Connection::open(file).unwrap();
    let newest: i64 = connection.query_row("SELECT max(number) FROM migrations", [], |row| row.get(0)).unwrap();
    usize::try_from(newest).unwrap()
}

/// Run as a process of its own by the test below: opens an old file.
#[tokio::test]
#[ignore = "a process that another test starts and kills"]
async fn victim() {
    let Some(file) = std::env::var_os(OLD_FILE) else { return };
    std::io::Write::write_all(&mut std::io::stderr(), b"opening\n").unwrap();
    drop(open(Path::new(&file)));
}

/// Opens it in a process of its own, which is killed after a time. Answers how long that took.
fn opened_by_victim(file: &Path, killed_after: Option<Duration>) -> Duration {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "upgrades::victim", "--ignored", "--nocapture"])
        .env(OLD_FILE, file)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "opening"));
    let began = Instant::now();
    if let Some(after) = killed_after {
        std::thread::sleep(after);
        victim.kill().unwrap();
    }
    let ended = victim.wait().unwrap();
    assert!(killed_after.is_some() || ended.success());
    began.elapsed()
}

#[tokio::test]
async fn a_file_is_old_or_new_when_the_process_is_killed_that_brings_it_to_its_shape() {
    const KILLS: u32 = 10;
    let directory = tempfile::tempdir().unwrap();
    let (old, file) = (directory.path().join("old.db"), directory.path().join("store.db"));
    old_file(&old);
    std::fs::copy(&old, &file).unwrap();
    let (whole, newest) = (opened_by_victim(&file, None), steps("migrations").len());
    assert_eq!(schema(&file), newest);
    std::fs::copy(&old, &file).unwrap();
    let mut broken_off = 0;
    for kill in 0..KILLS {
        opened_by_victim(&file, Some(whole * kill / KILLS));
        let found = schema(&file);
        assert!([OLD, newest].contains(&found), "{found}");
        broken_off += u32::from(found == OLD);
        if found == newest {
            break;
        }
    }
    assert!(broken_off > 2, "{broken_off} of {KILLS}");
    let store = open(&file);
    let now = store.snapshot().await.unwrap();
    let [first] = now.by_fqn(ACCOUNT, kind("table"), &["t1"]).await.unwrap().try_into().unwrap();
    let observed = now.newest_observations(ACCOUNT, &[first.unwrap().id], &[IN_BODIES]).await.unwrap();
    assert_eq!(observed.len(), 1);
    let report = store.verify().unwrap();
    assert_eq!((report.records, report.observations), (TABLES, TABLES));
    assert_eq!(report.faults, Vec::<String>::new());
}

/// The step that is broken off waits for a lock that somebody else has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_old_or_new_when_the_session_is_ended_that_brings_it_to_its_shape() {
    let (address, old) = (server::database().await, 3);
    server::execute(&address, &first_steps("migrations/postgres", old)).await;
    server::execute(
        &address,
        "INSERT INTO deeds VALUES (gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 'a', NULL, NULL, 'b', \
         NULL, '{}')",
    )
    .await;
    // One that has the lock, and one that sees what goes on: within a transaction that stands still.
    let (outside, watching) = (own_server::connected(&address).await, own_server::connected(&address).await);
    let number = async |sql: &str| -> i64 { watching.query_one(sql, &[]).await.unwrap().get(0) };
    let newest = "SELECT max(number) FROM migrations";
    // The first step that is missing meets the one, a later one the other.
    for locked in ["deeds", "records"] {
        outside.batch_execute(&format!("BEGIN; LOCK TABLE {locked} IN SHARE ROW EXCLUSIVE MODE")).await.unwrap();
        let opening = {
            let address = address.clone();
            tokio::spawn(async move { PostgresStore::open(&address, Registry::standard(), Options::default()).await })
        };
        let waits =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while number(waits).await == 0 {
            assert!(!opening.is_finished());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND datname = current_database()";
        assert_eq!(number(end).await, 1);
        assert!(opening.await.unwrap().is_err());
        outside.batch_execute("COMMIT").await.unwrap();
        assert_eq!(number(newest).await, old as i64);
        assert_eq!(number("SELECT count(*) FROM deeds").await, 1);
    }
    let store = open_database(&address).await;
    assert_eq!(number(newest).await as usize, steps("migrations/postgres").len());
    assert_eq!(number("SELECT count(*) FROM audit_events").await, 1);
    assert_eq!(store.commit(vec![Set::new().put(&domain("d")).0]).await.unwrap()[0], Ok(Seq(1)));
    assert_eq!(store.verify().await.unwrap().faults, Vec::<String>::new());
}

/// Expand, then contract: a step only adds, and what is renamed stays under its old name. Nodes that were there before it go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_on_while_a_newer_one_brings_the_database_to_its_shape() {
    let address = server::database().await;
    let node = Arc::new(open_database(&address).await);
    let d = domain("d");
    node.commit(vec![Set::new().put(&d).0]).await.unwrap();
    let writing = {
        let (node, d) = (node.clone(), d.clone());
        tokio::spawn(async move {
            for number in 0..90 {
                let p = product(&d, &format!("p{number}"));
                let secret = SealedSecret { path: "/a".into(), sealed: vec![1], fingerprint: vec![2] };
                let secrets = Write::PutSecrets { id: p.id, secrets: vec![secret] };
                node.commit(vec![Set::new().put(&p).write(secrets).0]).await.unwrap()[0].as_ref().unwrap();
                let now = node.snapshot().await.unwrap();
                assert_eq!(now.list(&ListQuery::of(ACCOUNT, kind("data_product"))).await.unwrap().len(), number + 1);
                assert_eq!(now.secrets(p.id).await.unwrap().len(), 1);
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    let next = steps("migrations/postgres").len() + 1;
    let step = format!(
        "BEGIN; ALTER TABLE records ADD COLUMN later text NOT NULL DEFAULT 'x'; \
         ALTER TABLE events ADD COLUMN later bigint; CREATE INDEX records_later ON records (later); \
         CREATE TABLE later (id uuid PRIMARY KEY); ALTER TABLE secrets RENAME TO sealed_values; \
         CREATE VIEW secrets AS SELECT * FROM sealed_values; \
         INSERT INTO migrations VALUES ({next}, 'later', ''); COMMIT"
    );
    server::execute(&address, &step).await;
    writing.await.unwrap();
    assert_eq!(node.verify().await.unwrap().faults, Vec::<String>::new());
    let refused = PostgresStore::open(&address, Registry::standard(), Options::default()).await;
    assert!(refused.err().is_some_and(|why| why.to_string().contains("newer version")), "only who is there goes on");
}
