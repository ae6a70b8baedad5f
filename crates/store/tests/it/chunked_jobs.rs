//! Large subtrees are written in turns: others come in between, and nobody sees one half done.

use std::path::Path;
use std::sync::Arc;

use crate::support::*;
use emporion_catalog::change_set::{EventKind, Expect, Write};
use emporion_catalog::id::{Revision, Seq};
use emporion_catalog::ports::{Planner, Snapshot, Store};
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Record, State};
use emporion_catalog::registry::Registry;
use emporion_store::{Options, SqliteStore};

const LEAVES: usize = 300;
const FREED: State = State::Deleted { holds_name: false };

fn open_slow(file: &Path) -> Arc<SqliteStore> {
    let options = Options { turn_rows: 3, ..Options::default() };
    Arc::new(SqliteStore::open(file, Registry::standard(), options).unwrap())
}

/// A domain in a domain with many products.
struct Wood {
    store: Arc<SqliteStore>,
    top: Record,
    sub: Record,
    leaves: Vec<Record>,
    directory: tempfile::TempDir,
}

impl Wood {
    async fn plant() -> Wood {
        let directory = tempfile::tempdir().unwrap();
        let store = open_slow(&directory.path().join("store.db"));
        let top = domain("top");
        let sub = record("domain", Some(&top), "sub");
        let leaves: Vec<Record> = (0..LEAVES).map(|n| product(&sub, &format!("p{n:03}"))).collect();
        let set = leaves.iter().fold(Set::new().put(&top).put(&sub), |set, leaf| set.put(leaf));
        let wood = Wood { store, top, sub, leaves, directory };
        wood.does(set).await;
        wood
    }

    async fn does(&self, set: Set) -> Seq {
        self.store.commit(vec![set.0]).await.unwrap().pop().unwrap().unwrap()
    }

    async fn now(&self) -> Box<dyn Snapshot> {
        self.store.snapshot().await.unwrap()
    }

    /// Does it while others read and write; what they see is checked with every state.
    async fn watched(&self, set: Set, seen: impl Fn(&[Option<Record>], &[Record]) -> bool) -> Seq {
        let store = self.store.clone();
        let work = tokio::spawn(async move { store.commit(vec![set.0]).await.unwrap().pop().unwrap().unwrap() });
        let (mut between, mut n) = (0, 0);
        while !work.is_finished() {
            let now = self.now().await;
            let ids: Vec<_> = [&self.top, &self.sub].into_iter().chain(&self.leaves).map(|r| r.id).collect();
            let found = now.by_id(ACCOUNT, &ids).await.unwrap();
            let listed = now.list(&ListQuery { limit: 1_000, ..self.products() }).await.unwrap();
            assert!(seen(&found, &listed), "half done: {} listed", listed.len());
            drop(now);
            let other = domain(&format!("other{}-{n}", self.store.health().await.unwrap().0));
            n += 1;
            self.does(Set::new().put(&other)).await;
            between += usize::from(!work.is_finished());
        }
        assert!(between > 0, "others write in between, not after: {between}");
        work.await.unwrap()
    }

    fn products(&self) -> ListQuery {
        ListQuery { states: States::Alive, ..ListQuery::of(ACCOUNT, self.leaves[0].kind) }
    }

    fn delete(&self) -> Set {
        Set::new().replace(&deleted(&self.top, false)).write(mark(&self.top, FREED))
    }

    fn check(&self) {
        assert_eq!(self.store.verify().unwrap().faults, Vec::<String>::new());
    }
}

