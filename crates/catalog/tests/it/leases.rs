//! A job has one owner among those who ask for it, and the next one when that is gone.

use std::sync::Arc;
use std::time::Duration;

use emporion_authz::gate::CedarGate;
use emporion_authz::keyring::Keyring;
use emporion_authz::sealer::RingSealer;
use emporion_catalog::Problem;
use emporion_catalog::catalog::{Catalog, Parts};
use emporion_catalog::change_set::{ChangeSet, SealedSecret, Write};
use emporion_catalog::follow::FollowerState;
use emporion_catalog::id::{AccountId, Millis, Seq};
use emporion_catalog::lease::{Lease, Ownership};
use emporion_catalog::ports::{Sealer, Store};
use emporion_catalog::registry::Registry;
use emporion_catalog::testing::Trusting;
use emporion_store::MemoryStore;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::house::House;

type Owned = watch::Receiver<Option<Ownership>>;

/// Two nodes over one store, of which the first has the job.
async fn nodes() -> ([House; 1], [Lease; 2]) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let house = House::over(store.clone()).await;
    let other = House::catalog_over(store, Millis::now);
    let first = Lease::seek(house.catalog.clone(), "job");
    got(&mut first.owned(), 1).await;
    let second = Lease::seek(other, "job");
    ([house], [first, second])
}

async fn got(owned: &mut Owned, seconds: u64) -> Ownership {
    let got = timeout(Duration::from_secs(seconds), owned.wait_for(Option::is_some)).await;
    got.expect("in time").expect("it is asked for").clone().expect("it is owned")
}

fn state(position: u64) -> FollowerState {
    let (follower, key) = ("f".to_owned(), "k".to_owned());
    FollowerState { follower, key, account: AccountId::GLOBAL, position: Seq(position), data: Default::default() }
}

#[tokio::test(start_paused = true)]
async fn one_has_a_job_and_the_other_at_once_when_it_is_given_up() {
    let ([house], [first, second]) = nodes().await;
    let owner = got(&mut first.owned(), 1).await;
    sleep(Duration::from_secs(600)).await;
    assert!(owner.is_held() && second.owned().borrow().is_none(), "it is renewed");
    house.catalog.keep_follower_states(&owner, vec![state(1)], Vec::new()).await.unwrap();
    first.give_up().await;
    let later = got(&mut second.owned(), 3).await;
    assert!(later.is_held());
    let refused = house.catalog.keep_follower_states(&owner, vec![state(2)], Vec::new()).await;
    assert!(matches!(refused, Err(Problem::Overtaken)), "{refused:?}");
    assert_eq!(house.catalog.follower_state("f", "k").await.unwrap().unwrap().position, Seq(1));
    house.catalog.keep_follower_states(&later, vec![state(3)], Vec::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_stands_still_stops_before_another_takes_over_and_writes_nothing_when_it_wakes() {
    let ([house], [first, second]) = nodes().await;
    let owner = got(&mut first.owned(), 1).await;
    let mut seconds = second.owned();
    // It is killed, as far as anybody can see.
    first.stand_still();
    let mut both = 0;
    for _ in 0..200 {
        sleep(Duration::from_millis(100)).await;
        let is_taken = seconds.borrow_and_update().is_some();
        both += u32::from(is_taken && owner.is_held());
        if is_taken {
            break;
        }
    }
    assert_eq!(both, 0, "two never hold it at once");
    let later = got(&mut seconds, 1).await;
    assert!(later.is_held() && !owner.is_held());
    assert!(house.catalog.keep_follower_states(&owner, vec![state(2)], Vec::new()).await.is_err());
    house.catalog.keep_follower_states(&later, vec![state(3)], Vec::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_writes_as_the_owner_of_a_job_writes_nothing_once_it_is_anothers() {
    let ([house], [first, second]) = nodes().await;
    let owner = got(&mut first.owned(), 1).await;
    let admin = house.caller(house.admin()).await;
    let command = |name: &str| house.create("domain", None, name, json!({"domain_type": "Aggregate"}), &[]);
    let (catalog, writing) = (&house.catalog, owner.writing(admin.clone()));
    catalog.execute(&writing, &command("before")).await.unwrap();
    first.give_up().await;
    got(&mut second.owned(), 3).await;
    let refused = catalog.execute(&writing, &command("after")).await;
    assert!(matches!(refused, Err(Problem::Overtaken)), "{refused:?}");
    let all = catalog.execute_all(&writing, &[command("one"), command("two")]).await;
    assert!(all.iter().all(|one| matches!(one, Err(Problem::Overtaken))), "{all:?}");
    let swapped = catalog.swap_follower_states(&owner, "f", vec![("k".to_owned(), Seq(0))], vec![state(1)], Vec::new());
    assert!(!swapped.await.unwrap());
    for name in ["after", "one", "two"] {
        assert!(!house.sees(house.admin(), &house.name("domain", name)).await, "{name}");
    }
    // What he does in his own name is his own.
    catalog.execute(&admin, &command("after")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_owner_forgets_it_is_given_up() {
    let ([_house], [first, second]) = nodes().await;
    // As where a panic comes between.
    drop(first);
    assert!(got(&mut second.owned(), 3).await.is_held());
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_keys_are_another_ones_is_told_so_when_it_seals_anew() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let house = House::over(store.clone()).await;
    let id = house.domain("sealed").await;
    let path = "/password".to_owned();
    let old = RingSealer::new(Keyring::from_environment(&"A".repeat(43)).unwrap());
    let context = SealedSecret::context(id, &path);
    let (sealed, fingerprint) = (old.seal(&context, b"s3cret"), old.fingerprint(&context, b"s3cret"));
    let (newer, older) = (format!("{}E", "B".repeat(42)), "A".repeat(43));
    let catalog = Arc::new(Catalog::new(Parts {
        store: store.clone(),
        registry: Registry::standard(),
        gate: Arc::new(CedarGate::default()),
        sealer: Arc::new(RingSealer::new(Keyring::from_environment(&format!("{newer},{older}")).unwrap())),
        authenticator: Arc::new(Trusting),
        clock: Millis::now,
    }));
    let first = Lease::seek(catalog.clone(), "keys");
    let owner = got(&mut first.owned(), 1).await;
    first.give_up().await;
    let second = Lease::seek(catalog.clone(), "keys");
    let later = got(&mut second.owned(), 3).await;
    // From then on one secret alone is of the old key.
    catalog.reseal(&later).await.unwrap();
    let mut set = ChangeSet::nothing();
    set.writes.push(Write::PutSecrets { id, secrets: vec![SealedSecret { path, sealed, fingerprint }] });
    assert!(store.commit(vec![set]).await.unwrap().iter().all(Result::is_ok));
    assert!(owner.is_held(), "by its own clock nobody can have taken it");
    let refused = catalog.reseal(&owner).await;
    assert!(matches!(refused, Err(Problem::Overtaken)), "{refused:?}");
    assert_eq!(catalog.reseal(&later).await.unwrap(), 1);
}
