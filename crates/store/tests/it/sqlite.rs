//! What only the file engine promises: durability, one server per file, repair of nothing in silence.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::*;
use emporion_catalog::change_set::{RememberedAnswer, Write};
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::ports::{Store, StoreError};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::OWNER;
use emporion_store::{Options, SqliteStore};

fn refusal(file: &Path) -> String {
    match SqliteStore::open(file, Registry::standard(), Options::default()) {
        Err(StoreError::Unavailable(reason)) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

async fn store_all(store: &SqliteStore, sets: Vec<Set>) -> Vec<Seq> {
    let sets = sets.into_iter().map(|set| set.0).collect();
    store.commit(sets).await.unwrap().into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let d = domain("d");
    let p = product(&d, "p");
    {
        let store = open(&file);
        store_all(&store, vec![Set::new().put(&d).put(&p).link(&edge(&p, OWNER, &d))]).await;
    }
    let store = open(&file);
    let now = store.snapshot().await.unwrap();
    assert_eq!(now.by_id(ACCOUNT, &[p.id]).await.unwrap(), [Some(p.clone())]);
    assert_eq!(now.edges_from(&[p.id], None).await.unwrap().len(), 1);
    assert_eq!(store_all(&store, vec![Set::new().replace(&next(&p))]).await, [Seq(3)], "the log goes on");
    let report = store.verify().unwrap();
    assert_eq!((report.records, report.revisions, report.edges, report.events), (2, 1, 1, 3));
    assert_eq!(report.faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    store_all(&store, vec![Set::new().put(&domain("d"))]).await;
    store.snapshot().await.unwrap().head().await.unwrap();
    let log = || std::fs::metadata(directory.path().join("store.db-wal")).map_or(0, |log| log.len());
    assert_ne!(log(), 0);
    drop(store);
    assert_eq!(log(), 0);
}

#[tokio::test]
async fn a_file_can_be_verified_while_it_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    store_all(&store, vec![Set::new().put(&domain("d"))]).await;
    let report = emporion_store::verify_file(&file).unwrap();
    assert_eq!((report.records, report.events, report.faults.len()), (1, 1, 0));
    drop(store);
    assert_eq!(emporion_store::verify_file(&file).unwrap(), report);
    assert!(emporion_store::verify_file(&directory.path().join("missing.db")).is_err());
}

#[tokio::test]
async fn one_file_has_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let first = open(&file);
    let reason = refusal(&file);
    assert!(reason.contains("already open in another process"), "{reason}");
    drop(first);
    open(&file);
}

#[tokio::test]
async fn a_newer_store_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    drop(open(&file));
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.execute_batch("INSERT INTO migrations VALUES (99, 'later', 'x')").unwrap();
    drop(newer);
    let reason = refusal(&file);
    assert!(reason.contains("newer version") && reason.contains("99"), "{reason}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    store_all(&store, vec![Set::new().put(&domain("d"))]).await;
    for name in ["store.db", "store.db-wal"] {
        let mode = std::fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_a_store_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    refusal(&directory.path().join("missing").join("store.db"));
    let file = directory.path().join("store.db");
    std::fs::write(&file, "this is no database, and long enough to be looked at as one").unwrap();
    assert!(SqliteStore::open(&file, Registry::standard(), Options::default()).is_err());
}

#[tokio::test]
async fn damage_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    let d = domain("d");
    let p = product(&d, "p");
    store_all(&store, vec![Set::new().put(&d).put(&p).link(&edge(&p, OWNER, &d)), Set::new().replace(&next(&d))]).await;
    assert_eq!(store.verify().unwrap().faults, Vec::<String>::new());
    for (damage, word) in [
        ("DELETE FROM events WHERE seq = 2", "the log ends at 3"),
        ("UPDATE tallies SET n = n + 1 WHERE kind = 'domain'", "kind domain has a tally of 2"),
        ("DELETE FROM tallies WHERE kind = 'data_product'", "kind data_product has a tally of 0"),
        ("UPDATE edges SET target = zeroblob(16)", "leads to no record"),
        ("UPDATE records SET state = 1 WHERE kind = 'domain'", "is alive under a deleted record"),
        ("UPDATE records SET body = 'x' WHERE kind = 'domain'", "a body that is no JSON"),
        ("DELETE FROM records WHERE kind = 'domain'", "belongs to no record"),
    ] {
        let hand = rusqlite::Connection::open(&file).unwrap();
        hand.execute_batch(damage).unwrap();
        let faults = store.verify().unwrap().faults;
        assert!(faults.iter().any(|fault| fault.contains(word)), "{damage}: {faults:?}");
    }
}

#[tokio::test]
async fn old_answers_are_thrown_away() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let answer = |key: &str, at| RememberedAnswer {
        account: ACCOUNT,
        scope: "s".into(),
        key: key.into(),
        fingerprint: vec![],
        status: 200,
        body: vec![].into(),
        at,
    };
    let day = 24 * 60 * 60 * 1_000;
    let put = |answer| Set::new().write(Write::PutKey(Box::new(answer)));
    {
        let store = open(&file);
        let (old, young) = (Millis(Millis::now().0 - day - 1), Millis(Millis::now().0 - day + 60_000));
        store_all(&store, vec![put(answer("old", old)), put(answer("young", young))]).await;
    }
    let store = open(&file);
    // The writer tidies up after its first task.
    store.health().await.unwrap();
    store.commit(vec![]).await.unwrap();
    let now = store.snapshot().await.unwrap();
    assert_eq!(now.answer_for(ACCOUNT, "s", "old").await.unwrap(), None);
    assert!(now.answer_for(ACCOUNT, "s", "young").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_file_does_not_grow_without_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let options = Options { checkpoint_pages: 50, ..Options::default() };
    let store = SqliteStore::open(&file, Registry::standard(), options).unwrap();
    let mut reader = None;
    for round in 0..200 {
        // Readers that stay for some commits, and a state of their own each.
        if round % 10 == 0 {
            reader = Some(store.snapshot().await.unwrap());
        } else if round % 10 == 7 {
            reader = None;
        }
        if let Some(reader) = &reader {
            reader.head().await.unwrap();
        }
        let sets = (0..20).map(|n| Set::new().put(&domain(&format!("{round}-{n}")))).collect();
        store_all(&store, sets).await;
    }
    let log = std::fs::metadata(directory.path().join("store.db-wal")).unwrap().len();
    assert!(log < 40 * 50 * 4_096, "{log} bytes");
    assert_eq!(store.verify().unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn many_snapshots_live_side_by_side() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("store.db"));
    let mut snapshots = Vec::new();
    for n in 0..100u64 {
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(snapshot.head().await.unwrap(), Seq(n));
        snapshots.push(snapshot);
        store_all(&store, vec![Set::new().put(&domain(&n.to_string()))]).await;
    }
    for (n, snapshot) in snapshots.iter().enumerate() {
        assert_eq!(snapshot.head().await.unwrap(), Seq(n as u64), "each keeps its state");
    }
}

/// Where the process that is to be killed keeps its store.
const VICTIM: &str = "EMPORION_TEST_VICTIM";

/// Run as a process of its own by the test below: writes until it is killed, and says what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process that another test starts and kills"]
async fn victim() {
    let Some(file) = std::env::var_os(VICTIM) else { return };
    let store = std::sync::Arc::new(open(Path::new(&file)));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        writers.spawn(async move {
            loop {
                // Two records and an edge: all of it or none.
                let d = domain(&emporion_catalog::id::RecordId::fresh().to_string());
                let p = product(&d, "p");
                let set = Set::new().put(&d).put(&p).link(&edge(&p, OWNER, &d));
                let seq = store_all(&store, vec![set]).await[0];
                let line = format!("acknowledged {} {}\n", seq.0, p.id);
                // One call, so that a line is never torn.
                std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::victim", "--ignored", "--nocapture"])
            .env(VICTIM, &file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines();
        let enough = 40 + round * 13;
        let read = |line: &str| -> Option<(u64, emporion_catalog::id::RecordId)> {
            let mut words = line.strip_prefix("acknowledged ")?.split(' ');
            Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        };
        let mut seen = 0;
        while seen < enough {
            let line = lines.next().expect("the victim writes until it is killed").unwrap();
            acknowledged.extend(read(&line));
            seen += 1;
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        // What it still said before it died counts as well; its last line may be torn.
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| read(&line)));

        let store = open(&file);
        let now = store.snapshot().await.unwrap();
        let head = now.head().await.unwrap();
        for (seq, id) in &acknowledged {
            assert!(*seq <= head.0);
            assert!(now.by_id(ACCOUNT, &[*id]).await.unwrap()[0].is_some(), "round {round}: {id} is lost");
            assert_eq!(now.edges_from(&[*id], None).await.unwrap().len(), 1);
        }
        let report = store.verify().unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        assert_eq!((report.records, report.events), (head.0, head.0), "nothing is half-written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_taken_under_writes_is_one_state_with_all_that_was_acknowledged() {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    // Enough pages for several steps of the copy.
    for n in 0..24 {
        let mut large = domain(&format!("large{n}"));
        large.body.insert("description".into(), serde_json::json!("x".repeat(1 << 20)));
        store_all(&store, vec![Set::new().put(&large)]).await;
    }
    let (done, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let steps = AtomicU64::new(0);
    tokio::join!(
        async {
            let mut n = 0;
            while !done.load(Ordering::Acquire) {
                let (d, p) = (domain(&format!("d{n}")), product(&domain("x"), &format!("p{n}")));
                let p = emporion_catalog::record::Record { parent: Some(d.id), fqn: format!("d{n}.p{n}"), ..p };
                let stored = store_all(&store, vec![Set::new().put(&d).put(&p).link(&edge(&p, OWNER, &d))]).await;
                acknowledged.store(stored[0].0, Ordering::Release);
                n += 1;
            }
        },
        async {
            tokio::task::block_in_place(|| {
                for round in 0..4 {
                    let before = acknowledged.load(Ordering::Acquire);
                    let to = directory.path().join(format!("copy{round}.db"));
                    let progress = |bytes: u64, all: u64| {
                        assert!(bytes <= all);
                        steps.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(5));
                        true
                    };
                    let copied = emporion_store::copy_file(&file, &to, &progress).unwrap();
                    assert!(copied.seq >= before, "{} after {before} was acknowledged", copied.seq);
                    assert_eq!(copied.bytes, std::fs::metadata(&to).unwrap().len());
                    let report = open(&to).verify().unwrap();
                    assert_eq!(report.faults, Vec::<String>::new());
                    assert_eq!((report.records, report.events), (copied.records, copied.seq));
                }
            });
            done.store(true, Ordering::Release);
        }
    );
    assert!(acknowledged.load(Ordering::Acquire) > 24 && steps.load(Ordering::Relaxed) > 8, "both ran at once");
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_its_owners_and_never_in_the_place_of_anything() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open(&file);
    store_all(&store, vec![Set::new().put(&domain("d"))]).await;
    let copy = |to: &Path| emporion_store::copy_file(&file, to, &|_, _| true);
    let to = directory.path().join("copy.db");
    copy(&to).unwrap();
    assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let taken = copy(&to).unwrap_err().to_string();
    assert!(taken.contains("is there already"), "{taken}");
    copy(&file).unwrap_err();
    assert_eq!(store.verify().unwrap().records, 1);
}

#[tokio::test]
async fn nothing_is_left_of_a_copy_of_what_is_no_store_of_this_version() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let to = directory.path().join("copy.db");
    let refusal = || emporion_store::copy_file(&file, &to, &|_, _| true).unwrap_err().to_string();
    refusal();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert!(refusal().contains("no store"), "{}", refusal());
    std::fs::remove_file(&file).unwrap();
    drop(open(&file));
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.execute_batch("INSERT INTO migrations VALUES (99, 'later', 'x')").unwrap();
    assert!(refusal().contains("newer version"), "{}", refusal());
    assert!(!to.exists());
    newer.execute_batch("DELETE FROM migrations WHERE number = 99").unwrap();
    newer.execute_batch("CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(20000000))").unwrap();
    let ended = emporion_store::copy_file(&file, &to, &|_, _| false).unwrap_err().to_string();
    assert!(ended.contains("ended") && !to.exists(), "{ended}");
}
