//! PostgreSQL beyond the port: several nodes over one database, and a server that dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use emporion_catalog::change_set::{Expect, NameScope, Write};
use emporion_catalog::dependency::Dependency;
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::log_watch::Interest;
use emporion_catalog::ports::Store;
use emporion_catalog::record::Record;
use emporion_catalog::registry::Registry;
use emporion_catalog::request_freshness::RequestFreshness;
use emporion_store::postgres::{Isolation, Options, StoredKeys};
use emporion_store::{Activity, PostgresStore};
use tokio::task::JoinSet;

use crate::support::own_server::KillableServer;
use crate::support::*;

type Node = Arc<PostgresStore>;

async fn two_nodes(isolation: Isolation) -> [Node; 2] {
    let address = server::database().await;
    let open = || PostgresStore::open(&address, Registry::standard(), Options { isolation, ..Options::default() });
    [Arc::new(open().await.unwrap()), Arc::new(open().await.unwrap())]
}

/// Makes of each function one test per isolation that nodes can have.
macro_rules! for_two_nodes {
    ($($name:ident)*) => {
        mod read_committed {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)] async fn $name() {
                super::$name(super::two_nodes(super::Isolation::ReadCommitted).await).await;
            })*
        }
        mod serializable {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)] async fn $name() {
                super::$name(super::two_nodes(super::Isolation::Serializable).await).await;
            })*
        }
    };
}

for_two_nodes! {
    of_two_nodes_one_takes_a_name_and_one_replaces_a_revision
    an_expectation_holds_against_what_another_node_writes_elsewhere
    subtrees_are_moved_and_deleted_while_another_node_writes_into_them
    a_node_knows_at_once_what_another_has_written
    the_log_has_no_gap_for_a_follower_while_two_nodes_write
    a_node_wakes_those_who_wait_for_what_another_writes
    keys_are_replaced_by_one_node_and_taken_up_by_the_other_before_it_answers
}

async fn tries(node: &Node, set: Set) -> Result<Seq, Expect> {
    node.commit(vec![set.0]).await.unwrap().pop().unwrap().map_err(|lost| lost.0)
}

async fn is_whole(node: &Node) {
    assert_eq!(node.verify().await.unwrap().faults, Vec::<String>::new());
}

/// Both at the same time.
async fn race(nodes: &[Node; 2], one: Set, other: Set) -> [Result<Seq, Expect>; 2] {
    let (first, second) = (nodes[0].clone(), nodes[1].clone());
    let first = tokio::spawn(async move { tries(&first, one).await });
    let second = tokio::spawn(async move { tries(&second, other).await });
    [first.await.unwrap(), second.await.unwrap()]
}

/// Exactly one is stored; answers what the other has lost.
fn only_one(answers: [Result<Seq, Expect>; 2]) -> Expect {
    match answers {
        [Ok(_), Err(lost)] | [Err(lost), Ok(_)] => lost,
        both => panic!("exactly one is stored: {both:?}"),
    }
}

async fn of_two_nodes_one_takes_a_name_and_one_replaces_a_revision(nodes: [Node; 2]) {
    let mut shared = domain("shared");
    tries(&nodes[0], Set::new().put(&shared)).await.unwrap();
    for round in 0..30 {
        let name = format!("n{round}");
        let lost = only_one(race(&nodes, Set::new().put(&domain(&name)), Set::new().put(&domain(&name))).await);
        assert!(matches!(lost, Expect::NameFree { scope: NameScope::Fqn(fqn), .. } if fqn == name));
        let after = next(&shared);
        let lost = only_one(race(&nodes, Set::new().replace(&after), Set::new().replace(&after)).await);
        assert_eq!(lost, Expect::RevisionIs { id: shared.id, revision: shared.revision });
        let alias = Write::Alias { account: ACCOUNT, space: "s", value: name.clone(), id: shared.id };
        let give = || Set::new().write(alias.clone());
        let lost = only_one(race(&nodes, give(), give()).await);
        assert_eq!(lost, Expect::AliasFree { account: ACCOUNT, space: "s", value: name });
        shared = after;
    }
    is_whole(&nodes[1]).await;
}

