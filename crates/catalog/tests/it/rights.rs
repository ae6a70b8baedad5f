//! Rights: asked for whatever a change does, and before the store is looked at.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Edit, Effect, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::relation::{FOLLOWER, HAS_ROLE, MEMBER, OWNER};
use serde_json::json;

use crate::house::{House, RECURSIVE, field, is_forbidden};

#[tokio::test]
async fn what_was_deleted_is_not_for_everybody_to_bring_back_by_a_put() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let (eve, steward) = (house.person("eve").await, house.person("stew").await);
    house.relate(&house.id("user", steward), HAS_ROLE, How::Add, vec![house.name("role", "DataSteward")]).await;
    house.run(house.admin(), house.delete(house.id("table", table), Deletion::SOFT)).await.unwrap();
    let schema = house.name("database_schema", "w.d.s");
    // The very state that it had: nothing of it is changed but its life.
    let put = || house.upsert("table", Some(&schema), "t", Draft::default());
    assert!(is_forbidden(&house.run(eve, put()).await));
    assert!(!house.stored(table).await.unwrap().state.is_alive());
    assert_eq!(
        house.run(steward, put()).await.unwrap().effect,
        Effect::Restored,
        "he may make it, so he may revive it"
    );
}

#[tokio::test]
async fn a_revision_without_a_difference_is_a_change() {
    let house = House::new().await;
    let id = house.product("default", "p").await;
    let eve = house.person("eve").await;
    let revise = DoorRules { always_revise: true, ..DoorRules::default() };
    let target = house.id("data_product", id);
    assert!(is_forbidden(&house.run(eve, house.change_by(target.clone(), Draft::default(), revise.clone())).await));
    let done = house.run(house.admin(), house.change_by(target, Draft::default(), revise)).await.unwrap();
    assert_eq!((done.view.record.content_revision, done.view.record.version), (2, 1));
}

#[tokio::test]
async fn rights_come_before_what_the_request_names() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    let nobody = house.id("user", RecordId::fresh());
    let default = house.name("domain", "default");
    let make = house.create("data_product", Some(&default), "p", json!({}), &[(OWNER, nobody.clone())]);
    assert!(is_forbidden(&house.run(eve, make).await));

    let id = house.product("default", "q").await;
    let mut draft = Draft::default();
    draft.relate(OWNER, How::Replace, "owners", vec![Target::of(nobody)]);
    let change = house.change(house.id("data_product", id), draft);
    assert!(is_forbidden(&house.run(eve, change.clone()).await));
    assert!(matches!(house.run(house.admin(), change).await, Err(Problem::UnknownReference { .. })));
}

#[tokio::test]
async fn a_reference_does_not_tell_of_what_is_hidden() {
    let house = House::new().await;
    let hidden = house.product("default", "hidden").await;
    house.grant(&house.id("data_product", hidden)).await;
    let bob = house.person("bob").await;
    let mine = house.create("team", None, "Mine", json!({"team_type": "Group"}), &[(OWNER, house.id("user", bob))]);
    let mine = house.run(house.admin(), mine).await.unwrap().view.id();
    let mut draft = Draft::default();
    draft.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::AnyOf(&[], hidden))]);
    let told = house.run(bob, house.change(house.id("team", mine), draft)).await;
    assert!(matches!(told, Err(Problem::UnknownReference { .. })), "not that it is no user: {told:?}");
}

#[tokio::test]
async fn the_members_of_a_deleted_domain_have_no_standing_left_and_get_it_back_with_it() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    house.domain("Sales").await;
    let stewards = house.name("team", "Sales.Stewards");
    house.relate(&stewards, MEMBER, How::Add, vec![house.id("user", bob)]).await;
    assert_eq!(house.caller(bob).await.principal.domains, ["Sales"]);
    let domain = house.get(house.admin(), &house.name("domain", "Sales")).await.unwrap().id();
    house.run(house.admin(), house.delete(house.id("domain", domain), RECURSIVE)).await.unwrap();
    let after = house.caller(bob).await.principal;
    assert!(after.teams.is_empty() && after.domains.is_empty(), "{after:?}");
    let restore = emporion_catalog::command::Command::Restore { target: house.id("domain", domain) };
    house.run(house.admin(), restore).await.unwrap();
    assert_eq!(house.caller(bob).await.principal.domains, ["Sales"]);
}

#[tokio::test]
async fn a_caller_of_yesterday_has_the_rights_of_today() {
    let house = House::new().await;
    let bob = house.person("bob").await;
    let id = house.product("default", "p").await;
    let target = house.id("data_product", id);
    house.relate(&target, OWNER, How::Add, vec![house.id("user", bob)]).await;
    let steward = house.name("role", "DataSteward");
    house.relate(&house.id("user", bob), HAS_ROLE, How::Add, vec![steward.clone()]).await;
    let before = Arc::new(house.caller(bob).await);
    house.relate(&house.id("user", bob), HAS_ROLE, How::Remove, vec![steward]).await;
    let domain = house.create("domain", None, "Bobs", json!({"domain_type": "Aggregate"}), &[]);
    assert!(is_forbidden(&house.catalog.execute(&before, &domain).await));
    let rows =
        house.catalog.execute_all(&before, &[domain, house.change(target.clone(), field("description", "x"))]).await;
    assert!(is_forbidden(&rows[0]) && rows[1].is_ok(), "{rows:?}");

    house.run(house.admin(), house.change(house.id("user", bob), field("disabled", true))).await.unwrap();
    let refused = house.catalog.execute(&before, &house.change(target, field("description", "y"))).await;
    assert!(matches!(refused, Err(Problem::Unauthenticated { .. })), "{refused:?}");
}

#[tokio::test]
async fn rights_come_before_guards_and_before_what_does_not_fit() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    let target = house.id("data_product", house.product("default", "p").await);
    let edit = |guard, edit| Command::Change { target: target.clone(), guard, edit, rules: DoorRules::default() };
    let describe: Edit = Arc::new(|_| Ok(field("description", "hers")));
    let fails: Edit = Arc::new(|_| Err(Problem::invalid("/0", "there is no such place")));
    let stale = Guard::Revisions(vec![99]);
    for edit in [edit(stale.clone(), describe.clone()), edit(stale.clone(), fails.clone()), edit(Guard::None, fails)] {
        assert!(is_forbidden(&house.run(eve, edit.clone()).await));
        assert!(!is_forbidden(&house.run(house.admin(), edit).await));
    }
    assert!(matches!(house.run(house.admin(), edit(stale.clone(), describe)).await, Err(Problem::Stale { .. })));
    // Whoever sees a record may follow it, so he is told that it has changed.
    let follow: Edit = Arc::new(move |_| {
        let mut draft = Draft::default();
        draft.relate(FOLLOWER, How::Add, "followers", vec![Target::of(Ref::AnyOf(&["user"], eve))]);
        Ok(draft)
    });
    assert!(matches!(house.run(eve, edit(stale, follow)).await, Err(Problem::Stale { .. })));
}

#[tokio::test]
async fn rights_come_before_the_place_of_what_a_put_would_make() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    let nowhere = house.name("classification", "nowhere");
    let put = || house.upsert("tag", Some(&nowhere), "t", Draft::default());
    let told = house.run(eve, put()).await;
    assert!(told.is_err());
    assert!(matches!(house.run(house.admin(), put()).await, Err(Problem::UnknownReference { .. })));
}
