//! Products and sources are named as people see them.

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, How, Ref};
use emporion_catalog::finder::Search;
use emporion_catalog::relation::{HAS_ASSET, OWNER, VIEWER};
use serde_json::json;

use crate::house::{PURGE, field};
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

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A product `sales`, and a tag `Platinum` that can certify it.
async fn product_and_tag(world: &World) -> (Ref, Ref) {
    let house = &world.house;
    house.domain("d").await;
    let product = house.id("data_product", house.product("d", "sales").await);
    let parent = house.name("classification", "Certification");
    let tag = house.id("tag", house.make("tag", Some(&parent), "Platinum", json!({})).await);
    (product, tag)
}

/// What is to be said to certify by a tag from now on.
fn certification(world: &World, tag: &str, lasts_ms: i64) -> Draft {
    let label = json!({"tag_fqn": format!("Certification.{tag}"), "name": tag, "source": "Classification",
                       "label_type": "Manual", "state": "Confirmed"});
    let now = world.house.catalog.now().0;
    field("certification", json!({"tag_label": label, "applied_date": now, "expiry_date": now + lasts_ms}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certification_is_called_as_its_tag_is() {
    let world = World::new().await;
    let house = &world.house;
    let admin = house.admin();
    let (product, tag) = product_and_tag(&world).await;
    let put = |name: &str| certification(&world, name, DAY_MS);
    house.run(admin, house.change(product.clone(), put("Platinum"))).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(admin, "certified:platinum kind:product").await, ["sales"]);
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    let name = Draft { name: Some("Diamond".into()), ..Draft::default() };
    house.run(admin, house.change_by(tag, name, rules)).await.unwrap();
    world.settles().await;
    for query in ["certified:diamond", "certified:Certification.Diamond", "certified:yes"] {
        assert_eq!(world.names(admin, &format!("{query} kind:product")).await, ["sales"], "{query}");
    }
    assert_eq!(world.names(admin, "certified:platinum").await, [""; 0]);
    let counted = Search { counted: vec!["certified".into()], ..Search::of("kind:product") };
    let facets = world.find(admin, &counted).await.unwrap().facets;
    assert_eq!(facets[0].values, [("Certification.Diamond".to_owned(), 1)]);
    let view = house.get(admin, &product).await.unwrap();
    let shown = view.certification().unwrap();
    assert_eq!(
        (&shown["tag_label"]["tag_fqn"], &shown["tag_label"]["name"]),
        (&json!("Certification.Diamond"), &json!("Diamond"))
    );
    assert_eq!(view.record.version, 2, "it is no change of the product");
    // Another one takes its place, and none leaves no trace of it.
    house.run(admin, house.change(product.clone(), put("Gold"))).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(admin, "certified:gold kind:product").await, ["sales"]);
    house.run(admin, house.change(product.clone(), field("certification", json!(null)))).await.unwrap();
    world.settles().await;
    assert_eq!(world.names(admin, "certified:no kind:product").await, ["sales"]);
    assert!(house.get(admin, &product).await.unwrap().certified_by().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_certifies_no_more_is_not_found_by_it() {
    let world = World::new().await;
    let house = &world.house;
    let admin = house.admin();
    let (product, tag) = product_and_tag(&world).await;
    let certify = async |lasts_ms: i64| {
        let said = certification(&world, "Platinum", lasts_ms);
        house.run(admin, house.change(product.clone(), said)).await.unwrap();
    };
    let is_certified = async || {
        world.settles().await;
        let is_told = house.get(admin, &product).await.unwrap().certified_by().is_some();
        let found = |query: &'static str| world.names(admin, query);
        assert_eq!(!found("certified:platinum kind:product").await.is_empty(), is_told);
        assert_eq!(!found("certified:yes kind:product").await.is_empty(), is_told);
        assert_eq!(!found("has:certified kind:product").await.is_empty(), is_told);
        assert_eq!(found("certified:no kind:product").await.is_empty(), is_told);
        let counted = Search { counted: vec!["certified".into()], ..Search::of("kind:product") };
        let facets = world.find(admin, &counted).await.unwrap().facets;
        assert_eq!(facets[0].values, [(if is_told { "Certification.Platinum" } else { "no" }.to_owned(), 1)]);
        is_told
    };
    certify(DAY_MS).await;
    assert!(is_certified().await);
    assert!(house.catalog.end_expired().await.unwrap().is_some());
    assert!(is_certified().await, "it holds");
    house.run(admin, house.delete(tag.clone(), Deletion::SOFT)).await.unwrap();
    assert!(!is_certified().await, "by a tag that is deleted");
    house.run(admin, Command::Restore { target: tag.clone() }).await.unwrap();
    assert!(is_certified().await, "it is back");
    certify(50).await;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    assert_eq!(house.catalog.end_expired().await.unwrap(), None);
    assert!(!is_certified().await, "its time is over");
    let view = house.get(admin, &product).await.unwrap();
    assert!(view.certification().is_some(), "what it was is told");
    certify(DAY_MS).await;
    assert!(is_certified().await);
    house.run(admin, house.delete(tag, PURGE)).await.unwrap();
    assert!(!is_certified().await, "by a tag that is gone for ever");
}
