//! Creating and changing.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Effect, How, Target};
use emporion_catalog::id::{EdgeId, Millis};
use emporion_catalog::relation::{EXPERT, HAS_ASSET, INPUT_PORT, OWNER, TAGGED};
use serde_json::{Value, json};

use crate::house::{House, field};

#[tokio::test]
async fn an_edge_to_something_deleted_can_still_be_reordered() {
    let house = House::new().await;
    let (ann, bob) = (house.person("ann").await, house.person("bob").await);
    let id = house.product("default", "p").await;
    let target = house.id("data_product", id);
    house.relate(&target, EXPERT, How::Add, vec![house.id("user", ann), house.id("user", bob)]).await;
    house.run(house.admin(), house.delete(house.id("user", ann), Deletion::SOFT)).await.unwrap();
    let turned = house.relate(&target, EXPERT, How::Replace, vec![house.id("user", bob), house.id("user", ann)]).await;
    assert_eq!(turned.effect, Effect::Updated);
}

#[tokio::test]
async fn a_full_catalogue_says_so() {
    let house = House::new().await;
    let default = house.name("domain", "default");
    let make = |name: &str, quota| Command::Create {
        kind: house.kind("data_product"),
        parent: Some(default.clone()),
        draft: Draft { name: Some(name.to_owned()), ..Draft::default() },
        id: None,
        rules: DoorRules { quota: Some(quota), ..DoorRules::default() },
    };
    house.run(house.admin(), make("a", 2)).await.unwrap();
    let caller = house.caller(house.admin()).await;
    let rows = house.catalog.execute_all(&caller, &[make("b", 2), make("c", 2)]).await;
    assert!(rows[0].is_ok() && matches!(rows[1], Err(Problem::Quota { limit: 2, .. })), "{rows:?}");
    let both = Command::Together(vec![make("c", 3), make("d", 3)]);
    assert!(matches!(house.run(house.admin(), both).await, Err(Problem::Quota { .. })));
}

#[tokio::test]
async fn json_that_could_not_be_read_again_is_refused() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    let deep = (0..120).fold(json!(1), |inner, _| json!({ "a": inner }));
    let refused =
        house.run(house.admin(), house.change(house.id("data_product", id), field("extension", deep.clone()))).await;
    assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");
    let mut draft = Draft::default();
    let admin = Target::of(house.id("user", house.admin())).with("note", deep);
    draft.relate(OWNER, How::Add, "owners", vec![admin]);
    let refused = house.run(house.admin(), house.change(house.id("data_product", id), draft)).await;
    assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn absent_null_and_empty_are_one() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    let target = house.id("data_product", id);
    let mut draft = field("description", "");
    draft.set("display_name", Value::Null);
    draft.set("lifecycle_stage", "");
    draft.set("forms", json!([]));
    let done = house.run(house.admin(), house.change(target, draft)).await.unwrap();
    assert_eq!(done.effect, Effect::Unchanged);
    let columns = json!({"columns": [{"name": "id", "data_type": "INT", "description": "", "constraint": null}]});
    let table = house.tables(&["t"]).await[0];
    let draft = Draft { fields: columns.as_object().unwrap().clone(), ..Draft::default() };
    let done = house.run(house.admin(), house.change(house.id("table", table), draft)).await.unwrap();
    assert_eq!(done.effect, Effect::Unchanged);
}

#[tokio::test]
async fn one_asset_in_the_place_of_an_equal_one_keeps_the_id_that_was_answered() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let id = house.product("default", "p").await;
    let target = house.id("data_product", id);
    house.relate(&target, HAS_ASSET, How::Add, vec![house.id("table", table)]).await;
    let mut draft = Draft::default();
    let fresh = EdgeId::fresh();
    draft.relate(HAS_ASSET, How::Remove, "assets", vec![Target::of(house.id("table", table))]);
    draft.relate(HAS_ASSET, How::Add, "assets", vec![Target::of(house.id("table", table)).under_id(fresh)]);
    let answered = house.run(house.admin(), house.change(target.clone(), draft)).await.unwrap();
    let ids = |view: &emporion_catalog::record::View| view.targets(HAS_ASSET).map(|(e, _)| e.id).collect::<Vec<_>>();
    assert_eq!(ids(&answered.view), [fresh]);
    assert_eq!(ids(&house.get(house.admin(), &target).await.unwrap()), [fresh]);
}