fn all_or_none(found: &[Option<Record>], listed: &[Record]) -> bool {
    let alive = found.iter().flatten().filter(|record| record.state.is_alive()).count();
    (alive == found.len() && listed.len() == LEAVES) || (alive == 0 && listed.is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_subtree_is_deleted_and_comes_back_without_keeping_others_waiting() {
    let wood = Wood::plant().await;
    let seq = wood.watched(wood.delete(), all_or_none).await;
    let now = wood.now().await;
    assert!(seq.0 > LEAVES as u64 * 2, "whoever waits for the log up to there has all of it");
    let gone = now.by_id(ACCOUNT, &[wood.leaves[7].id]).await.unwrap().pop().unwrap().unwrap();
    assert_eq!((gone.state, gone.revision, gone.version), (FREED, Revision(2), 2));
    assert_eq!(now.history(gone.id, None, 9).await.unwrap(), [gone, wood.leaves[7].clone()]);
    assert_eq!(now.count(&wood.products()).await.unwrap(), 0);
    wood.check();

    let back = Record { state: State::Alive, ..next(&deleted(&wood.top, false)) };
    // The root is back first, then all below it at once.
    let below = |found: &[Option<Record>], listed: &[Record]| all_or_none(&found[1..], listed);
    wood.watched(Set::new().replace(&back).write(mark(&wood.top, State::Alive)), below).await;
    assert_eq!(wood.now().await.count(&wood.products()).await.unwrap(), LEAVES as u64);
    wood.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_subtree_is_renamed_at_once() {
    let wood = Wood::plant().await;
    let renamed = Record { name: "new".into(), fqn: "new".into(), ..next(&wood.top) };
    let moved = Write::MovePrefix { root: wood.top.id, from: "top".into(), to: "new".into() };
    let one_name = |found: &[Option<Record>], listed: &[Record]| {
        let fqns = found.iter().flatten().map(|r| &r.fqn).chain(listed.iter().map(|r| &r.fqn));
        let news = fqns.clone().filter(|fqn| *fqn == "new" || fqn.starts_with("new.")).count();
        listed.len() == LEAVES && (news == 0 || news == fqns.count())
    };
    wood.watched(Set::new().replace(&renamed).write(moved), one_name).await;
    let now = wood.now().await;
    let found = now.by_fqn(ACCOUNT, wood.leaves[0].kind, &["new.sub.p007", "top.sub.p007"]).await.unwrap();
    assert_eq!((found[0].as_ref().map(|r| r.id), &found[1]), (Some(wood.leaves[7].id), &None));
    wood.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_subtree_is_removed_at_once() {
    let wood = Wood::plant().await;
    let purge = Set::new().write(Write::DropSubtree { root: wood.top.id }).tell(EventKind::Purged, &wood.top);
    let gone_or_there = |found: &[Option<Record>], listed: &[Record]| {
        let there = found.iter().flatten().count();
        (there == found.len() && listed.len() == LEAVES) || (there == 0 && listed.is_empty())
    };
    wood.watched(purge, gone_or_there).await;
    assert_eq!(wood.now().await.history(wood.leaves[0].id, None, 9).await.unwrap(), []);
    wood.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_was_broken_off_goes_on_at_the_next_start() {
    let Wood { store, top, sub, leaves, directory } = Wood::plant().await;
    let set = Set::new().replace(&deleted(&top, false)).write(mark(&top, FREED));
    let worker = store.clone();
    let work = tokio::spawn(async move { worker.commit(vec![set.0]).await });
    while store.snapshot().await.unwrap().by_id(ACCOUNT, &[top.id]).await.unwrap()[0].as_ref().unwrap().state.is_alive()
    {
        tokio::task::yield_now().await;
    }
    drop(store);
    // The writer ends with its last owner, in the middle of the work, and the caller is told that nothing is known.
    work.abort();
    let _ = work.await;
    let file = directory.path().join("store.db");
    let wood = Wood { store: open_slow(&file), top, sub, leaves, directory };
    let ids: Vec<_> = wood.leaves.iter().map(|leaf| leaf.id).collect();
    let all = wood.now().await.by_id(ACCOUNT, &ids).await.unwrap();
    assert!(all.iter().flatten().all(|leaf| !leaf.state.is_alive()), "seen as it will be from the first moment");
    // What is about subtrees waits for the work to end.
    wood.does(Set::new().write(Write::DropSubtree { root: wood.leaves[0].id })).await;
    let now = wood.now().await;
    assert_eq!(now.count(&wood.products()).await.unwrap(), 0);
    assert_eq!(now.head().await.unwrap(), Seq(2 * (LEAVES as u64 + 2)), "each event once");
    let told = now.events(Seq(0), u32::MAX).await.unwrap();
    assert!(told.iter().all(|(_, event)| event.by == actor()), "by whom, through what and by which door, after it too");
    wood.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_work_that_goes_on_failing_is_told_why() {
    let Wood { store, top, directory, .. } = Wood::plant().await;
    let connection = rusqlite::Connection::open(directory.path().join("store.db")).unwrap();
    let refuses = "CREATE TRIGGER refuses BEFORE UPDATE ON records WHEN new.name = 'p299' \
                   BEGIN SELECT RAISE(ABORT, 'the disk is odd'); END";
    connection.execute(refuses, []).unwrap();
    let set = Set::new().replace(&deleted(&top, false)).write(mark(&top, FREED));
    let worker = store.clone();
    let work = tokio::spawn(async move { worker.commit(vec![set.0]).await });
    let settling = store.clone();
    let while_it_is_under_way = move || {
        while settling.settle().is_ok() {}
        settling.settle().unwrap_err().to_string()
    };
    let why = tokio::task::spawn_blocking(while_it_is_under_way).await.unwrap();
    assert!(why.contains("the disk is odd"), "{why}");
    connection.execute("DROP TRIGGER refuses", []).unwrap();
    work.await.unwrap().unwrap().pop().unwrap().unwrap();
    store.settle().unwrap();
}

/// Plans a change of a record that stands in a subtree.
struct Renames(Record);

#[async_trait::async_trait]
impl Planner for Renames {
    async fn plan(&self, snapshot: &dyn Snapshot) -> emporion_catalog::change_set::ChangeSet {
        let found = snapshot.by_id(ACCOUNT, &[self.0.id]).await.unwrap().pop().unwrap().unwrap();
        assert!(!found.state.is_alive(), "it plans when the work is done");
        Set::new().0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_would_alter_the_subtree_waits_for_its_end() {
    let wood = Wood::plant().await;
    let (store, set) = (wood.store.clone(), wood.delete());
    let work = tokio::spawn(async move { store.commit(vec![set.0]).await.unwrap().pop().unwrap().unwrap() });
    while wood.now().await.by_id(ACCOUNT, &[wood.top.id]).await.unwrap()[0].as_ref().unwrap().state.is_alive() {
        tokio::task::yield_now().await;
    }
    let late = &wood.leaves[LEAVES - 1];
    let lost = wood.store.commit(vec![Set::new().replace(&next(late)).0]).await.unwrap().pop().unwrap();
    assert!(matches!(lost.unwrap_err().0, Expect::NameFree { .. } | Expect::RevisionIs { .. }));
    let fresh = product(&wood.sub, "fresh");
    let lost = wood.store.commit(vec![Set::new().put(&fresh).0]).await.unwrap().pop().unwrap();
    assert!(lost.is_err(), "nothing is made below what goes");
    wood.store.commit_planned(&Renames(late.clone())).await.unwrap().unwrap();
    work.await.unwrap();
    wood.check();
}
