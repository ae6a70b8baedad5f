//! Deleting and restoring.

use std::sync::atomic::{AtomicI64, Ordering};

use emporion_catalog::Problem;
use emporion_catalog::change_set::EventKind;
use emporion_catalog::command::{Command, Deletion, DoorRules, Effect, How};
use emporion_catalog::id::{Millis, RecordId, Seq};
use emporion_catalog::record::State;
use emporion_catalog::relation::{HAS_ASSET, IN_DOMAIN, INPUT_PORT, MEMBER, OUTPUT_PORT, OWNER, OWNING_TEAM};
use serde_json::json;

use crate::house::{House, PURGE, RECURSIVE, field, is_missing};

fn restore(house: &House, kind: &str, id: RecordId) -> Command {
    Command::Restore { target: house.id(kind, id) }
}

#[tokio::test]
async fn a_deleted_asset_leaves_its_products_and_their_content_revision_rises() {
    for how in [Deletion::SOFT, PURGE] {
        let house = House::new().await;
        let tables = house.tables(&["t", "u"]).await;
        let id = house.product("default", "p").await;
        let product = house.id("data_product", id);
        let both: Vec<_> = tables.iter().map(|table| house.id("table", *table)).collect();
        house.relate(&product, HAS_ASSET, How::Add, both.clone()).await;
        house.relate(&product, OUTPUT_PORT, How::Add, vec![both[0].clone()]).await;
        let before = house.get(house.admin(), &product).await.unwrap().record;
        let head = house.catalog.health().await.unwrap();
        house.run(house.admin(), house.delete(both[0].clone(), how)).await.unwrap();
        let after = house.get(house.admin(), &product).await.unwrap();
        assert_eq!(after.record.content_revision, before.content_revision + 1);
        assert_eq!(after.record.revision, before.revision.next());
        assert_eq!((after.record.version, &after.record.updated), (before.version, &before.updated));
        assert_eq!(after.edges.iter().filter(|edge| edge.to == tables[0]).count(), 0);
        assert_eq!(after.targets(HAS_ASSET).count(), 1);
        let events = house.catalog.unfiltered().await.unwrap().events(head, 9).await.unwrap();
        let told: Vec<_> = events.iter().map(|(_, event)| (event.what, event.id)).collect();
        assert!(told.contains(&(EventKind::Updated, id)), "{told:?}");
    }
}

#[tokio::test]
async fn what_a_deleted_service_held_leaves_the_products() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let product = house.id("data_product", house.product("default", "p").await);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", table)]).await;
    house.relate(&product, INPUT_PORT, How::Add, vec![house.name("database_schema", "w.d.s")]).await;
    house.run(house.admin(), house.delete(house.name("database_service", "w"), RECURSIVE)).await.unwrap();
    let after = house.get(house.admin(), &product).await.unwrap();
    assert!(after.edges.iter().all(|edge| edge.relation == IN_DOMAIN || edge.relation == OWNER), "{:?}", after.edges);
    assert_eq!(after.record.content_revision, 3);
}

#[tokio::test]
async fn what_goes_together_comes_back_together() {
    let house = House::new().await;
    let domain = house.domain("A").await;
    let id = house.product("A", "p").await;
    let asset = house.make("asset", Some(&house.name("domain", "A")), "a", json!({})).await;
    let product = house.id("data_product", id);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("asset", asset)]).await;
    house.run(house.admin(), house.delete(house.id("domain", domain), RECURSIVE)).await.unwrap();
    assert!(is_missing(&house.get(house.admin(), &product).await));
    house.run(house.admin(), restore(&house, "domain", domain)).await.unwrap();
    assert_eq!(house.get(house.admin(), &product).await.unwrap().targets(HAS_ASSET).count(), 1);
}

