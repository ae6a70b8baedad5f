//! The index keeps up with the log: soon, after being killed, and while it is made anew.

use std::time::{Duration, Instant};

use emporion_catalog::command::{Draft, How};
use emporion_catalog::finder::{Finder, Refusal, Search};
use emporion_catalog::id::Millis;
use emporion_catalog::observation::{Note, USAGE};
use emporion_catalog::relation;
use serde_json::json;

use crate::house::{PURGE, field};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_found_at_once_by_who_waits_for_it() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    world.settles().await;
    let mut worst = Duration::ZERO;
    for n in 0..20 {
        let id = house.product("sales", &format!("orders{n}")).await;
        let begun = Instant::now();
        let at_least = Some(house.catalog.health().await.unwrap());
        let search = Search { at_least, ..Search::of(format!("name:orders{n}")) };
        let found = world.find(house.admin(), &search).await.unwrap();
        worst = worst.max(begun.elapsed());
        assert_eq!(found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [id]);
    }
    assert!(worst < Duration::from_millis(1_000), "{worst:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_yet_is_not_waited_for_for_ever() {
    let world = World::new().await;
    let head = world.house.catalog.health().await.unwrap();
    let search = Search { at_least: Some(emporion_catalog::id::Seq(head.0 + 100)), ..Search::of("x") };
    let begun = Instant::now();
    let refused = world.find(world.house.admin(), &search).await;
    assert!(matches!(refused, Err(Refusal::Problem(emporion_catalog::Problem::Unavailable { .. }))), "{refused:?}");
    assert!(begun.elapsed() >= Duration::from_secs(5));
}

