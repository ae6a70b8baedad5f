//! Groups that meet a full disk, a failed sync, a lost connection, and sets that no engine can store.

use std::sync::atomic::{AtomicUsize, Ordering};

use emporion_model::change_set::{ChangeSet, Event, EventKind, Expect, Lost, NameScope, Permit, Write};
use emporion_model::id::Revision;
use emporion_model::registry::Registry;
use emporion_model::testing;

use super::*;
use crate::sqlite::rows::Codec;

struct World {
    thread: Thread,
    fatal: Arc<AtomicUsize>,
    _directory: tempfile::TempDir,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let fatal = Arc::new(AtomicUsize::new(0));
    let told = fatal.clone();
    let on_fatal = Box::new(move |_: &str| {
        told.fetch_add(1, Ordering::SeqCst);
    });
    let options = Options { on_fatal: Some(on_fatal), ..Options::default() };
    let mut connection = open_writing(&file, &options).unwrap();
    crate::sqlite::migrate::migrate(&mut connection).unwrap();
    let codec = Codec::new(Registry::standard());
    let pool = Arc::new(Pool::new(file.clone(), codec, &options));
    World { thread: Thread::new(file, connection, pool, Seq(0), options).unwrap(), fatal, _directory: directory }
}

fn put(name: &str, size_bytes: usize) -> ChangeSet {
    let mut record = testing::record("domain", None, name);
    record.body.insert("description".into(), "x".repeat(size_bytes).into());
    let mut set = ChangeSet::new(Permit::for_tests());
    set.events.push(Event {
        account: record.account,
        at: record.created.at,
        by: record.created.by.clone(),
        what: EventKind::Created,
        kind: record.kind,
        id: record.id,
        fqn: record.fqn.clone(),
        revision: record.revision,
        detail: None,
    });
    set.writes.push(Write::Put { record: Box::new(record), replaces: None, silent: false });
    set
}

/// A set that no engine can store: an edge that is there already.
fn broken() -> ChangeSet {
    let mut set = put("broken", 1);
    let Write::Put { record, .. } = &set.writes[0] else { unreachable!() };
    let edge = emporion_model::record::Edge {
        id: emporion_model::id::EdgeId::fresh(),
        from: record.id,
        relation: emporion_model::relation::OWNER,
        at: String::new(),
        ord: 0,
        to: record.id,
        attributes: Default::default(),
        since: Revision::FIRST,
        until: None,
    };
    set.writes.extend([Write::Link(Box::new(edge.clone())), Write::Link(Box::new(edge))]);
    set
}

fn store(thread: &mut Thread, calls: Vec<Vec<ChangeSet>>) -> Vec<Stored> {
    let (jobs, answers): (Vec<Job>, Vec<_>) = calls
        .into_iter()
        .map(|sets| {
            let (answer, stored) = oneshot::channel();
            (Job { sets, answer }, stored)
        })
        .unzip();
    thread.store(jobs);
    answers.into_iter().map(|mut stored| stored.try_recv().unwrap()).collect()
}

fn head(thread: &Thread) -> u64 {
    let count = |sql| thread.connection().unwrap().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let head = count("SELECT coalesce(max(seq), 0) FROM events");
    assert_eq!(head, count("SELECT count(*) FROM events"));
    assert_eq!(head, count("SELECT coalesce(sum(n), 0) FROM tallies"));
    head.unsigned_abs()
}

#[test]
fn a_full_disk_refuses_the_group_and_nothing_else() {
    let World { mut thread, fatal, _directory } = world();
    store(&mut thread, vec![vec![put("before", 10)]])[0].as_ref().unwrap();
    let pages: i64 = thread.connection().unwrap().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = |thread: &Thread, pages: i64| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        thread.connection().unwrap().query_row(&sql, [], |_| Ok(())).unwrap();
    };
    limit(&thread, pages + 20);
    let calls = vec![vec![put("small", 10)], vec![put("large", 1_000_000)]];
    for answer in store(&mut thread, calls) {
        assert!(matches!(answer, Err(StoreError::Full)), "{answer:?}");
    }
    assert_eq!(head(&thread), 1, "reads go on, and nothing is half-written");
    assert!(matches!(store(&mut thread, vec![vec![put("before", 10)]])[0].as_ref().unwrap()[0], Err(Lost(_))));
    assert!(thread.wrote.is_none(), "the next question after health writes something");
    thread.prove().unwrap();
    store(&mut thread, vec![vec![put("small", 10)]])[0].as_ref().unwrap();
    limit(&thread, 1_000_000);
    store(&mut thread, vec![vec![put("large", 1_000_000)]])[0].as_ref().unwrap();
    assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (3, 0));
}