#[tokio::test]
async fn a_product_of_two_domains_outlives_one_of_them() {
    let house = House::new().await;
    let (a, _) = (house.domain("A").await, house.domain("B").await);
    let (stays, goes) = (house.product("A", "p").await, house.product("A", "q").await);
    let product = house.id("data_product", stays);
    house.relate(&product, IN_DOMAIN, How::Add, vec![house.name("domain", "B")]).await;
    let version = house.stored(stays).await.unwrap().version;
    house.run(house.admin(), house.delete(house.id("domain", a), RECURSIVE)).await.unwrap();
    let after = house.get(house.admin(), &product).await.unwrap();
    assert_eq!((after.record.fqn.as_str(), after.record.version), ("B.p", version + 1));
    assert_eq!(after.edges.iter().filter(|edge| edge.relation == IN_DOMAIN).count(), 1);
    let change = after.record.change.unwrap();
    assert_eq!(change.deleted[0].field, "in_domain");
    assert!(is_missing(&house.get(house.admin(), &house.id("data_product", goes)).await));
}

#[tokio::test]
async fn a_product_leaves_the_team_of_its_old_domain_behind() {
    let house = House::new().await;
    let (a, b) = (house.domain("A").await, house.domain("B").await);
    let group = json!({"team_type": "Group"});
    let team = house.make("team", Some(&house.name("domain", "A")), "makers", group.clone()).await;
    let free = house.make("team", None, "anywhere", group).await;
    let part = json!({"domain_type": "Aggregate"});
    let unit = house.make("domain", Some(&house.name("domain", "A")), "part", part).await;
    let product = house.id("data_product", house.product("A", "p").await);
    let holder = async |team| {
        house.relate(&product, OWNING_TEAM, How::Replace, vec![house.id("team", team)]).await;
    };
    let moves = async |domain| {
        house.relate(&product, IN_DOMAIN, How::Replace, vec![house.id("domain", domain)]).await;
        let view = house.get(house.admin(), &product).await.unwrap();
        view.targets(OWNING_TEAM).next().map(|(edge, _)| edge.to)
    };
    holder(team).await;
    assert_eq!(moves(unit).await, Some(team), "within its top domain it stays with its team");
    assert_eq!(moves(b).await, None, "the stewards of the new domain hold it");
    holder(free).await;
    assert_eq!(moves(a).await, Some(free), "a team of no domain goes along");
    house.relate(&product, OWNER, How::Replace, vec![house.id("team", team)]).await;
    assert_eq!(moves(b).await, Some(team), "so does one that is named among the owners");
    house.relate(&product, OWNER, How::Replace, vec![]).await;
    moves(a).await;
    holder(team).await;
    house.relate(&product, IN_DOMAIN, How::Add, vec![house.id("domain", b)]).await;
    house.run(house.admin(), house.delete(house.id("domain", a), RECURSIVE)).await.unwrap();
    let after = house.get(house.admin(), &product).await.unwrap();
    assert!(after.record.fqn == "B.p" && after.edges.iter().all(|edge| edge.relation != OWNING_TEAM), "{after:?}");
}

#[tokio::test]
async fn a_domain_stays_while_a_product_would_be_lost_with_it() {
    let house = House::new().await;
    let (a, _) = (house.domain("A").await, house.domain("B").await);
    house.product("B", "p").await;
    let product = house.id("data_product", house.product("A", "p").await);
    house.relate(&product, IN_DOMAIN, How::Add, vec![house.name("domain", "B")]).await;
    let refused = house.run(house.admin(), house.delete(house.id("domain", a), RECURSIVE)).await;
    assert!(matches!(refused, Err(Problem::Conflict { .. })), "{refused:?}");
    assert!(house.stored(a).await.unwrap().state.is_alive());
}

