//! Commits among others: snapshots, groups, the log, plans inside the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::change_set::{ChangeSet, Expect, Write};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::ports::{Planner, Snapshot};
use parking_lot::Mutex;

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    a_snapshot_stays_as_it_is
    an_acknowledged_commit_is_seen_by_the_next_snapshot
    what_is_written_together_is_read_together
    the_log_has_no_gaps_under_many_writers
    an_empty_set_writes_nothing
    one_call_can_hold_a_thousand_sets
    a_planner_sees_the_writers_state
    a_planner_that_loses_says_so
    a_planner_that_is_given_up_holds_nobody_back
    health_is_the_head_of_the_log
}

async fn a_snapshot_stays_as_it_is(world: &World) {
    let a = domain("a");
    world.puts(&a).await;
    let before = world.now().await;
    assert_eq!(before.head().await.unwrap(), Seq(1));
    world.does(Set::new().replace(&next(&a)).put(&domain("b"))).await;
    assert_eq!(before.by_id(ACCOUNT, &[a.id]).await.unwrap(), [Some(a.clone())]);
    assert_eq!(before.head().await.unwrap(), Seq(1));
    let after = world.now().await;
    assert_eq!(after.by_id(ACCOUNT, &[a.id]).await.unwrap(), [Some(next(&a))]);
    assert_eq!(after.head().await.unwrap(), Seq(3));
}

async fn an_acknowledged_commit_is_seen_by_the_next_snapshot(world: &World) {
    let mut record = domain("a");
    world.puts(&record).await;
    for _ in 0..50 {
        record = next(&record);
        let seq = world.does(Set::new().replace(&record)).await;
        let now = world.now().await;
        assert_eq!(now.by_id(ACCOUNT, &[record.id]).await.unwrap(), [Some(record.clone())]);
        assert_eq!(now.head().await.unwrap(), seq);
    }
}

async fn what_is_written_together_is_read_together(world: &World) {
    let (a, b) = (domain("a"), domain("b"));
    world.does(Set::new().put(&a).put(&b)).await;
    let acknowledged = Arc::new(AtomicU64::new(1));
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..4 {
        let (store, acknowledged, a, b) = (world.store.clone(), acknowledged.clone(), a.id, b.id);
        readers.spawn(async move {
            // Each reader asks in another order, so that some are answered from what the others have asked for.
            let (first, second) = if reader % 2 == 0 { (a, b) } else { (b, a) };
            loop {
                let at_least = acknowledged.load(Ordering::SeqCst);
                let now = store.snapshot().await.unwrap();
                let mut revisions = Vec::new();
                for id in [first, second, first] {
                    let found = now.by_id(ACCOUNT, &[id]).await.unwrap().pop().flatten().unwrap();
                    revisions.push(found.revision.0);
                    tokio::task::yield_now().await;
                }
                revisions.push(now.history(second, None, 1).await.unwrap()[0].revision.0);
                revisions.push(now.head().await.unwrap().0 / 2);
                assert!(revisions.iter().all(|revision| *revision == revisions[0]), "{revisions:?}");
                assert!(revisions[0] >= at_least, "{revisions:?} after {at_least}");
                if at_least == 300 {
                    return;
                }
            }
        });
    }
    let (mut a, mut b) = (a, b);
    for revision in 2..=300 {
        (a, b) = (next(&a), next(&b));
        world.does(Set::new().replace(&a).replace(&b)).await;
        acknowledged.store(revision, Ordering::SeqCst);
    }
    readers.join_all().await;
}

async fn the_log_has_no_gaps_under_many_writers(world: &World) {
    let shared = domain("shared");
    world.puts(&shared).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..32 {
        let store = world.store.clone();
        let shared = shared.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..8 {
                let record = domain(&format!("{writer}-{round}"));
                let contended = Set::new()
                    .expect(Expect::RevisionIs { id: shared.id, revision: Revision(round + 1) })
                    .replace(&emporion_catalog::record::Record { revision: Revision(round + 2), ..shared.clone() });
                let sets = vec![Set::new().put(&record).put(&domain(&format!("{writer}-{round}-b"))).0, contended.0];
                let answers = store.commit(sets).await.unwrap();
                acknowledged.push((record.id, *answers[0].as_ref().unwrap(), answers[1].is_ok()));
            }
            acknowledged
        });
    }
    let acknowledged: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    let now = world.now().await;
    let events = now.events(Seq(0), u32::MAX).await.unwrap();
    let numbers: Vec<u64> = events.iter().map(|(seq, _)| seq.0).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(now.head().await.unwrap().0, numbers.len() as u64);
    for (id, seq, _) in &acknowledged {
        // The set's last event carries its number; the record's own stands before it.
        assert_eq!(events[seq.0 as usize - 2].1.id, *id);
    }
    let won = acknowledged.iter().filter(|(.., won)| *won).count() as u64;
    assert_eq!(world.get(shared.id).await.unwrap().revision, Revision(1 + won), "no revision was given twice");
    assert_eq!(now.events(Seq(numbers.len() as u64 - 2), 9).await.unwrap().len(), 2);
}

