//! Followers keep up with the log: woken, told who shows what has changed, tried again, and never twice of two minds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::change_set::Event;
use emporion_catalog::command::How;
use emporion_catalog::follow::{Batch, Failure, Follower, Followers, Spread, Stop};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::log_watch::Interest;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{FOLLOWER, IN_DOMAIN};
use emporion_store::{Options, SqliteStore};
use parking_lot::Mutex;
use serde_json::json;

use crate::house::{House, PURGE, RECURSIVE, field};

/// What an index holds: each record by its FQN, with what its domains are called. Both change with the place, or neither.
#[derive(Default, Clone, PartialEq, Debug)]
struct Held {
    position: Seq,
    documents: BTreeMap<RecordId, (String, Vec<String>)>,
}

/// An index that outlives the process that fills it.
#[derive(Default)]
struct Index {
    held: Mutex<Held>,
    /// How often it still fails, and whether it "dies" after records were handed over that show something else.
    fails: AtomicU32,
    dies_when_touched: AtomicBool,
    most_in_a_batch: AtomicU32,
    touched: AtomicU32,
}

struct Indexing {
    index: Arc<Index>,
    catalog: Arc<Catalog>,
}

impl Indexing {
    async fn document(&self, record: &emporion_catalog::record::Record) -> (String, Vec<String>) {
        let snapshot = self.catalog.unfiltered().await.unwrap();
        let edges = snapshot.edges_from(&[record.id], Some(&[IN_DOMAIN])).await.unwrap();
        let ids: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
        let cards = snapshot.cards(record.account, &ids).await.unwrap();
        let called = |card: &emporion_catalog::record::Card| card.display_name.clone().unwrap_or(card.fqn.clone());
        (record.fqn.clone(), cards.iter().flatten().map(|card| called(card)).collect())
    }
}

#[async_trait]
impl Follower for Indexing {
    fn name(&self) -> String {
        "index".into()
    }

    async fn position(&self) -> Result<Seq, Failure> {
        Ok(self.index.held.lock().position)
    }

    fn spreads(&self, event: &Event) -> Spread {
        Spread::of(event)
    }

    async fn take(&self, batch: &Batch, _stop: &Stop) -> Result<Seq, Failure> {
        let size = batch.events.len().max(batch.touched.len());
        self.index.most_in_a_batch.fetch_max(u32::try_from(size).unwrap(), Ordering::SeqCst);
        self.index.touched.fetch_add(u32::try_from(batch.touched.len()).unwrap(), Ordering::SeqCst);
        let mut next = self.index.held.lock().clone();
        for (_, event) in &batch.events {
            match batch.records.get(&event.id).filter(|record| record.state.is_alive()) {
                Some(record) => drop(next.documents.insert(event.id, self.document(record).await)),
                None => drop(next.documents.remove(&event.id)),
            }
        }
        for record in batch.touched.iter().filter(|record| record.state.is_alive()) {
            next.documents.insert(record.id, self.document(record).await);
        }
        if self.index.fails.load(Ordering::SeqCst) > 0 {
            self.index.fails.fetch_sub(1, Ordering::SeqCst);
            return Err(Failure::new("not now"));
        }
        next.position = batch.end;
        let end = next.position;
        *self.index.held.lock() = next;
        if !batch.touched.is_empty() && self.index.dies_when_touched.swap(false, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Ok(end)
    }
}

struct World {
    house: House,
    index: Arc<Index>,
    followers: Arc<Followers>,
}

impl World {
    async fn new() -> World {
        let house = House::new().await;
        let world = World { index: Arc::default(), followers: Arc::new(Followers::new(house.catalog.clone())), house };
        world.start();
        world
    }

    fn start(&self) {
        let catalog = self.house.catalog.clone();
        self.followers.start(Arc::new(Indexing { index: self.index.clone(), catalog }));
    }

