//! Aliases: who may give them, how they change hands.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, Draft, Effect, Ref};
use emporion_catalog::id::RecordId;

use crate::house::{House, is_forbidden};

const SPACE: &str = "external_product";

fn alias(value: &str) -> Draft {
    Draft { aliases: vec![(SPACE, value.to_owned())], ..Draft::default() }
}

async fn held(house: &House, id: RecordId) -> Vec<String> {
    let caller = house.caller(house.admin()).await;
    let found = house.catalog.reading(&caller).await.unwrap().aliases(SPACE, &[id]).await.unwrap();
    found.into_iter().map(|(_, value)| value).collect()
}

#[tokio::test]
async fn an_alias_alone_is_a_change_and_takes_the_place_of_the_old_one() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    let minted = held(&house, id).await;
    assert_eq!(minted.len(), 1);
    let by_id = house.id("data_product", id);
    let done = house.run(house.admin(), house.change(by_id.clone(), alias("ext-1"))).await.unwrap();
    assert_eq!((done.effect, done.view.record.revision.0, done.view.record.version), (Effect::Updated, 2, 1));
    assert_eq!(held(&house, id).await, ["ext-1"]);
    let again = house.run(house.admin(), house.change(by_id, alias("ext-1"))).await.unwrap();
    assert_eq!(again.effect, Effect::Unchanged);

    let other = house.product("default", "q").await;
    let taken = house.run(house.admin(), house.change(house.id("data_product", other), alias("ext-1"))).await;
    assert!(matches!(taken, Err(Problem::AliasTaken { .. })), "{taken:?}");
    let free = house.change(house.id("data_product", other), alias(&minted[0]));
    assert_eq!(house.run(house.admin(), free).await.unwrap().effect, Effect::Updated, "what was replaced is free");
}

#[tokio::test]
async fn an_alias_is_not_for_everybody_to_give() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    let eve = house.person("eve").await;
    assert!(is_forbidden(&house.run(eve, house.change(house.id("data_product", id), alias("ext-1"))).await));
}

#[tokio::test]
async fn the_alias_of_a_deleted_product_can_be_taken_and_else_returns_with_it() {
    let house = House::new().await;
    let make = |name: &str| {
        let draft = Draft { name: Some(name.to_owned()), ..alias("ext-1") };
        house.create_draft("data_product", Some(&house.name("domain", "default")), draft)
    };
    let first = house.run(house.admin(), make("p")).await.unwrap().view.id();
    let by_id = house.id("data_product", first);
    house.run(house.admin(), house.delete(by_id.clone(), Deletion::SOFT)).await.unwrap();
    house.run(house.admin(), Command::Restore { target: by_id.clone() }).await.unwrap();
    assert_eq!(held(&house, first).await, ["ext-1"]);

    house.run(house.admin(), house.delete(by_id.clone(), Deletion::SOFT)).await.unwrap();
    let second = house.run(house.admin(), make("q")).await.unwrap().view.id();
    assert_eq!(held(&house, second).await, ["ext-1"]);
    house.run(house.admin(), Command::Restore { target: by_id }).await.unwrap();
    let returned = held(&house, first).await;
    assert!(returned.len() == 1 && returned[0].starts_with("ws-"), "{returned:?}");
    let named = Ref::Alias { kind: house.kind("data_product"), space: SPACE, value: "ext-1".into() };
    assert_eq!(house.get(house.admin(), &named).await.unwrap().id(), second);
}