async fn an_empty_set_writes_nothing(world: &World) {
    assert_eq!(world.does(Set::new()).await, Seq(0));
    assert_eq!(world.store.commit(Vec::new()).await.unwrap(), []);
    world.puts(&domain("a")).await;
    assert_eq!(world.does(Set::new()).await, Seq(1));
    world.does(Set::new().write(Write::RaiseEpoch { account: ACCOUNT })).await;
    assert_eq!(world.now().await.head().await.unwrap(), Seq(1));
}

async fn one_call_can_hold_a_thousand_sets(world: &World) {
    let n = if world.is_indexed() { 1_000 } else { 100 };
    let mut sets: Vec<ChangeSet> = (0..n).map(|at| Set::new().put(&domain(&format!("{at:04}"))).0).collect();
    // One of them meets a name that is taken: it alone is lost.
    sets.insert(7, Set::new().put(&domain("0003")).0);
    let answers = world.store.commit(sets).await.unwrap();
    let stored: Vec<u64> = answers.iter().filter_map(|answer| answer.as_ref().ok()).map(|seq| seq.0).collect();
    assert_eq!(stored, (1..=n).collect::<Vec<u64>>());
    assert!(answers[7].is_err());
}

/// Puts a record of a name after having looked for it.
struct Once {
    name: &'static str,
    saw: Mutex<Option<bool>>,
    planned: AtomicUsize,
    expect: Option<Expect>,
}

#[async_trait]
impl Planner for Once {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        self.planned.fetch_add(1, Ordering::SeqCst);
        let Ok(found) = snapshot.by_fqn(ACCOUNT, kind("domain"), &[self.name]).await else {
            return ChangeSet::nothing();
        };
        *self.saw.lock() = Some(found[0].is_some());
        let mut set = Set::new();
        if found[0].is_none() {
            set = set.put(&domain(self.name));
        }
        self.expect.iter().cloned().fold(set, Set::expect).0
    }
}

fn once(name: &'static str) -> Once {
    Once { name, saw: Mutex::new(None), planned: AtomicUsize::new(0), expect: None }
}

async fn a_planner_sees_the_writers_state(world: &World) {
    let mut planners = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = world.store.clone();
        planners.spawn(async move {
            let planner = once("a");
            let answer = store.commit_planned(&planner).await.unwrap().unwrap();
            (answer, planner.saw.into_inner().unwrap(), planner.planned.into_inner())
        });
    }
    let saw = planners.join_all().await;
    assert_eq!(saw.iter().filter(|(_, saw, _)| !saw).count(), 1, "one made it, the others found it");
    assert!(saw.iter().all(|(seq, _, planned)| *seq == Seq(1) && (*planned == 1 || world.is_overtaken)));
    assert_eq!(world.now().await.head().await.unwrap(), Seq(1));
}

async fn a_planner_that_loses_says_so(world: &World) {
    let expect = Expect::Alive { id: RecordId::fresh() };
    let planner = Once { expect: Some(expect.clone()), ..once("a") };
    assert_eq!(world.store.commit_planned(&planner).await.unwrap().unwrap_err().0, expect);
    assert_eq!(world.now().await.head().await.unwrap(), Seq(0));
    world.puts(&domain("a")).await;
}

/// Looks, and then never comes to an end.
struct Endless;

#[async_trait]
impl Planner for Endless {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        snapshot.head().await.unwrap();
        std::future::pending().await
    }
}

async fn a_planner_that_is_given_up_holds_nobody_back(world: &World) {
    let brief = Duration::from_millis(20);
    assert!(tokio::time::timeout(brief, world.store.commit_planned(&Endless)).await.is_err());
    // Given up before the writer had turned to it, too.
    let waiting = Arc::clone(&world.store);
    let first =
        tokio::spawn(async move { tokio::time::timeout(brief, waiting.commit_planned(&Endless)).await.is_err() });
    assert!(tokio::time::timeout(brief / 4, world.store.commit_planned(&Endless)).await.is_err());
    assert!(first.await.unwrap());
    assert_eq!(world.puts(&domain("a")).await, Seq(1));
    assert!(world.store.commit_planned(&once("a")).await.unwrap().is_ok());
}

async fn health_is_the_head_of_the_log(world: &World) {
    assert_eq!(world.store.health().await.unwrap(), Seq(0));
    world.puts(&domain("a")).await;
    assert_eq!(world.store.health().await.unwrap(), Seq(1));
}