    /// Waits until the index has come to the end of the log; then it holds what an index made now would hold.
    async fn settles(&self) {
        let head = self.house.catalog.health().await.unwrap();
        let begun = std::time::Instant::now();
        while self.index.held.lock().position < head {
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not come to the end of the log");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let fresh = Arc::new(Index::default());
        let anew = Followers::new(self.house.catalog.clone());
        anew.start(Arc::new(Indexing { index: fresh.clone(), catalog: self.house.catalog.clone() }));
        anew.shut_down(Duration::from_secs(20)).await;
        let (held, fresh) = (self.index.held.lock().clone(), fresh.held.lock().clone());
        assert_eq!(held, fresh, "an index made anew out of the whole log");
    }

    fn domains_of(&self, id: RecordId) -> Vec<String> {
        self.index.held.lock().documents[&id].1.clone()
    }
}

#[tokio::test]
async fn a_follower_is_woken_and_holds_what_the_catalogue_holds() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let product = house.product("sales", "orders").await;
    let begun = std::time::Instant::now();
    world.settles().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "woken, not found by chance: the log is looked at every 30 s");
    assert_eq!(world.domains_of(product), ["sales"]);
    house.run(house.admin(), house.delete(house.name("domain", "sales"), RECURSIVE)).await.unwrap();
    world.settles().await;
    assert!(!world.index.held.lock().documents.contains_key(&product));
    house.run(house.admin(), house.delete(house.id("data_product", product), PURGE)).await.unwrap();
    world.settles().await;
}

/// Follows accounts, of which none is made.
struct Idle(AtomicU32);

#[async_trait]
impl Follower for Idle {
    fn name(&self) -> String {
        "idle".into()
    }

    async fn position(&self) -> Result<Seq, Failure> {
        Ok(Seq(0))
    }

    fn interest(&self) -> Interest {
        Interest { account: None, kinds: Some(vec!["account"]) }
    }

    async fn take(&self, batch: &Batch, _stop: &Stop) -> Result<Seq, Failure> {
        assert!(batch.events.iter().all(|(_, event)| event.kind.is("account")));
        self.0.fetch_add(u32::try_from(batch.events.len()).unwrap(), Ordering::SeqCst);
        Ok(batch.end)
    }
}