/// Of what fits equally well, what was observed to be used stands before what was not, as soon as that is observed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_stands_before_what_is_not() {
    let world = World::new().await;
    let house = &world.house;
    let tables = house.tables(&["orders_a", "orders_b", "orders_c"]).await;
    let admin = house.admin();
    world.settles().await;
    assert_eq!(world.names(admin, "orders").await, ["orders_a", "orders_b", "orders_c"]);
    for (day, count, wanted) in [
        (1, 7, ["orders_c", "orders_a", "orders_b"]),
        (2, 0, ["orders_a", "orders_b", "orders_c"]),
        (3, 1, ["orders_c", "orders_a", "orders_b"]),
    ] {
        let mut draft = Draft::default();
        draft.observe(USAGE, "", Millis(day * 86_400_000), json!({"daily_stats": {"count": count}}));
        house.run(admin, house.change(house.id("table", tables[2]), draft)).await.unwrap();
        world.settles().await;
        assert_eq!(world.names(admin, "orders").await, wanted, "on day {day}");
    }
    // Where the last count is taken away, the one before is the last.
    for wanted in [["orders_a", "orders_b", "orders_c"], ["orders_c", "orders_a", "orders_b"]] {
        let mut draft = Draft::default();
        draft.note(USAGE, "", Note::Forget);
        house.run(admin, house.change(house.id("table", tables[2]), draft)).await.unwrap();
        world.settles().await;
        assert_eq!(world.names(admin, "orders").await, wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_inherited_change_with_their_bearers() {
    let world = World::new().await;
    let house = &world.house;
    let anna = house.person("anna").await;
    house.domain("sales").await;
    house.tables(&["orders"]).await;
    let service = house.name("database_service", "w");
    house.relate(&service, relation::OWNER, How::Add, vec![house.id("user", anna)]).await;
    house.relate(&service, relation::IN_DOMAIN, How::Add, vec![house.name("domain", "sales")]).await;
    world.settles().await;
    let admin = house.admin();
    assert_eq!(world.names(admin, "kind:table owner:anna domain:sales").await, ["orders"]);
    house.run(admin, house.change(house.id("user", anna), field("display_name", "Anna Lee"))).await.unwrap();
    house.run(admin, house.change(house.name("domain", "sales"), field("display_name", "Vente"))).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(admin, "kind:table owner:'anna lee' domain:vente").await, ["orders"]);
    house.run(admin, house.delete(house.id("user", anna), PURGE)).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(admin, "kind:table owner:'anna lee'").await, Vec::<String>::new());
    assert_eq!(world.names(admin, "kind:table -has:owner").await, ["orders"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_made_anew_is_swapped_in() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for n in 0..30 {
        house.product("sales", &format!("orders{n}")).await;
    }
    world.settles().await;
    world.engine.rebuild(&world.followers).unwrap();
    assert_eq!(world.ids(house.admin(), "kind:product").await.len(), 30, "searches are answered all the while");
    world.settles().await;
    house.product("sales", "late").await;
    world.settles().await;
    assert_eq!(world.ids(house.admin(), "kind:product").await.len(), 31);
    let begun = Instant::now();
    while std::fs::read_dir(world.folder.path()).unwrap().count() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the old index stays");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let world = world.dies().await;
    world.settles().await;
    assert_eq!(world.ids(world.house.admin(), "kind:product").await.len(), 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_met_before_its_own_line_is_found_once() {
    let world = World::new().await;
    let house = &world.house;
    let admin = house.admin();
    house.domain("sales").await;
    for n in 0..4 {
        house.product("sales", &format!("early{n}")).await;
    }
    house.run(admin, house.change(house.name("domain", "sales"), field("display_name", "Vente"))).await.unwrap();
    for n in 0..4 {
        house.product("sales", &format!("later{n}")).await;
    }
    world.settles().await;
    // When the log is read again, the line of the domain hands over what came after it, too.
    world.engine.rebuild(&world.followers).unwrap();
    for stage in 0..3 {
        world.settles().await;
        let found = world.find(admin, &Search::of("kind:product domain:vente")).await.unwrap();
        assert_eq!((found.total, found.hits.len()), (8, 8), "{stage}");
        let whole = house.change(house.name("data_product", "sales.later1"), field("description", format!("{stage}")));
        house.run(admin, whole).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typo_is_corrected_where_nothing_was_found_and_never_to_what_is_hidden() {
    let world = World::new().await;
    let house = &world.house;
    let ben = house.person("ben").await;
    house.domain("sales").await;
    house.product("sales", "revenue").await;
    let secret = house.product("sales", "acquisition").await;
    house.grant(&house.id("data_product", secret)).await;
    world.settles().await;
    let found = world.find(ben, &Search::of("kind:product revanue")).await.unwrap();
    assert_eq!((found.corrected.as_deref(), found.total), (Some("kind:product revenue"), 1));
    let admin = house.admin();
    let found = world.find(admin, &Search::of("acquisitoin")).await.unwrap();
    assert_eq!((found.corrected.as_deref(), found.total), (Some("acquisition"), 1));
    for hidden in ["acquisitoin", "acquisition", "acq*", "name:acquisition"] {
        let found = world.find(ben, &Search::of(hidden)).await.unwrap();
        assert_eq!((found.corrected, found.total, found.hits.len()), (None, 0, 0), "{hidden}");
    }
    let exactly = world.engine.clauses("kind:product revenu OR (acq* -revenu)").unwrap().exactly;
    assert_eq!(exactly, "kind:product \"revenu\" OR acq* -\"revenu\"");
    for exact in ["\"revanue x\"", "rev", "revanuxyz"] {
        assert_eq!(world.find(ben, &Search::of(exact)).await.unwrap().corrected, None, "{exact}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_named_by_what_they_hold_and_faults_by_their_place() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let product = house.product("sales", "Orders").await;
    let tables = house.tables(&["a", "b"]).await;
    house
        .relate(&house.id("data_product", product), relation::HAS_ASSET, How::Add, vec![house.id("table", tables[0])])
        .await;
    let ben = house.person("ben").await;
    world.settles().await;
    for query in ["product:orders", "product:'sales.orders'", "product:ord*", "has:product"] {
        assert_eq!(world.names(house.admin(), query).await, ["a"], "{query}");
    }
    assert_eq!(world.names(house.admin(), "kind:table -product:orders").await, ["b"]);
    house.grant(&house.id("data_product", product)).await;
    world.settles().await;
    assert_eq!(world.names(ben, "product:orders").await, Vec::<String>::new());
    for (query, at) in [("a kind:planet", 7), ("a ownr:me", 2), ("has:ownr", 4)] {
        match world.find(house.admin(), &Search::of(query)).await {
            Err(Refusal::Broken { at: place, expected, .. }) => {
                assert!(place == at && !expected.is_empty(), "{query} {place}")
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}