#[test]
fn a_call_that_cannot_be_stored_fails_alone_and_as_a_whole() {
    let World { mut thread, fatal, _directory } = world();
    let calls = vec![vec![put("a", 1)], vec![put("b", 1), broken(), put("c", 1)], vec![put("d", 1), put("a", 1)]];
    let answers = store(&mut thread, calls);
    assert_eq!(answers[0].as_ref().unwrap(), &[Ok(Seq(1))]);
    assert!(matches!(answers[1], Err(StoreError::Internal(_))));
    let last = answers[2].as_ref().unwrap();
    assert_eq!(last[0], Ok(Seq(2)), "the log has no gap where the failed call was");
    assert!(matches!(last[1], Err(Lost(Expect::NameFree { .. }))));
    assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (2, 0));
}

#[test]
fn a_name_and_an_alias_that_are_given_already_are_lost_alone() {
    let World { mut thread, fatal, _directory } = world();
    let free = |name: &str, alias: &str| {
        let mut set = put(name, 1);
        let Write::Put { record, .. } = &set.writes[0] else { unreachable!() };
        let (account, kind, id) = (record.account, record.kind, record.id);
        let scope = NameScope::Fqn(record.fqn.clone());
        let name = Expect::NameFree { account, kind, scope, except: None };
        let alias = Expect::AliasFree { account, space: "external_id", value: alias.into() };
        let Expect::AliasFree { space, value, .. } = alias.clone() else { unreachable!() };
        set.writes.push(Write::Alias { account, space, value, id });
        set.expect.extend([name.clone(), alias.clone()]);
        (set, Lost(name), Lost(alias))
    };
    let ((a, ..), (b, ..), (c, ..)) = (free("a", "1"), free("b", "2"), free("c", "3"));
    let ((again, lost_name, _), (other, _, lost_alias)) = (free("a", "4"), free("d", "2"));
    let answers = store(&mut thread, vec![vec![a], vec![again], vec![b, other], vec![c]]);
    let Ok([Err(Lost(Expect::NameFree { scope, .. }))]) = answers[1].as_deref() else { panic!("{:?}", answers[1]) };
    assert!(matches!(lost_name.0, Expect::NameFree { scope: wanted, .. } if wanted == *scope));
    assert_eq!(answers[0].as_ref().unwrap(), &[Ok(Seq(1))]);
    assert_eq!(answers[2].as_ref().unwrap(), &[Ok(Seq(2)), Err(lost_alias)]);
    assert_eq!(answers[3].as_ref().unwrap(), &[Ok(Seq(3))]);
    assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (3, 0));
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    let World { mut thread, fatal, _directory } = world();
    store(&mut thread, vec![vec![put("a", 1)]])[0].as_ref().unwrap();
    thread.refuse(SqliteError::Unsynced("the disk is gone".into()));
    assert_eq!(fatal.load(Ordering::SeqCst), 1);
    let answer = store(&mut thread, vec![vec![put("b", 1)]]).remove(0);
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    assert!(thread.prove().is_err());
    assert_eq!((head(&thread), fatal.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn a_lost_connection_is_opened_again() {
    let World { mut thread, _directory, .. } = world();
    thread.connection = None;
    assert_eq!(store(&mut thread, vec![vec![put("a", 1)]])[0].as_ref().unwrap(), &[Ok(Seq(1))]);
}

#[test]
fn the_log_is_written_from_its_start_again_although_readers_leave_it_late() {
    let World { mut thread, _directory, .. } = world();
    thread.options.checkpoint_pages = 4;
    let pages = |thread: &Thread| {
        let sql = "PRAGMA wal_checkpoint(NOOP)";
        thread.connection().unwrap().query_row(sql, [], |row| row.get::<_, i64>(1)).unwrap()
    };
    store(&mut thread, vec![vec![put("a", 40_000)]]);
    let reader = crate::sqlite::snapshot::SqliteSnapshot::from_pool(thread.pool.clone()).unwrap();
    reader.begin().unwrap();
    let resting = thread.pool.rest();
    drop(reader);
    assert_eq!(thread.pool.take().unwrap().begun, None, "given back without its state");
    drop(resting);
    let before = pages(&thread);
    thread.tidy();
    store(&mut thread, vec![vec![put("b", 1)]]);
    assert!(pages(&thread) < before, "{before} pages before, {} after", pages(&thread));
}
