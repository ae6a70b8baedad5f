//! What followers need of a store: to be woken, to be told who refers to what, and to keep how far they have come.

use std::time::Duration;

use emporion_catalog::change_set::{Expect, Write};
use emporion_catalog::follower_state::FollowerState;
use emporion_catalog::id::{AccountId, RecordId, Seq};
use emporion_catalog::log_watch::{Interest, LogAdvance};
use emporion_catalog::relation::{IN_DOMAIN, OWNER, Relation};
use serde_json::json;

use super::for_every_engine;
use crate::support::{ACCOUNT, Set, World, domain, edge, product, record};

for_every_engine! {
    what_a_follower_keeps_is_kept_with_everything_else_or_not_at_all
    states_are_told_by_follower_and_key
    a_place_is_moved_by_who_knows_where_it_was
    those_that_refer_to_a_record_are_told_page_by_page
    whoever_waits_for_the_log_is_woken_when_its_line_can_be_read
    lines_of_interest_wake_and_are_told_and_no_others
}

fn state(key: &str, position: u64) -> FollowerState {
    let data = json!({"of": key, "ü": [1, null]}).as_object().cloned().unwrap();
    FollowerState { follower: "f".into(), key: key.into(), account: ACCOUNT, position: Seq(position), data }
}

fn put(state: &FollowerState) -> Write {
    Write::PutFollower(Box::new(state.clone()))
}

async fn kept(world: &World, follower: &str, key: Option<&str>) -> Vec<FollowerState> {
    world.now().await.follower_states(follower, key).await.unwrap()
}

async fn what_a_follower_keeps_is_kept_with_everything_else_or_not_at_all(world: &World) {
    let a = domain("a");
    world.does(Set::new().put(&a)).await;
    let before = world.now().await.head().await.unwrap();
    world.does(Set::new().write(put(&state("one", 1)))).await;
    assert_eq!(world.now().await.head().await.unwrap(), before, "the log does not tell of it");
    let gone = Expect::Alive { id: RecordId::fresh() };
    world.loses(Set::new().write(put(&state("one", 7))).expect(gone)).await;
    assert_eq!(kept(world, "f", None).await, [state("one", 1)]);
    world.does(Set::new().write(put(&state("one", 2))).put(&domain("b"))).await;
    assert_eq!(kept(world, "f", Some("one")).await, [state("one", 2)]);
}

async fn states_are_told_by_follower_and_key(world: &World) {
    let other = FollowerState { follower: "g".into(), account: AccountId::GLOBAL, ..state("", 5) };
    world.does(Set::new().write(put(&state("b", 1))).write(put(&state("a", 2))).write(put(&other))).await;
    assert_eq!(kept(world, "f", None).await, [state("a", 2), state("b", 1)]);
    assert_eq!(kept(world, "g", Some("")).await, [other]);
    assert_eq!(kept(world, "f", Some("")).await, []);
    let drop = |key: &str| Write::DropFollower { follower: "f".into(), key: key.into() };
    world.does(Set::new().write(drop("a")).write(drop("nobody"))).await;
    assert_eq!(kept(world, "f", None).await, [state("b", 1)]);
}

async fn a_place_is_moved_by_who_knows_where_it_was(world: &World) {
    let at =
        |key: &str, position| Expect::FollowerAt { follower: "f".into(), key: key.into(), position: Seq(position) };
    let moved = |position, expected| Set::new().write(put(&state("one", position))).expect(at("one", expected));
    world.loses(moved(1, 3)).await;
    world.does(moved(1, 0)).await;
    world.loses(moved(2, 0)).await;
    world.does(moved(5, 1)).await;
    assert_eq!(kept(world, "f", None).await, [state("one", 5)]);
    // It guards whatever is written with it, and says nothing about other keys.
    world.loses(Set::new().put(&domain("a")).expect(at("one", 1))).await;
    world.does(Set::new().put(&domain("a")).expect(at("one", 5)).expect(at("two", 0))).await;
}

