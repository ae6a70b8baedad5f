//! Asset domains: what a product holds goes along to its new domains, as far as whoever moves it may say so.

use emporion_catalog::command::{Draft, How, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::relation::{HAS_ASSET, HAS_POLICY, HAS_ROLE, IN_DOMAIN, INPUT_PORT, OUTPUT_PORT, OWNER};
use serde_json::json;

use crate::house::House;

async fn domains(house: &House, table: RecordId) -> Vec<String> {
    let view = house.get(house.admin(), &house.id("table", table)).await.unwrap();
    view.targets(IN_DOMAIN).map(|(_, card)| card.name.clone()).collect()
}

async fn put_in(house: &House, table: RecordId, names: &[&str]) {
    let named = names.iter().map(|name| house.name("domain", name)).collect();
    house.relate(&house.id("table", table), IN_DOMAIN, How::Replace, named).await;
}

#[tokio::test]
async fn assets_and_ports_move_with_their_product_in_one_commit() {
    let house = House::new().await;
    for name in ["A", "B", "C"] {
        house.domain(name).await;
    }
    let tables = house.tables(&["here", "both", "nowhere", "input", "aside"]).await;
    let &[here, both, nowhere, input, aside] = tables.as_slice() else { panic!("five tables") };
    for table in [here, input, aside] {
        put_in(&house, table, &["A"]).await;
    }
    put_in(&house, both, &["C", "A"]).await;
    let product = house.id("data_product", house.product("A", "p").await);
    let held = [here, both, nowhere].map(|table| house.id("table", table));
    house.relate(&product, HAS_ASSET, How::Add, held.to_vec()).await;
    let placed = house.make("asset", Some(&house.name("domain", "A")), "a", json!({})).await;
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("asset", placed)]).await;
    house.relate(&product, INPUT_PORT, How::Add, vec![house.id("table", input)]).await;
    house.relate(&product, OUTPUT_PORT, How::Add, vec![house.id("table", here)]).await;

    // Where the product cannot go, nothing goes.
    house.product("B", "p").await;
    let mut draft = Draft::default();
    draft.relate(IN_DOMAIN, How::Replace, "domains", vec![Target::of(house.name("domain", "B"))]);
    assert!(house.run(house.admin(), house.change(product.clone(), draft)).await.is_err());
    assert_eq!(domains(&house, here).await, ["A"]);

    let version = house.stored(here).await.unwrap().version;
    house.relate(&product, IN_DOMAIN, How::Replace, vec![house.name("domain", "C")]).await;
    for table in [here, both, nowhere, input] {
        assert_eq!(domains(&house, table).await, ["C"], "{table}");
    }
    assert_eq!(domains(&house, aside).await, ["A"], "what the product does not hold stays");
    let placed = house.get(house.admin(), &house.id("asset", placed)).await.unwrap();
    assert_eq!(placed.domains()[0].name, "A", "and so does what has its place in a domain");
    let moved = house.stored(here).await.unwrap();
    assert_eq!(moved.version, version + 1, "a domain is told of in versions, whoever changes it");

    house.relate(&product, IN_DOMAIN, How::Add, vec![house.name("domain", "A")]).await;
    assert_eq!(domains(&house, here).await, ["C", "A"], "it stands in all domains of its product");
    let turned = vec![house.name("domain", "A"), house.name("domain", "C")];
    house.relate(&product, IN_DOMAIN, How::Replace, turned).await;
    assert_eq!(domains(&house, here).await, ["C", "A"], "another order is no move");
}

#[tokio::test]
async fn what_the_caller_may_not_move_stays_where_it_is() {
    let house = House::new().await;
    for name in ["A", "B"] {
        house.domain(name).await;
    }
    let tables = house.tables(&["own", "theirs", "hidden"]).await;
    let eve = house.person("eve").await;
    for table in &tables {
        put_in(&house, *table, &["A"]).await;
    }
    house.relate(&house.id("table", tables[0]), OWNER, How::Add, vec![house.id("user", eve)]).await;
    house.grant(&house.id("table", tables[2])).await;
    let product = house.id("data_product", house.product("A", "p").await);
    let held = tables.iter().map(|table| house.id("table", *table)).collect();
    house.relate(&product, HAS_ASSET, How::Add, held).await;
    let rule =
        json!({"name": "move", "effect": "allow", "resources": ["dataProduct"], "operations": ["Create", "EditAll"]});
    house.make("policy", None, "Movers", json!({"rules": [rule], "enabled": true})).await;
    let role = house.create("role", None, "Mover", json!({}), &[(HAS_POLICY, house.name("policy", "Movers"))]);
    house.run(house.admin(), role).await.unwrap();
    house.relate(&house.id("user", eve), HAS_ROLE, How::Add, vec![house.name("role", "Mover")]).await;

    let before = house.stored(tables[1]).await.unwrap().revision;
    let mut draft = Draft::default();
    draft.relate(IN_DOMAIN, How::Replace, "domains", vec![Target::of(house.name("domain", "B"))]);
    let moved = house.run(eve, house.change(product, draft)).await.unwrap();
    assert_eq!(moved.view.record.fqn, "B.p");
    assert_eq!(domains(&house, tables[0]).await, ["B"]);
    assert_eq!(domains(&house, tables[1]).await, ["A"], "who may not edit it does not move it");
    assert_eq!(domains(&house, tables[2]).await, ["A"], "nor who does not see it");
    assert_eq!(house.stored(tables[1]).await.unwrap().revision, before);
}