#[tokio::test]
async fn what_is_of_no_interest_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), Registry::standard(), Options::default()).unwrap();
    let house = House::over(Arc::new(store)).await;
    let followers = Followers::new(house.catalog.clone());
    let idle = Arc::new(Idle(AtomicU32::new(0)));
    followers.start(idle.clone());
    let is_at_end = async || {
        while followers.counts(house.catalog.health().await.unwrap().0).lag > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    is_at_end().await;
    let begun = followers.counts(0).questions;
    assert!(idle.0.load(Ordering::SeqCst) >= 1 && begun > 0, "what has been is read");
    for n in 0..200 {
        house.domain(&format!("d{n:03}")).await;
    }
    let head = house.catalog.health().await.unwrap();
    assert_eq!((followers.counts(head.0).lag, followers.counts(head.0).questions), (0, begun));
    assert_eq!(idle.0.load(Ordering::SeqCst), 1);
    house.catalog.create_account(&house.caller(house.admin()).await, "second", None).await.unwrap();
    is_at_end().await;
    assert_eq!(idle.0.load(Ordering::SeqCst), 2, "and it is woken for what it follows");
    followers.shut_down(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn whatever_shows_a_renamed_domain_is_handed_over_in_bounded_batches() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("home").await;
    let other = house.domain("other").await;
    let both = vec![house.name("domain", "home"), house.name("domain", "other")];
    let mut products = Vec::new();
    for n in 0..510 {
        let id = house.product("home", &format!("p{n:03}")).await;
        if n < 505 {
            house.relate(&house.id("data_product", id), IN_DOMAIN, How::Replace, both.clone()).await;
        }
        products.push(id);
    }
    world.settles().await;
    house.run(house.admin(), house.change(house.id("domain", other), field("display_name", "Renamed"))).await.unwrap();
    world.settles().await;
    assert_eq!(world.domains_of(products[0]), ["home", "Renamed"]);
    assert_eq!(world.domains_of(products[504]), ["home", "Renamed"]);
    assert_eq!(world.domains_of(products[505]), ["home"]);
    assert!(world.index.most_in_a_batch.load(Ordering::SeqCst) <= 500);
    // Who follows it shows nowhere else.
    let before = world.index.touched.load(Ordering::SeqCst);
    assert!(before >= 505);
    let admin = house.id("user", house.admin());
    house.relate(&house.id("domain", other), FOLLOWER, How::Add, vec![admin]).await;
    world.settles().await;
    assert_eq!(world.index.touched.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn one_that_dies_in_the_middle_of_a_fan_out_is_handed_the_rest_after_its_next_start() {
    let world = World::new().await;
    let house = &world.house;
    let sales = house.domain("sales").await;
    let product = house.product("sales", "orders").await;
    world.settles().await;
    world.index.dies_when_touched.store(true, Ordering::SeqCst);
    let before = world.index.held.lock().position;
    house.run(house.admin(), house.change(house.id("domain", sales), field("display_name", "S"))).await.unwrap();
    while world.index.dies_when_touched.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(world.index.held.lock().position, before, "the event itself is still to come");
    world.followers.shut_down(Duration::ZERO).await;
    world.start();
    world.settles().await;
    assert_eq!(world.domains_of(product), ["S"]);
}

#[tokio::test]
async fn one_that_fails_is_tried_again_and_holds_nobody_up() {
    let world = World::new().await;
    let house = &world.house;
    world.settles().await;
    world.index.fails.store(2, Ordering::SeqCst);
    house.domain("a").await;
    while world.index.fails.load(Ordering::SeqCst) == 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let head = house.catalog.health().await.unwrap();
    let counts = world.followers.counts(head.0);
    assert_eq!((counts.running, counts.failing), (1, 1));
    assert!(counts.lag > 0);
    house.domain("b").await;
    world.settles().await;
    let head = house.catalog.health().await.unwrap();
    let counts = world.followers.counts(head.0);
    assert_eq!((counts.failing, counts.lag), (0, 0));
}

#[tokio::test]
async fn a_shutdown_lets_it_come_to_the_end_of_the_log() {
    let world = World::new().await;
    let house = &world.house;
    for n in 0..20 {
        house.make("domain", None, &format!("d{n}"), json!({"domain_type": "Aggregate"})).await;
    }
    world.followers.shut_down(Duration::from_secs(10)).await;
    let head = house.catalog.health().await.unwrap();
    assert_eq!(world.index.held.lock().position, head);
    assert_eq!(world.followers.counts(0).running, 0);
    house.run(house.admin(), house.delete(house.name("domain", "d0"), RECURSIVE)).await.unwrap();
    let head = house.catalog.health().await.unwrap();
    assert!(world.index.held.lock().position < head, "nobody follows any more");
}

/// Gathers for longer than a test lasts, unless somebody waits.
struct Gathering {
    handed: Mutex<Vec<usize>>,
    ends: AtomicU32,
    waited_for: tokio::sync::watch::Sender<Seq>,
}

#[async_trait]
impl Follower for Gathering {
    fn name(&self) -> String {
        "gathering".into()
    }

    async fn position(&self) -> Result<Seq, Failure> {
        Ok(Seq(0))
    }

    fn gathers_for(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn is_waited_for(&self, behind: Seq) {
        self.waited_for.subscribe().wait_for(|wanted| *wanted > behind).await.unwrap();
    }

    async fn take(&self, batch: &Batch, _stop: &Stop) -> Result<Seq, Failure> {
        self.handed.lock().push(batch.events.len());
        Ok(batch.end)
    }

    async fn comes_to_end(&self, _end: Seq) -> Result<(), Failure> {
        self.ends.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_gathered_until_somebody_waits_for_it() {
    let house = House::new().await;
    let (waited_for, _) = tokio::sync::watch::channel(Seq(0));
    let gathering = Arc::new(Gathering { handed: Mutex::default(), ends: AtomicU32::new(0), waited_for });
    let followers = Followers::new(house.catalog.clone());
    followers.start(gathering.clone());
    let ends = async |count: u32| {
        let begun = std::time::Instant::now();
        while gathering.ends.load(Ordering::SeqCst) < count {
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not come to the end of the log");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let is_waited_for = async || gathering.waited_for.send_replace(house.catalog.health().await.unwrap());
    let mut before = 0;
    for round in 1..=2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(gathering.handed.lock().len(), before, "nobody waits for it");
        is_waited_for().await;
        ends(round).await;
        if round == 1 {
            before = gathering.handed.lock().len();
            for n in 0..5 {
                house.domain(&format!("sales{n}")).await;
            }
        }
    }
    let handed: Vec<usize> = gathering.handed.lock()[before..].to_vec();
    assert!(matches!(handed[..], [lines] if lines >= 5), "{handed:?}");
    house.domain("late").await;
    let begun = std::time::Instant::now();
    followers.shut_down(Duration::from_millis(50)).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "who is asked to stop gathers no longer");
}