async fn those_that_refer_to_a_record_are_told_page_by_page(world: &World) {
    let (home, other) = (domain("home"), domain("other"));
    let products: Vec<_> = (0..5).map(|n| product(&home, &format!("p{n}"))).collect();
    let mut set = Set::new().put(&home).put(&other);
    for product in &products {
        let place = |at: &str| emporion_catalog::record::Edge { at: at.into(), ..edge(product, IN_DOMAIN, &other) };
        // Two edges of one relation are one referrer.
        set = set.put(product).link(&place("")).link(&place("x"));
    }
    let ann = record("user", None, "ann");
    set = set.put(&ann).link(&edge(&other, OWNER, &ann)).link(&edge(&home, IN_DOMAIN, &other));
    world.does(set).await;
    let mut wanted: Vec<(Relation, RecordId)> =
        products.iter().map(|product| product.id).chain([home.id]).map(|id| (IN_DOMAIN, id)).collect();
    wanted.sort_by_key(|(_, id)| *id);
    for limit in [1, 2, 4, 99] {
        let mut found = Vec::new();
        loop {
            let page = world.now().await.referrers(other.id, found.last().copied(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, wanted, "{limit}");
    }
    assert_eq!(world.now().await.referrers(ann.id, None, 9).await.unwrap(), [(OWNER, other.id)]);
    assert_eq!(world.now().await.referrers(home.id, None, 9).await.unwrap(), []);
}

async fn whoever_waits_for_the_log_is_woken_when_its_line_can_be_read(world: &World) {
    let mut grown = world.store.grown(Interest::ALL).expect("an engine that tells");
    grown.borrow_and_update();
    let store = world.store.clone();
    let waiting = tokio::spawn(async move {
        tokio::time::timeout(Duration::from_secs(5), grown.changed()).await.expect("woken").unwrap();
        let head = grown.borrow().head;
        (head, store.snapshot().await.unwrap().head().await.unwrap())
    });
    tokio::task::yield_now().await;
    let stored = world.does(Set::new().put(&domain("a"))).await;
    let (told, seen) = waiting.await.unwrap();
    assert_eq!(told, stored);
    assert!(seen >= told);
    let mut idle = world.store.grown(Interest::ALL).unwrap();
    idle.borrow_and_update();
    world.does(Set::new().write(put(&state("one", 1)))).await;
    assert!(!idle.has_changed().unwrap(), "what followers keep wakes nobody");
}

async fn lines_of_interest_wake_and_are_told_and_no_others(world: &World) {
    let of = |account: AccountId, kind: &'static str| Interest { account: Some(account), kinds: Some(vec![kind]) };
    let watch = |interest: &Interest| world.store.grown(interest.clone()).expect("an engine that tells");
    let (users, others) = (of(ACCOUNT, "user"), of(AccountId::fresh(), "domain"));
    let (mut by_kind, mut by_account) = (watch(&users), watch(&others));
    by_kind.borrow_and_update();
    by_account.borrow_and_update();
    let before = world.now().await.head().await.unwrap();
    let first = world.does(Set::new().put(&domain("a"))).await;
    assert!(!by_kind.has_changed().unwrap() && !by_account.has_changed().unwrap());
    assert_eq!(*by_kind.borrow_and_update(), LogAdvance { head: first, wanted: before });
    let second = world.does(Set::new().put(&record("user", None, "ann"))).await;
    assert!(by_kind.has_changed().unwrap() && !by_account.has_changed().unwrap());
    assert_eq!(*by_kind.borrow_and_update(), LogAdvance { head: second, wanted: second });
    let last = world.does(Set::new().put(&domain("b"))).await;
    let now = world.now().await;
    let told = async |until: Seq, of: &Interest, limit: u32| {
        let found = now.events_of(before, until, of, limit).await.unwrap();
        found.into_iter().map(|(seq, event)| (seq, event.kind.name())).collect::<Vec<_>>()
    };
    assert_eq!(told(last, &users, 9).await, [(second, "user")]);
    assert_eq!(told(first, &users, 9).await, []);
    assert_eq!(told(last, &others, 9).await, []);
    assert_eq!(told(second, &Interest::ALL, 9).await, [(first, "domain"), (second, "user")]);
    assert_eq!(told(last, &Interest::ALL, 1).await, [(first, "domain")]);
    assert_eq!(told(last, &Interest { account: None, kinds: Some(Vec::new()) }, 9).await, []);
}
