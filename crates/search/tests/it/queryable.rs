//! What can be asked with SQL: the same as statements are let through for.

use emporion_catalog::command::How;
use emporion_catalog::finder::{Search, Why};
use emporion_catalog::id::RecordId;
use emporion_catalog::relation::{COMPOSED_OF, HAS_ASSET, VIEWER};
use serde_json::{Value, json};

use crate::world::World;

async fn compose(world: &World, product: RecordId, source: RecordId, include: Option<Value>) {
    let house = &world.house;
    let mut fields = json!({"source_data_product_id": source.to_string(), "alias": "a"});
    if let Some(include) = include {
        fields["include"] = include;
    }
    let (parent, source) = (house.id("data_product", product), house.id("data_product", source));
    let command = house.create("composition", Some(&parent), "c", fields, &[(COMPOSED_OF, source)]);
    house.run(house.admin(), command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_queryable_by_what_it_is_composed_of() {
    let world = World::new().await;
    let house = &world.house;
    house.domain("d").await;
    let tables = house.tables(&["orders", "wages"]).await;
    let mut products = Vec::new();
    for name in ["sales", "report", "board", "narrow", "other"] {
        products.push(house.product("d", name).await);
    }
    let [sales, report, board, narrow, _] = products[..] else { unreachable!() };
    // What the administrator adds he lends.
    let assets = tables.iter().map(|table| house.id("table", *table)).collect();
    house.relate(&house.id("data_product", sales), HAS_ASSET, How::Add, assets).await;
    compose(&world, report, sales, Some(json!({"datasets": ["ORDERS"]}))).await;
    compose(&world, board, report, Some(json!({"datasets": ["nothing"]}))).await;
    compose(&world, narrow, sales, Some(json!({"datasets": ["nothing"]}))).await;
    let (all, none) = (house.person("all").await, house.person("none").await);
    let (above, outside) = (house.person("above").await, house.person("outside").await);
    for (who, of) in [(all, &products[..]), (above, &[report, board][..]), (outside, &[sales][..])] {
        for product in of {
            let to = vec![house.id("user", who)];
            house.relate(&house.id("data_product", *product), VIEWER, How::Add, to).await;
        }
    }
    world.settles().await;
    let opened = ["board", "orders", "report", "sales", "wages"];
    for (who, wanted) in [
        (house.admin(), &opened[..]),
        (all, &opened[..]),
        // Whoever may not ask the source gets nothing of it through another.
        (above, &[][..]),
        (outside, &["orders", "sales", "wages"][..]),
        (none, &[][..]),
    ] {
        let mut names = world.names(who, "queryable:yes").await;
        names.sort();
        assert_eq!(names, wanted);
        let found = world.find(who, &Search::of("queryable:yes")).await.unwrap();
        let is_told = |why: &Why| (why.field.as_str(), why.fragment.as_str()) == ("queryable", "yes");
        assert!(found.hits.iter().all(|hit| hit.why.iter().any(is_told)), "{found:?}");
        let rest = world.find(who, &Search::of("queryable:no kind:product")).await.unwrap().total;
        let asked = names.iter().filter(|name| !["orders", "wages"].contains(&name.as_str())).count();
        assert_eq!(rest, 5 - asked as u64);
    }
}