#[tokio::test]
async fn what_gave_up_its_name_is_brought_back_by_who_may_delete_it_for_thirty_days() {
    static NOW: AtomicI64 = AtomicI64::new(1_700_000_000_000);
    let clock = || Millis(NOW.load(Ordering::Relaxed));
    let house = House::at(std::sync::Arc::new(emporion_store::MemoryStore::default()), clock).await;
    let ann = house.person("ann").await;
    let id = house.product("default", "p").await;
    house.relate(&house.id("data_product", id), OWNER, How::Add, vec![house.id("user", ann)]).await;
    house.run(ann, house.delete(house.id("data_product", id), Deletion::SOFT)).await.unwrap();
    assert_eq!(house.stored(id).await.unwrap().state, State::Deleted { holds_name: false });
    house.run(ann, restore(&house, "data_product", id)).await.unwrap();
    house.run(ann, house.delete(house.id("data_product", id), Deletion::SOFT)).await.unwrap();
    assert!(is_missing(&house.run(ann, house.delete(house.id("data_product", id), PURGE)).await));
    let second = house.product("default", "p").await;
    let clash = house.run(house.admin(), restore(&house, "data_product", id)).await;
    assert!(matches!(clash, Err(Problem::NameTaken { existing: Some(holder), .. }) if holder == second), "{clash:?}");
    house.run(house.admin(), house.delete(house.id("data_product", second), PURGE)).await.unwrap();
    house.run(house.admin(), restore(&house, "data_product", id)).await.unwrap();

    // Nobody undoes what somebody did whose it is not.
    house.run(house.admin(), house.delete(house.id("data_product", id), Deletion::SOFT)).await.unwrap();
    assert!(is_missing(&house.run(ann, restore(&house, "data_product", id)).await), "a takedown");
    NOW.fetch_add(31 * 24 * 60 * 60 * 1000, Ordering::Relaxed);
    for who in [ann, house.admin()] {
        assert!(is_missing(&house.run(who, restore(&house, "data_product", id)).await), "after thirty days");
    }
}

#[tokio::test]
async fn a_purge_reaches_what_was_deleted_before() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    house.run(house.admin(), house.delete(house.id("data_product", id), Deletion::SOFT)).await.unwrap();
    house.run(house.admin(), house.delete(house.id("data_product", id), PURGE)).await.unwrap();
    assert!(house.stored(id).await.is_none());
    let table = house.tables(&["t"]).await[0];
    house.run(house.admin(), house.delete(house.id("table", table), Deletion::SOFT)).await.unwrap();
    house.run(house.admin(), house.delete(house.id("table", table), PURGE)).await.unwrap();
    assert!(house.stored(table).await.is_none());
}

#[tokio::test]
async fn the_default_domain_its_stewards_and_the_team_of_everybody_stay() {
    let house = House::new().await;
    for (kind, name) in [("domain", "default"), ("team", "default.Stewards"), ("team", "Organization")] {
        for how in [Deletion::SOFT, RECURSIVE, PURGE] {
            let refused = house.run(house.admin(), house.delete(house.name(kind, name), how)).await;
            assert!(matches!(refused, Err(Problem::Conflict { .. } | Problem::Invalid(_))), "{name}: {refused:?}");
        }
    }
    let domain = house.domain("A").await;
    house.run(house.admin(), house.delete(house.id("domain", domain), PURGE)).await.unwrap();
    assert!(is_missing(&house.get(house.admin(), &house.name("team", "A.Stewards")).await));
}

#[tokio::test]
async fn a_refusal_names_no_hidden_user_of_the_record() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    let asset = house.make("asset", Some(&house.name("domain", "default")), "a", json!({})).await;
    let target = house.id("asset", asset);
    house.relate(&target, OWNER, How::Add, vec![house.id("user", bob)]).await;
    // More dead users than a refusal names must not hide the living one.
    for n in 0..25 {
        let gone = house.id("data_product", house.product("default", &format!("gone {n}")).await);
        house.relate(&gone, HAS_ASSET, How::Add, vec![target.clone()]).await;
        house.run(house.admin(), house.delete(gone, Deletion::SOFT)).await.unwrap();
    }
    let hidden = house.id("data_product", house.product("default", "secret plans").await);
    house.relate(&hidden, HAS_ASSET, How::Add, vec![target.clone()]).await;
    house.grant(&hidden).await;
    let how = Deletion { refuse_if_used: &[HAS_ASSET], ..Deletion::SOFT };
    let Err(Problem::InUse { by, .. }) = house.run(bob, house.delete(target.clone(), how)).await else {
        panic!("in use")
    };
    assert!(by.len() == 1 && !by[0].contains("secret"), "{by:?}");
    house.run(house.admin(), house.delete(hidden, Deletion::SOFT)).await.unwrap();
    house.run(bob, house.delete(target, how)).await.unwrap();
}

