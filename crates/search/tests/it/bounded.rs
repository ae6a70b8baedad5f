//! What a search may cost.

use emporion_catalog::Problem;
use emporion_catalog::finder::{Effort, Refusal, Search};

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
