//! What a search may cost.

use emporion_catalog::Problem;
use emporion_catalog::finder::{Effort, Refusal, Search};
use serde_json::json;

use crate::world::World;

/// More than one question may take.
const ALL: u64 = 400_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_would_take_too_much_is_refused_and_the_next_question_is_not() {
    let world = World::new().await;
    world.house.domain("sales").await;
    world.settles().await;
    let admin = world.house.admin();
    let spent = Effort::default();
    spent.add(ALL);
    for query in ["sales", "sal*", "name:sal*", "s1* OR sal2*"] {
        let search = Search { effort: spent.clone(), ..Search::of(query) };
        let refused = world.find(admin, &search).await;
        let Err(Refusal::Problem(Problem::Invalid(violations))) = &refused else { panic!("{query}: {refused:?}") };
        assert!(violations[0].rule.starts_with("asks for too much at once"), "{violations:?}");
    }
    assert_eq!(world.names(admin, "kind:domain sal*").await, ["sales"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_beginnings_find_what_each_of_them_finds() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    for n in 0..30 {
        house.product("sales", &format!("order{n}")).await;
    }
    world.settles().await;
    let any: Vec<String> = (0..120).map(|n| format!("order{n}*")).collect();
    let mut found = world.names(house.admin(), &format!("kind:product ({})", any.join(" OR "))).await;
    found.sort_unstable();
    let mut wanted: Vec<String> = (0..30).map(|n| format!("order{n}")).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_a_property_costs_what_it_reads() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let sales = house.name("domain", "sales");
    let last: u32 = 200;
    for cost in 0..last {
        let fields = json!({"extension": {"cost": cost, "since": format!("2026-01-{:02}", cost % 28 + 1)}});
        house.make("data_product", Some(&sales), &format!("p{cost}"), fields).await;
    }
    world.settles().await;
    let admin = house.admin();
    let spent = async |query: &str| {
        let search = Search::of(query);
        let found = world.find(admin, &search).await.expect("it is answered");
        (found.total, search.effort.add(0))
    };
    let (one, of_one) = spent("cost>=7 cost<=7").await;
    let (all, of_all) = spent("cost>=0 cost<=1000").await;
    assert_eq!((one, all), (1, last.into()));
    assert!(of_all > of_one + u64::from(last) * 20, "{of_one} and {of_all} steps");
    // Ends that are left out, and none.
    for (query, wanted) in [
        ("cost>198", 1),
        ("cost<1", 1),
        ("cost>199", 0),
        ("cost:5..7", 3),
        ("cost>0 cost<0", 0),
        ("since:2026-01-28..", 7),
    ] {
        assert_eq!(spent(query).await.0, wanted, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_told_where_its_reasons_would_take_too_much() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("sales").await;
    let sales = house.name("domain", "sales");
    house.make("data_product", Some(&sales), "order", json!({"description": "a b ".repeat(250)})).await;
    world.settles().await;
    let why = async |spent: u64| {
        let search = Search::of("kind:product order");
        search.effort.add(spent);
        let found = world.find(house.admin(), &search).await.expect("it is answered");
        assert_eq!(found.total, 1);
        found.hits[0].why.len()
    };
    assert!(why(0).await > 0);
    assert_eq!(why(ALL - 2_000).await, 0);
}