#[tokio::test]
async fn products_of_a_deleted_team_are_held_by_the_stewards() {
    let house = House::new().await;
    house.domain("A").await;
    let team = house.make("team", Some(&house.name("domain", "A")), "Crew", json!({"team_type": "Group"})).await;
    let product = house.id("data_product", house.product("A", "p").await);
    house.relate(&product, OWNER, How::Add, vec![house.id("team", team)]).await;
    let view = house.get(house.admin(), &product).await.unwrap();
    assert_eq!(view.targets(OWNING_TEAM).count(), 1);
    house.run(house.admin(), house.delete(house.id("team", team), Deletion::SOFT)).await.unwrap();
    let view = house.get(house.admin(), &product).await.unwrap();
    let caller = house.caller(house.admin()).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    assert_eq!(reading.owning_team(&view).await.unwrap().unwrap().fqn, "A.Stewards");
    drop(reading);
    let bob = house.person("bob").await;
    house.relate(&house.name("team", "A.Stewards"), MEMBER, How::Add, vec![house.id("user", bob)]).await;
    house.grant(&product).await;
    assert!(house.sees(bob, &product).await);
}

#[tokio::test]
async fn the_log_of_a_deletion_has_an_event_for_everything_it_touched() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let head: Seq = house.catalog.health().await.unwrap();
    house.run(house.admin(), house.delete(house.name("database_service", "w"), RECURSIVE)).await.unwrap();
    let events = house.catalog.unfiltered().await.unwrap().events(head, 99).await.unwrap();
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|(_, event)| event.what == EventKind::Deleted));
    assert!(events.iter().any(|(_, event)| event.id == table));
}

#[tokio::test]
async fn what_comes_back_stands_below_what_bears_the_name_of_its_parent_now() {
    let house = House::new().await;
    let first = house.domain("A").await;
    let glossary = house.make("glossary", Some(&house.name("domain", "A")), "g", json!({})).await;
    let above = house.name("glossary", "A.g");
    let term = house.make("glossary_term", Some(&above), "t", json!({"summary": "s"})).await;
    house.run(house.admin(), house.delete(house.id("glossary", glossary), RECURSIVE)).await.unwrap();
    house.run(house.admin(), house.delete(house.id("domain", first), RECURSIVE)).await.unwrap();
    let refused = house.run(house.admin(), restore(&house, "glossary", glossary)).await;
    assert!(matches!(&refused, Err(Problem::Conflict { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("domain \"A\" above it is deleted"));

    let second = house.domain("A").await;
    let again = house.upsert("glossary", Some(&house.name("domain", "A")), "g", field("description", "again"));
    assert_eq!(house.run(house.admin(), again).await.unwrap().effect, Effect::Restored);
    let view = house.get(house.admin(), &above).await.unwrap();
    assert_eq!((view.id(), view.record.parent, view.ancestors.len()), (glossary, Some(second), 1));
    assert!(house.stored(term).await.unwrap().state.is_alive(), "with what was below it");

    house.run(house.admin(), house.delete(house.id("glossary", glossary), RECURSIVE)).await.unwrap();
    let Command::Upsert { kind, parent, name, edit, rules } =
        house.upsert("glossary", Some(&house.name("domain", "A")), "g", field("description", "alone"))
    else {
        panic!("an upsert")
    };
    let alone = DoorRules { alone: true, ..rules };
    house.run(house.admin(), Command::Upsert { kind, parent, name, edit, rules: alone }).await.unwrap();
    assert!(!house.stored(term).await.unwrap().state.is_alive(), "unless it comes by itself");
    let again = house.upsert("glossary_term", Some(&above), "t", field("summary", "back"));
    house.run(house.admin(), again).await.unwrap();
    assert_eq!(house.get(house.admin(), &house.name("glossary_term", "A.g.t")).await.unwrap().ancestors.len(), 2);
}