#[tokio::test]
async fn only_groups_and_people_own() {
    let house = House::new().await;
    house.make("team", None, "unit", json!({"team_type": "BusinessUnit"})).await;
    house.make("team", None, "crew", json!({"team_type": "Group"})).await;
    let product = house.product("default", "p").await;
    let owned_by = |team: &str| {
        let mut draft = Draft::default();
        draft.relate(OWNER, How::Add, "owners", vec![Target::of(house.name("team", team))]);
        house.change(house.id("data_product", product), draft)
    };
    let refused = house.run(house.admin(), owned_by("unit")).await;
    assert!(matches!(refused, Err(Problem::Conflict { .. })), "{refused:?}");
    house.run(house.admin(), owned_by("crew")).await.unwrap();
}

#[tokio::test]
async fn what_clients_could_not_read_is_refused_whichever_door_it_comes_by() {
    let house = House::new().await;
    let product = house.id("data_product", house.product("default", "p").await);
    let table = house.id("table", house.tables(&["t"]).await[0]);
    for (name, value) in [
        ("lifecycle_stage", json!("LIVE")),
        ("sla", json!({"availability": 101})),
        ("style", json!({"colour": "red"})),
        ("consumes_from", json!([{"id": "x", "type": "table"}])),
        ("entity_status", json!("Fine")),
        ("certification", json!({"tag_label": {"tag_fqn": "Certification.Gold"}})),
    ] {
        let refused = house.run(house.admin(), house.change(product.clone(), field(name, value))).await;
        assert!(matches!(refused, Err(Problem::Invalid(_))), "{name}: {refused:?}");
    }
    house.run(house.admin(), house.change(product.clone(), field("lifecycle_stage", "DESIGN"))).await.unwrap();

    for (relation, to) in [
        (HAS_ASSET, house.id("user", house.admin())),
        (INPUT_PORT, house.name("domain", "default")),
        (HAS_ASSET, house.name("policy", "OrganizationPolicy")),
    ] {
        let mut draft = Draft::default();
        draft.relate(relation, How::Add, "assets", vec![Target::of(to)]);
        let refused = house.run(house.admin(), house.change(product.clone(), draft)).await;
        assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");
    }
    house
        .relate(&product, INPUT_PORT, How::Add, vec![house.id("data_product", house.product("default", "q").await)])
        .await;

    let mut label = Draft::default();
    label.relate(TAGGED, How::Add, "tags", vec![Target::of(house.name("tag", "Tier.Tier1")).with("state", "Maybe")]);
    let refused = house.run(house.admin(), house.change(table, label)).await;
    assert!(matches!(refused, Err(Problem::Invalid(_))), "{refused:?}");

    let named = house.create("data_product", Some(&house.name("domain", "default")), "a\nb", json!({}), &[]);
    assert!(matches!(house.run(house.admin(), named).await, Err(Problem::Invalid(_))));
}

#[tokio::test]
async fn a_certification_is_a_tag_that_there_is_and_does_not_last_for_ever() {
    let house = House::new().await;
    let product = house.id("data_product", house.product("default", "p").await);
    let now = Millis::now().0;
    let day = 24 * 60 * 60 * 1000;
    let certified = |tag: &str, from: i64, until: i64| {
        let label = json!({"tag_fqn": tag, "source": "Classification", "label_type": "Manual", "state": "Confirmed"});
        field("certification", json!({"tag_label": label, "applied_date": from, "expiry_date": until}))
    };
    for (tag, from, until) in [
        ("Certification.Platinum", now, now + day),
        ("Tier.Tier1", now, now + day),
        ("Certification.Gold", now, now + 31 * day),
        ("Certification.Gold", now + day, now + 2 * day),
        ("Certification.Gold", now, now),
    ] {
        let refused = house.run(house.admin(), house.change(product.clone(), certified(tag, from, until))).await;
        assert!(
            matches!(refused, Err(Problem::Invalid(_) | Problem::UnknownReference { .. })),
            "{tag} {from} {until}: {refused:?}"
        );
    }
    // One that has run out can be put back as it was.
    for from in [now, now - 90 * day] {
        let wanted = certified("Certification.Gold", from, from + 30 * day);
        house.run(house.admin(), house.change(product.clone(), wanted)).await.unwrap();
    }
}
