//! Answers that are kept, by two catalogues: a write of one ends those of the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::relation::OWNER;
use emporion_catalog::response_cache::CachePool;

use super::house::{House, by_id, change, count_up, home, houses, often, product};
use crate::support::{kind, sqlite};

/// What two readers ask for, kept: the product's count, and what the list of all products says of it.
async fn remembered_counts(house: &House, id: RecordId, made: &AtomicU64) -> (u64, u64) {
    let reading = async {
        made.fetch_add(1, Ordering::Relaxed);
        let count = |view: &View| view.field("extension").and_then(|of| of["n"].as_u64()).unwrap_or(0);
        let own = count(&house.get(&by_id(id)).await?);
        let query = ListQuery::of(house.caller.account(), kind("data_product"));
        let listed = house.catalog().list(&house.caller, query, &Depth::bare()).await?;
        Ok::<_, Problem>((own, listed.views.iter().find(|view| view.id() == id).map_or(0, count)))
    };
    house
        .catalog()
        .remembered(CachePool::Answers, &house.caller, "counts".to_owned(), |_| Some(16), reading)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_answer_is_never_older_than_an_acknowledged_write() {
    const WRITES: u64 = 60;
    for house in houses(often()).await {
        let house = Arc::new(house);
        let id = house.product("p").await;
        let (acknowledged, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let writer = tokio::spawn({
            let (house, acknowledged) = (house.clone(), acknowledged.clone());
            async move {
                for write in 1..=WRITES {
                    house.run(count_up(id)).await.unwrap();
                    acknowledged.store(write, Ordering::SeqCst);
                }
            }
        });
        let reader = |house: Arc<House>, acknowledged: Arc<AtomicU64>, made: Arc<AtomicU64>| async move {
            loop {
                let known = acknowledged.load(Ordering::SeqCst);
                let (own, listed) = remembered_counts(&house, id, &made).await;
                assert!(own >= known && listed >= known, "{}: {own} and {listed} after {known}", house.engine);
                if known == WRITES {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        let readers = [0; 2].map(|_| tokio::spawn(reader(house.clone(), acknowledged.clone(), made.clone())));
        writer.await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
        // In the end nothing changes any more, and each of the two keeps what it was asked for twice.
        let before = made.load(Ordering::Relaxed);
        for _ in 0..10 {
            assert_eq!(remembered_counts(&house, id, &made).await, (WRITES, WRITES), "{}", house.engine);
        }
        let makings = made.load(Ordering::Relaxed) - before;
        assert!(makings <= 4, "{}: made {makings} times by two", house.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_answer_shows_of_other_records_is_watched_too() {
    let world = sqlite();
    let store = world.store.clone();
    let house = House::build("sqlite", world, store).await;
    let id = house.product("p").await;
    let user = house.caller.principal.user;
    let shown = async || {
        let reading = async {
            let view = house.catalog().get(&house.caller, &by_id(id), States::All, &Depth::full()).await?;
            let owners: Vec<String> = view.targets(OWNER).filter_map(|(_, card)| card.display_name.clone()).collect();
            Ok::<_, Problem>((view.record.fqn.clone(), view.record.state.is_alive(), owners))
        };
        house
            .catalog()
            .remembered(CachePool::Answers, &house.caller, "shown".to_owned(), |_| Some(16), reading)
            .await
            .ok()
    };
    let after = async |command: Command| {
        for _ in 0..3 {
            shown().await;
        }
        house.run(command).await.unwrap();
        shown().await
    };
    let own = change(by_id(id), move |_| {
        let mut draft = Draft::default();
        draft.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::Id(kind("user"), user))]);
        draft
    });
    let of = |owner: &str| Some(("default.p".to_owned(), true, vec![owner.to_owned()]));
    assert_eq!(after(own).await, of("Administrator"));
    let named_anew = change(Ref::Id(kind("user"), user), |_| {
        let mut draft = Draft::default();
        draft.set("display_name", "Ann");
        draft
    });
    assert_eq!(after(named_anew).await, of("Ann"));
    let disown = change(by_id(id), |_| {
        let mut draft = Draft::default();
        draft.relate(OWNER, How::Replace, "owners", vec![]);
        draft
    });
    assert_eq!(after(disown).await.unwrap().2, [""; 0]);
    let delete = Command::Delete { target: by_id(id), guard: Guard::None, how: Deletion::SOFT };
    assert_eq!(after(delete).await, None);
    assert!(after(Command::Restore { target: by_id(id) }).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_made_of_another_that_is_kept_ends_with_it() {
    let world = sqlite();
    let store = world.store.clone();
    let house = House::build("sqlite", world, store).await;
    let id = house.product("p").await;
    let inner = async || {
        let count =
            async { Ok::<_, Problem>(house.get(&by_id(id)).await?.field("extension").and_then(|of| of["n"].as_u64())) };
        house
            .catalog()
            .remembered(CachePool::Preparations, &house.caller, "inner".to_owned(), |_| Some(16), count)
            .await
    };
    let outer = async || {
        let count = async {
            house.get(&Ref::Id(kind("user"), house.caller.principal.user)).await?;
            inner().await
        };
        house
            .catalog()
            .remembered(CachePool::Answers, &house.caller, "outer".to_owned(), |_| Some(16), count)
            .await
            .unwrap()
    };
    for write in 0..3 {
        // Whichever of them was kept first.
        for _ in 0..write {
            inner().await.unwrap();
        }
        for _ in 0..4 {
            assert_eq!(outer().await.unwrap_or(0), write);
        }
        house.run(count_up(id)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_one_place_is_watched_by_its_kind_alone() {
    let world = sqlite();
    let store = world.store.clone();
    let house = House::build("sqlite", world, store).await;
    let (catalog, made) = (house.catalog(), AtomicU64::new(0));
    let in_home = home();
    let home = catalog.get(&house.caller, in_home.as_ref().unwrap(), States::Alive, &Depth::bare()).await.unwrap().id();
    let listed = async || {
        let list = async {
            made.fetch_add(1, Ordering::Relaxed);
            let mut query = ListQuery::of(house.caller.account(), kind("data_product"));
            query.parent = Some(home);
            Ok::<_, Problem>(catalog.list(&house.caller, query, &Depth::bare()).await?.views.len())
        };
        catalog.remembered(CachePool::Preparations, &house.caller, "list".to_owned(), |_| Some(16), list).await.unwrap()
    };
    let after = async |command: Command| {
        // Kept by whoever asks for it more than once.
        for _ in 0..3 {
            listed().await;
        }
        let before = made.load(Ordering::Relaxed);
        catalog.execute(&house.caller, &command).await.unwrap();
        (listed().await, made.load(Ordering::Relaxed) - before)
    };
    let of_another_kind = |name: &str| {
        let mut draft = Draft { name: Some(name.into()), ..Draft::default() };
        draft.set("domain_type", "Aggregate");
        Command::Create { kind: kind("domain"), parent: in_home.clone(), draft, id: None, rules: DoorRules::default() }
    };
    assert_eq!(after(product("p")).await, (1, 1));
    assert_eq!(after(of_another_kind("other")).await, (1, 0), "beside them");
    assert_eq!(after(product("q")).await, (2, 1));
    let p = Ref::Name(kind("data_product"), "default.p".into());
    let delete = Command::Delete { target: p, guard: Guard::None, how: Deletion::SOFT };
    assert_eq!(after(delete).await, (1, 1));
}
