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
    for typed in ["q", "qu", "qua", "quark", "quan", "quanta", "quark1", "quarks", "oth"] {
        for limit in [1, 5, 12, 30, 100] {
            let search = Search { limit, ..Search::of(format!("{typed}*")) };
            let found = world.find(house.admin(), &search).await.unwrap();
            let suggested = world.engine.suggest(&house.caller(house.admin()).await, typed, limit).await.unwrap();
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
