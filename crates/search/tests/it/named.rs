//! Products and sources are named as people see them.

use emporion_catalog::command::How;
use emporion_catalog::finder::Search;
use emporion_catalog::relation::{HAS_ASSET, OWNER, VIEWER};

use crate::house::field;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn products_and_sources_go_by_their_display_names() {
    let world = World::new().await;
    let house = &world.house;
    let admin = house.admin();
    house.domain("d").await;
    let tables = house.tables(&["orders"]).await;
    let product = house.id("data_product", house.product("d", "sales").await);
    let service = house.name("database_service", "w");
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", tables[0])]).await;
    house.run(admin, house.change(product.clone(), field("display_name", "Ver\u{200b}käufe"))).await.unwrap();
    house.run(admin, house.change(service.clone(), field("display_name", "The Mart"))).await.unwrap();
    house.grant(&product).await;
    let (viewer, other) = (house.person("viewer").await, house.person("other").await);
    house.relate(&product, VIEWER, How::Add, vec![house.id("user", viewer)]).await;
    world.settles().await;
    for query in ["product:verkaufe", "product:ver*", "product:'d.sales'", "product:sales"] {
        assert_eq!(world.names(viewer, query).await, ["orders"], "{query}");
        assert_eq!(world.names(other, query).await, [""; 0], "{query}: a product that he does not see names nothing");
    }
    let held = world.find(viewer, &Search::of("product:verkaufe")).await.unwrap();
    let why: Vec<(&str, &str)> =
        held.hits[0].why.iter().map(|why| (why.field.as_str(), why.fragment.as_str())).collect();
    assert_eq!(why, [("product", "Ver\u{200b}käufe")]);
    for query in ["source:'the mart'", "source:\"The Mart\"", "source:the*", "source:w"] {
        assert_eq!(world.names(other, &format!("{query} kind:table")).await, ["orders"], "{query}");
    }
    // What lies in a source says nothing of its display name, so that nothing is read anew when that changes.
    house.run(admin, house.change(service, field("display_name", "The Shop"))).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(other, "source:'the shop' kind:table").await, ["orders"]);
    assert_eq!(world.names(other, "source:'the mart'").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_owners_the_one_is_told_who_was_meant() {
    let world = World::new().await;
    let house = &world.house;
    let (anna, ben) = (house.person("anna").await, house.person("ben").await);
    house.domain("sales").await;
    let product = house.id("data_product", house.product("sales", "orders").await);
    let owners = vec![house.id("user", anna), house.id("user", ben)];
    house.relate(&product, OWNER, How::Replace, owners).await;
    world.settles().await;
    for (who, name) in [(anna, "anna"), (ben, "ben")] {
        for query in ["owner:me", "owner:mine", &format!("owner:{who}")] {
            let found = world.find(who, &Search::of(format!("kind:product {query}"))).await.unwrap();
            let why: Vec<_> = found.hits.iter().flat_map(|hit| &hit.why).filter(|why| why.field == "owner").collect();
            assert_eq!(why.iter().map(|why| why.fragment.as_str()).collect::<Vec<_>>(), [name], "{query} by {name}");
        }
    }
}