/// What is expected is no row that both write: only who comes later can see that he was overtaken.
async fn an_expectation_holds_against_what_another_node_writes_elsewhere(nodes: [Node; 2]) {
    for round in 0..30 {
        let d = domain(&format!("d{round}"));
        let p = product(&d, "p");
        tries(&nodes[0], Set::new().put(&d)).await.unwrap();
        // One deletes what has nothing below it, one puts something below what is alive.
        let delete = Set::new().expect(Expect::NoChildren { id: d.id }).replace(&deleted(&d, true));
        let make = Set::new().expect(Expect::Alive { id: d.id }).put(&p);
        let lost = only_one(race(&nodes, delete, make).await);
        assert!([Expect::NoChildren { id: d.id }, Expect::Alive { id: d.id }].contains(&lost), "{lost:?}");
    }
    let below = |limit| Expect::CountBelow { account: ACCOUNT, kind: kind("glossary"), limit };
    let mut makers = JoinSet::new();
    for number in 0..20 {
        let node = nodes[number % 2].clone();
        let glossary = record("glossary", None, &format!("g{number}"));
        makers.spawn(async move { tries(&node, Set::new().expect(below(7)).put(&glossary)).await.is_ok() });
    }
    assert_eq!(makers.join_all().await.into_iter().filter(|made| *made).count(), 7);
    is_whole(&nodes[0]).await;
}

