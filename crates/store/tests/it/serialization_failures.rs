//! PostgreSQL where statements meet other transactions (40001): each in its turn, and where each waits for another node.
//! What was asked for is done all the same, once, or refused as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use emporion_catalog::change_set::{ChangeSet, Expect, Lost, NameScope, Write};
use emporion_catalog::id::Seq;
use emporion_catalog::ports::{Planner, Snapshot, Store};
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::Record;
use emporion_catalog::registry::Registry;
use emporion_store::PostgresStore;
use emporion_store::postgres::{Isolation, Options, StoredKeys};
use tokio::task::JoinSet;

use crate::support::serialization_failures::SerializationFailures;
use crate::support::*;

const ISOLATIONS: [Isolation; 2] = [Isolation::ReadCommitted, Isolation::Serializable];

/// A node whose statements fail when they are told to, with one beside it whose do not.
struct NodeUnderTest {
    node: Arc<PostgresStore>,
    other: PostgresStore,
    failures: SerializationFailures,
}

impl NodeUnderTest {
    async fn open(isolation: Isolation) -> NodeUnderTest {
        let (address, failures) = (server::database().await, SerializationFailures::default());
        let options = Options { isolation, fails_on_purpose: Some(failures.hook()), ..Options::default() };
        let node = PostgresStore::open(&address, Registry::standard(), options).await.unwrap();
        NodeUnderTest { node: Arc::new(node), other: open_database(&address).await, failures }
    }

    async fn head(&self) -> u64 {
        self.other.snapshot().await.unwrap().head().await.unwrap().0
    }

    async fn get(&self, record: &Record) -> Option<Record> {
        self.other.snapshot().await.unwrap().by_id(ACCOUNT, &[record.id]).await.unwrap().pop().flatten()
    }

    async fn commit(&self, sets: Vec<Set>) -> Vec<Result<Seq, Lost>> {
        self.node.commit(sets.into_iter().map(|set| set.0).collect()).await.unwrap()
    }

    async fn is_whole(&self) {
        assert_eq!(self.other.verify().await.unwrap().faults, Vec::<String>::new());
    }
}

/// What is there before, what is stored then, how many of the sets lose, and how many lines the log gets.
struct CommitCase {
    before: Vec<Set>,
    sets: Vec<Set>,
    lost: usize,
    lines: u64,
    /// A record as it is afterwards.
    after: Record,
}

