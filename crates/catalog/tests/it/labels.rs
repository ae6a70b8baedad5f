//! Tags and terms that may not be put on.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Draft, Effect, How, Target};
use emporion_catalog::relation::TAGGED;
use serde_json::json;

use crate::house::{House, field};

fn put(house: &House, product: emporion_catalog::id::RecordId, labels: &[&str], at: &str) -> Command {
    let mut draft = Draft::default();
    let targets = labels.iter().map(|name| Target::of(house.name("tag", name)).at(at)).collect();
    draft.relate(TAGGED, How::Add, "tags", targets);
    house.change(house.id("data_product", product), draft)
}

async fn vocabulary(house: &House, fields: serde_json::Value) {
    house.make("classification", None, "Level", fields).await;
    let level = house.name("classification", "Level");
    for name in ["low", "high"] {
        house.make("tag", Some(&level), name, json!({})).await;
    }
}

#[tokio::test]
async fn one_place_has_one_label_of_an_exclusive_vocabulary() {
    let house = House::new().await;
    vocabulary(&house, json!({"mutually_exclusive": true})).await;
    let product = house.product("default", "p").await;
    let both = house.run(house.admin(), put(&house, product, &["Level.low", "Level.high"], "")).await;
    assert!(matches!(both, Err(Problem::Conflict { .. })), "{both:?}");
    house.run(house.admin(), put(&house, product, &["Level.low"], "")).await.unwrap();
    let second = house.run(house.admin(), put(&house, product, &["Level.high"], "")).await;
    assert!(matches!(second, Err(Problem::Conflict { .. })), "{second:?}");
    let elsewhere = house.run(house.admin(), put(&house, product, &["Level.high"], "columns/a")).await.unwrap();
    assert_eq!(elsewhere.effect, Effect::Updated);
}

#[tokio::test]
async fn a_disabled_label_stays_where_it_is_and_goes_nowhere_else() {
    let house = House::new().await;
    vocabulary(&house, json!({})).await;
    let product = house.product("default", "p").await;
    house.run(house.admin(), put(&house, product, &["Level.low"], "")).await.unwrap();
    let close = house.change(house.name("classification", "Level"), field("disabled", true));
    house.run(house.admin(), close).await.unwrap();
    let kept = house.change(house.id("data_product", product), field("description", "d"));
    house.run(house.admin(), kept).await.unwrap();
    let refused = house.run(house.admin(), put(&house, product, &["Level.high"], "")).await;
    assert!(matches!(refused, Err(Problem::Conflict { .. })), "{refused:?}");
}