async fn subtrees_are_moved_and_deleted_while_another_node_writes_into_them(nodes: [Node; 2]) {
    for round in 0..10 {
        let d = domain(&format!("d{round}"));
        tries(&nodes[0], Set::new().put(&d)).await.unwrap();
        let writer = nodes[1].clone();
        let parent = d.clone();
        let writing = tokio::spawn(async move {
            for number in 0..20 {
                let made = product(&parent, &format!("p{number}"));
                let expect = Expect::RevisionIs { id: parent.id, revision: parent.revision };
                if tries(&writer, Set::new().expect(expect).put(&made)).await.is_err() {
                    return number;
                }
            }
            20
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        let to = format!("e{round}");
        let renamed = Record { name: to.clone(), fqn: to.clone(), ..next(&d) };
        let moved = Write::MovePrefix { root: d.id, from: d.fqn.clone(), to };
        let set = match round % 2 {
            0 => Set::new().replace(&renamed).write(moved),
            _ => Set::new().replace(&deleted(&d, true)).write(mark(&d, deleted(&d, true).state)),
        };
        tries(&nodes[0], set).await.unwrap();
        writing.await.unwrap();
        let found = nodes[0].snapshot().await.unwrap();
        let all = emporion_catalog::query::ListQuery { within: Some(d.fqn.clone()), ..products() };
        assert_eq!(found.count(&all).await.unwrap(), 0, "nothing alive has stayed behind");
    }
    is_whole(&nodes[0]).await;
}

fn products() -> emporion_catalog::query::ListQuery {
    emporion_catalog::query::ListQuery::of(ACCOUNT, kind("data_product"))
}

async fn a_node_knows_at_once_what_another_has_written(nodes: [Node; 2]) {
    let [here, there] = nodes;
    let (a, b) = (domain("a"), domain("b"));
    tries(&here, Set::new().put(&a).put(&b)).await.unwrap();
    let since = here.snapshot().await.unwrap().version().await.unwrap().unwrap();
    let unchanged = async |of: Dependency| here.unchanged_until(since, &[of]).await.unwrap();
    let until = unchanged(Dependency::record(a.id)).await;
    assert!(until.is_some_and(|until| until >= since));
    tries(&there, Set::new().replace(&next(&a))).await.unwrap();
    assert_eq!(unchanged(Dependency::record(a.id)).await, None);
    assert!(unchanged(Dependency::record(b.id)).await > until, "the version goes on with what others write");
    tries(&there, Set::new().write(Write::RaiseEpoch { account: ACCOUNT })).await.unwrap();
    assert_eq!(unchanged(Dependency::rights(ACCOUNT)).await, None);
    assert!(unchanged(Dependency::rights(OTHER)).await.is_some());
    tries(&there, Set::new().write(Write::DropSubtree { root: b.id })).await.unwrap();
    assert_eq!(unchanged(Dependency::rights(OTHER)).await, None, "more than anybody lists");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_asks_once_what_others_have_written_and_the_next_one_anew() {
    let activity = Arc::new(Activity::default());
    let address = server::database().await;
    // However busy the machine is.
    let freshness_ttl = Duration::from_secs(600);
    let options = Options { activity: activity.clone(), freshness_ttl, ..Options::default() };
    let here = PostgresStore::open(&address, Registry::standard(), options);
    let here = here.await.unwrap();
    let there = Arc::new(open_database(&address).await);
    let (a, b) = (domain("a"), domain("b"));
    tries(&there, Set::new().put(&a).put(&b)).await.unwrap();
    let since = here.snapshot().await.unwrap().version().await.unwrap().unwrap();
    let of_a = [Dependency::record(a.id)];
    let request = async || {
        let checks = activity.freshness_checks();
        let work = async {
            let is_unchanged = here.unchanged_until(since, &of_a).await.unwrap().is_some();
            for _ in 0..3 {
                here.unchanged_until(since, &[Dependency::rights(ACCOUNT)]).await.unwrap();
            }
            is_unchanged
        };
        let is_unchanged = RequestFreshness::during(work).await;
        assert_eq!(activity.freshness_checks() - checks, 1);
        is_unchanged
    };
    assert!(request().await);
    tries(&there, Set::new().replace(&next(&a))).await.unwrap();
    assert!(!request().await, "what was acknowledged before it began it knows");
    // What it has written itself it knows without asking.
    let own = async {
        let until = here.unchanged_until(since, &[Dependency::record(b.id)]).await.unwrap();
        here.commit(vec![Set::new().replace(&next(&b)).0]).await.unwrap().pop().unwrap().unwrap();
        (until, here.unchanged_until(since, &[Dependency::record(b.id)]).await.unwrap())
    };
    let (before, after) = RequestFreshness::during(own).await;
    assert!(before.is_some() && after.is_none());
}

async fn the_log_has_no_gap_for_a_follower_while_two_nodes_write(nodes: [Node; 2]) {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 40;
    let is_over = Arc::new(AtomicBool::new(false));
    let following = {
        let (node, is_over) = (nodes[1].clone(), is_over.clone());
        tokio::spawn(async move {
            let mut grown = node.grown(Interest::ALL).unwrap();
            let (mut place, mut woken) = (Seq(0), 0);
            loop {
                let last = is_over.load(Ordering::SeqCst);
                let lines = node.snapshot().await.unwrap().events(place, 1_000).await.unwrap();
                for (seq, _) in &lines {
                    assert_eq!(seq.0, place.0 + 1, "no line is stepped over");
                    place = *seq;
                }
                if last && lines.is_empty() {
                    return (place, woken);
                }
                woken += usize::from(tokio::time::timeout(Duration::from_millis(100), grown.changed()).await.is_ok());
            }
        })
    };
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let node = nodes[writer % 2].clone();
        writers.spawn(async move {
            let mut before = Seq(0);
            for round in 0..ROUNDS {
                let seq = tries(&node, Set::new().put(&domain(&format!("{writer}-{round}")))).await.unwrap();
                assert!(seq > before);
                before = seq;
                assert!(node.snapshot().await.unwrap().head().await.unwrap() >= seq);
            }
        });
    }
    writers.join_all().await;
    is_over.store(true, Ordering::SeqCst);
    let (place, woken) = following.await.unwrap();
    assert_eq!(place, Seq((WRITERS * ROUNDS) as u64));
    assert!(woken > 0);
    is_whole(&nodes[0]).await;
}

async fn a_node_wakes_those_who_wait_for_what_another_writes(nodes: [Node; 2]) {
    let [here, there] = nodes;
    let of = |kind| Interest { account: Some(ACCOUNT), kinds: Some(vec![kind]) };
    let (mut domains, mut users) = (here.grown(of("domain")).unwrap(), here.grown(of("user")).unwrap());
    domains.borrow_and_update();
    users.borrow_and_update();
    let seq = tries(&there, Set::new().put(&domain("a"))).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), domains.changed()).await.expect("woken").unwrap();
    assert_eq!(domains.borrow().head, seq);
    assert!(!users.has_changed().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_loses_nothing_that_was_acknowledged() {
    let mut server = KillableServer::start();
    let node: Node = Arc::new(open_when_ready(&server.url()).await);
    let (is_over, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let (node, is_over, stored) = (node.clone(), is_over.clone(), stored.clone());
        writers.spawn(async move {
            let mut acknowledged: Vec<RecordId> = Vec::new();
            for round in 0.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let record = domain(&format!("{writer}-{round}"));
                match node.commit(vec![Set::new().put(&record).0]).await {
                    Ok(_) => {
                        acknowledged.push(record.id);
                        stored.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
            acknowledged
        });
    }
    for kill in 1..=2 {
        let before = stored.load(Ordering::SeqCst);
        wait_until(|| stored.load(Ordering::SeqCst) >= before + 60, "writes go on").await;
        server.kill();
        assert!(node.snapshot().await.is_err(), "{kill}");
        server.run();
    }
    let before = stored.load(Ordering::SeqCst);
    wait_until(|| stored.load(Ordering::SeqCst) >= before + 60, "writes go on after the last kill").await;
    is_over.store(true, Ordering::SeqCst);
    let acknowledged: Vec<RecordId> = writers.join_all().await.into_iter().flatten().collect();
    let found = node.snapshot().await.unwrap().by_id(ACCOUNT, &acknowledged).await.unwrap();
    assert_eq!(found.iter().filter(|found| found.is_none()).count(), 0, "of {}", acknowledged.len());
    is_whole(&node).await;
}

async fn wait_until(is_so: impl Fn() -> bool, what: &str) {
    for _ in 0..1_500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}");
}

/// A server that was started just now lets nobody in for a moment.
pub async fn open_when_ready(address: &str) -> PostgresStore {
    for _ in 0..200 {
        match PostgresStore::open(address, Registry::standard(), Options::default()).await {
            Ok(store) => return store,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    open_database(address).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_may_open_a_new_database_together_and_one_of_a_newer_version_is_refused() {
    let address = server::database().await;
    let opened: Vec<PostgresStore> = {
        let mut opening = JoinSet::new();
        for _ in 0..4 {
            let address = address.clone();
            opening.spawn(async move { open_database(&address).await });
        }
        opening.join_all().await
    };
    drop(opened);
    server::execute(&address, "INSERT INTO migrations (number, name, checksum) VALUES (99, 'later', '')").await;
    let refused = PostgresStore::open(&address, Registry::standard(), Options::default()).await;
    let why = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(why.contains("newer version"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_find_no_connection_are_told_so() {
    let address = server::database().await;
    let options = Options { readers: 2, patience: Duration::from_millis(100), ..Options::default() };
    let store = PostgresStore::open(&address, Registry::standard(), options).await.unwrap();
    let held = [store.snapshot().await.unwrap(), store.snapshot().await.unwrap()];
    assert!(store.snapshot().await.is_err());
    // Who writes, or asks whether something has changed, needs none of them.
    let set = Set::new().expect(Expect::RevisionIs { id: domain("x").id, revision: Revision(1) });
    assert!(store.commit(vec![set.0]).await.unwrap()[0].is_err());
    let since = held[0].version().await.unwrap().unwrap();
    assert!(store.unchanged_until(since, &[]).await.unwrap().is_some());
    drop(held);
    assert!(store.snapshot().await.is_ok());
}

#[tokio::test]
async fn readers_that_need_another_connection_do_not_wait_for_one_another() {
    let address = server::database().await;
    let options = Options { readers: 6, patience: Duration::from_secs(5), ..Options::default() };
    let store = Arc::new(PostgresStore::open(&address, Registry::standard(), options).await.unwrap());
    let readers = (0..12).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let _first = store.snapshot().await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            let second = store.snapshot().await.unwrap();
            second.version().await.unwrap();
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
}

fn keys(version: u64, wrapped: &[u8]) -> StoredKeys {
    StoredKeys { version, wrapped: wrapped.to_vec() }
}

/// What the second node has taken up, as it says itself.
fn following(node: &Node, version: u64) -> Arc<AtomicU64> {
    let taken = Arc::new(AtomicU64::new(version));
    let told = taken.clone();
    let take_up = move |keys: &StoredKeys| match keys.wrapped.as_slice() {
        b"another master" => Err("it cannot be unwrapped".to_owned()),
        _ => {
            told.fetch_max(keys.version, Ordering::SeqCst);
            Ok(())
        }
    };
    node.follow_keys(version, Box::new(take_up));
    taken
}

async fn keys_are_replaced_by_one_node_and_taken_up_by_the_other_before_it_answers(nodes: [Node; 2]) {
    assert!(nodes[0].keys().await.unwrap().is_none());
    let [one, other] = [nodes[0].clone(), nodes[1].clone()];
    let first = tokio::spawn(async move { one.replace_keys(&keys(1, b"a")).await.unwrap() });
    let second = tokio::spawn(async move { other.replace_keys(&keys(1, b"b")).await.unwrap() });
    assert_ne!(first.await.unwrap(), second.await.unwrap(), "one of them is first");
    assert!(!nodes[0].replace_keys(&keys(3, b"c")).await.unwrap(), "not of the version before");
    let taken = following(&nodes[1], 1);
    let newest = |node: &Node| {
        let node = node.clone();
        async move { node.keys().await.unwrap().unwrap().version }
    };
    for version in (2..40).step_by(4) {
        // Whatever is asked first: a state, what has changed, a write.
        assert!(nodes[0].replace_keys(&keys(version, b"d")).await.unwrap());
        drop(nodes[1].snapshot().await.unwrap());
        assert_eq!(taken.load(Ordering::SeqCst), version);
        assert!(nodes[0].replace_keys(&keys(version + 1, b"d")).await.unwrap());
        nodes[1].unchanged_until(Default::default(), &[]).await.unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), version + 1);
        assert!(nodes[0].replace_keys(&keys(version + 2, b"d")).await.unwrap());
        tries(&nodes[1], Set::new().put(&domain(&format!("d{version}")))).await.unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), version + 2);
        assert!(nodes[0].replace_keys(&keys(version + 3, b"d")).await.unwrap());
        // By itself, too: it was told.
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if taken.load(Ordering::SeqCst) == version + 3 {
                break;
            }
        }
        assert_eq!(taken.load(Ordering::SeqCst), newest(&nodes[0]).await);
    }
    is_whole(&nodes[1]).await;
    // What it cannot unwrap it does not answer by.
    let next = newest(&nodes[0]).await + 1;
    assert!(nodes[0].replace_keys(&keys(next, b"another master")).await.unwrap());
    assert!(nodes[1].snapshot().await.is_err());
    assert!(nodes[1].unchanged_until(Default::default(), &[]).await.is_err());
    assert!(nodes[1].commit(vec![Set::new().put(&domain("late")).0]).await.is_err());
    assert_ne!(nodes[0].id().await.unwrap(), two_nodes(Isolation::ReadCommitted).await[0].id().await.unwrap());
    assert_eq!(nodes[0].id().await.unwrap(), nodes[1].id().await.unwrap());
}