fn case(number: usize, name: &str) -> CommitCase {
    let d = domain(name);
    let (p, alias) = (product(&d, "p"), Write::Alias { account: ACCOUNT, space: "s", value: name.into(), id: d.id });
    let owns = edge(&p, emporion_catalog::relation::OWNER, &d);
    let is_free = Expect::NameFree { account: ACCOUNT, kind: d.kind, scope: NameScope::Fqn(name.into()), except: None };
    let made = Set::new().put(&d).put(&p).link(&owns).write(alias);
    match number {
        // What is new.
        0 => CommitCase { before: vec![], sets: vec![made.expect(is_free)], lost: 0, lines: 2, after: p },
        // What takes the place of another, and of some that follow one another one that loses.
        1 => {
            let expect = Expect::RevisionIs { id: d.id, revision: d.revision };
            let replaced = next(&d);
            let set = Set::new().expect(expect).replace(&replaced).unlink(&owns, 2);
            let late = Set::new().replace(&next(&d));
            let raised = Set::new().write(Write::RaiseEpoch { account: ACCOUNT }).touch(&next(&replaced));
            CommitCase { before: vec![made], sets: vec![set, late, raised], lost: 1, lines: 2, after: next(&replaced) }
        }
        // A subtree.
        _ => {
            let to = format!("{name}-moved");
            let renamed = Record { name: to.clone(), fqn: to.clone(), ..next(&d) };
            let moved = Write::MovePrefix { root: d.id, from: d.fqn.clone(), to };
            CommitCase {
                before: vec![made],
                sets: vec![Set::new().replace(&renamed).write(moved)],
                lost: 0,
                lines: 2,
                after: renamed,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_made_again_whichever_of_its_statements_meets_another_transaction() {
    for isolation in ISOLATIONS {
        let pair = NodeUnderTest::open(isolation).await;
        for number in 0..3 {
            for n in 1.. {
                let CommitCase { before, sets, lost, lines, after } = case(number, &format!("d{number}-{n}"));
                pair.commit(before).await;
                let head = pair.head().await;
                pair.failures.nth(n);
                let answers = pair.commit(sets).await;
                let failed = pair.failures.end();
                assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), lost, "{number} {n}: {answers:?}");
                assert_eq!(pair.head().await - head, lines, "{isolation:?} {number} {n}: each line once");
                assert_eq!(
                    pair.get(&after).await.map(|record| (record.fqn, record.revision)),
                    Some((after.fqn, after.revision))
                );
                if failed == 0 {
                    assert!(n > 6, "{n}");
                    break;
                }
            }
        }
        pair.is_whole().await;
    }
}

/// Puts a record after having looked for it.
struct CheckThenPut {
    put: Record,
    planned: AtomicUsize,
}

impl CheckThenPut {
    fn new(name: &str) -> CheckThenPut {
        CheckThenPut { put: domain(name), planned: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Planner for CheckThenPut {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        self.planned.fetch_add(1, Ordering::SeqCst);
        match snapshot.by_fqn(ACCOUNT, self.put.kind, &[&self.put.fqn]).await {
            Ok(found) if found[0].is_none() => Set::new().put(&self.put).0,
            _ => ChangeSet::nothing(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planned_alone_and_keys_are_stored_whichever_statement_meets_another_transaction() {
    for isolation in ISOLATIONS {
        let pair = NodeUnderTest::open(isolation).await;
        for n in 1.. {
            let planner = CheckThenPut::new(&format!("d{n}"));
            pair.failures.nth(n);
            pair.node.commit_planned(&planner).await.unwrap().unwrap();
            let failed = pair.failures.end();
            assert_eq!(pair.get(&planner.put).await.as_ref(), Some(&planner.put), "{isolation:?} {n}");
            assert_eq!(pair.head().await, n, "once");
            pair.failures.nth(n);
            let keys = StoredKeys { version: n, wrapped: b"k".to_vec() };
            assert!(pair.node.replace_keys(&keys).await.unwrap());
            pair.failures.nth(n);
            assert_eq!(pair.node.keys().await.unwrap().map(|keys| keys.version), Some(n));
            pair.failures.nth(n);
            pair.node.health().await.unwrap();
            pair.failures.nth(n);
            pair.node.unchanged_until(Default::default(), &[]).await.unwrap();
            if failed == 0 {
                break;
            }
        }
        pair.is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_looked_at_again_where_it_still_is_and_never_mixed_with_another() {
    for isolation in ISOLATIONS {
        let pair = NodeUnderTest::open(isolation).await;
        let (d, list) = (domain("d"), ListQuery::of(ACCOUNT, kind("domain")));
        pair.commit(vec![Set::new().put(&d)]).await;
        for n in 1.. {
            pair.failures.nth(n);
            let state = pair.node.snapshot().await.unwrap();
            let (ids, of) = ([d.id], ListQuery::of(ACCOUNT, kind("user")));
            // Together, too: those behind one that failed are asked again with it.
            let (found, listed, counted) =
                tokio::join!(state.by_id(ACCOUNT, &ids), state.list(&list), state.count(&of));
            assert_eq!(found.unwrap(), [Some(d.clone())], "{isolation:?} {n}");
            assert_eq!((listed.unwrap().len(), counted.unwrap()), (1, 0));
            assert_eq!(state.head().await.unwrap(), Seq(1));
            if pair.failures.end() == 0 {
                break;
            }
        }
        let state = pair.node.snapshot().await.unwrap();
        assert_eq!(state.count(&list).await.unwrap(), 1);
        pair.other.commit(vec![Set::new().put(&domain("later")).0]).await.unwrap();
        pair.failures.nth(1);
        assert!(state.count(&list).await.is_err());
        assert!(state.by_id(ACCOUNT, &[d.id]).await.is_err(), "it is gone, and no newer one takes its place");
        drop(state);
        assert_eq!(pair.node.snapshot().await.unwrap().count(&list).await.unwrap(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meets_another_transaction_each_time_is_refused_as_a_whole() {
    for isolation in ISOLATIONS {
        let pair = NodeUnderTest::open(isolation).await;
        for (n, always) in ["BEGIN", "INSERT INTO records", "UPDATE log_head", "COMMIT"].into_iter().enumerate() {
            let d = domain(&format!("d{n}"));
            pair.failures.always(always);
            let refused = pair.node.commit(vec![Set::new().put(&d).0]).await;
            let planned = pair.node.commit_planned(&CheckThenPut::new("planned")).await;
            assert!(pair.failures.end() >= 2, "{always}");
            assert!(refused.is_err() && planned.is_err(), "{always}");
            assert_eq!((pair.get(&d).await, pair.head().await), (None, n as u64), "{always}");
            assert!(pair.commit(vec![Set::new().put(&d)]).await[0].is_ok());
        }
        pair.is_whole().await;
    }
}

/// Whoever plans in the writer has waited for all others before he looks: nothing is planned twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planned_alone_is_overtaken_by_no_other_node() {
    for isolation in ISOLATIONS {
        let address = server::database().await;
        let open = || PostgresStore::open(&address, Registry::standard(), Options { isolation, ..Options::default() });
        let nodes = [Arc::new(open().await.unwrap()), Arc::new(open().await.unwrap())];
        let mut tasks = JoinSet::new();
        for number in 0..8 {
            let node = nodes[number % 2].clone();
            tasks.spawn(async move {
                for round in 0..12 {
                    if number < 4 {
                        let planner = CheckThenPut::new(&format!("p{number}-{round}"));
                        node.commit_planned(&planner).await.unwrap().unwrap();
                        assert_eq!(planner.planned.into_inner(), 1);
                    } else {
                        let set = Set::new().put(&domain(&format!("w{number}-{round}")));
                        node.commit(vec![set.0]).await.unwrap()[0].as_ref().unwrap();
                    }
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(nodes[0].snapshot().await.unwrap().head().await.unwrap(), Seq(96));
        assert_eq!(nodes[1].verify().await.unwrap().faults, Vec::<String>::new());
    }
}
