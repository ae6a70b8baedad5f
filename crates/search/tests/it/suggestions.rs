//! What is suggested while somebody types.

use std::collections::HashSet;

use emporion_catalog::finder::{Finder, Search};
use emporion_catalog::id::RecordId;

use crate::house::field;
use crate::world::World;

/// The best few are looked for in names alone; that must not show.
#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_the_best_of_what_begins_so() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for n in 0..40 {
        let id = house.product("sales", &format!("{}{n}", if n % 2 == 0 { "quark" } else { "other" })).await;
        let target = || house.id("data_product", id);
        if n % 3 == 0 {
            house.run(house.admin(), house.change(target(), field("display_name", "Quantity"))).await.unwrap();
        }
        if n % 5 == 0 {
            house.run(house.admin(), house.change(target(), field("description", "Quarks and quanta."))).await.unwrap();
        }
    }
    world.settles().await;
    let typed = ["q", "qu", "qua", "quark", "quan", "quanta", "quark1", "quarks", "oth", "sales.qu", "sales.quark12"];
    for typed in typed {
        for limit in [1, 5, 12, 30, 100] {
            let search = Search { limit, ..Search::of(format!("{typed}*")) };
            let found = world.find(house.admin(), &search).await.unwrap();
            let suggested = world.engine.suggest(&house.caller(house.admin()).await, typed, limit, None).await.unwrap();
            let ids = |found: &emporion_catalog::finder::Found| -> HashSet<RecordId> {
                found.hits.iter().map(|hit| hit.id).collect()
            };
            assert_eq!(ids(&suggested), ids(&found), "{typed} {limit}");
            assert!(!suggested.hits.is_empty(), "{typed}");
            let why = |found: &emporion_catalog::finder::Found| {
                let mut why: Vec<String> = found.hits.iter().map(|hit| format!("{:?}", hit.why)).collect();
                why.sort();
                why
            };
            assert_eq!(why(&suggested), why(&found), "{typed} {limit}");
        }
    }
}

/// Somebody who types a name to its end means what bears it, whatever else has it as a word.
#[tokio::test(flavor = "multi_thread")]
async fn an_fqn_is_completed_and_an_exact_name_stands_first() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for name in ["load_orders", "orders", "a_orders", "orders_raw"] {
        house.product("sales", name).await;
    }
    world.settles().await;
    let caller = house.caller(house.admin()).await;
    let names = async |typed: &str| -> Vec<String> {
        let found = world.engine.suggest(&caller, typed, 10, None).await.unwrap();
        found.hits.into_iter().map(|hit| hit.name).collect()
    };
    assert_eq!(names("orders").await, ["orders", "a_orders", "load_orders", "orders_raw"]);
    assert_eq!(names("sales.orders").await, ["orders", "orders_raw"]);
    assert_eq!(names("sales.o").await, ["orders", "orders_raw"]);
    assert_eq!(names("Sales.Load_Orders").await, ["load_orders"]);
    assert_eq!(names("ales.o").await, [""; 0]);
}

/// What is put in another's place is what is seen of a word, and nothing that turns the text around it.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_sees_is_in_no_correction() {
    let world = World::new().await;
    world.house.domain("sales").await;
    world.house.product("sales", "tur\u{200b}nov\u{202e}er").await;
    world.settles().await;
    let admin = world.house.admin();
    for query in ["turnover", "TURN\u{200d}OVER", "name:turnover", "\"turnover\"", "turno*"] {
        assert_eq!(world.ids(admin, query).await.len(), 1, "{query}");
    }
    let found = world.find(admin, &Search::of("turnovir")).await.unwrap();
    assert_eq!((found.corrected.as_deref(), found.total), (Some("turnover"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_made_is_suggested_to_who_waits_for_it() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let caller = house.caller(house.admin()).await;
    for n in 0..10 {
        house.product("sales", &format!("orders{n}")).await;
        let at_least = house.catalog.health().await.unwrap();
        let found = world.engine.suggest(&caller, &format!("orders{n}"), 10, Some(at_least)).await.unwrap();
        assert!(found.seq >= at_least && found.hits.len() == 1, "{n}: {found:?}");
    }
}

/// Of all that stands below a name the first are looked at, and more of it where these are not for the caller's eyes.
#[tokio::test(flavor = "multi_thread")]
async fn below_a_name_with_more_than_anybody_reads_there_is_something_for_everybody() {
    const MANY: usize = 1_200;
    let world = World::new().await;
    let house = &world.house;
    let ben = house.person("ben").await;
    house.domain("sales").await;
    for n in 0..MANY {
        let id = house.product("sales", &format!("p{n:04}")).await;
        if n < MANY - 3 {
            house.grant(&house.id("data_product", id)).await;
        }
    }
    world.settles().await;
    let suggested = async |who: RecordId, typed: &str| {
        let found = world.engine.suggest(&house.caller(who).await, typed, 5, None).await.unwrap();
        (found.hits.into_iter().map(|hit| hit.name).collect::<Vec<_>>(), found.total_is_exact)
    };
    let admin = house.admin();
    let (names, is_exact) = suggested(admin, "sales.p").await;
    assert_eq!((names.join(" "), is_exact), ("p0000 p0001 p0002 p0003 p0004".to_owned(), false));
    assert_eq!(suggested(admin, "kind:product sales.p").await.0, names);
    assert_eq!(suggested(admin, "kind:domain sales.p").await, (vec![], true), "nothing was left out, after all");
    assert_eq!(suggested(ben, "sales.p").await, (["p1197", "p1198", "p1199"].map(str::to_owned).to_vec(), true));
    // What is asked, and not typed, is told whole.
    let found = world.find(admin, &Search::of("sales.p*")).await.unwrap();
    assert_eq!((found.total, found.total_is_exact), (MANY as u64, true));
}
