//! Names: what they lead to, and what a caller learns of those he may not see.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, DoorRules, Draft, NameDemand, Ref};
use emporion_catalog::relation::IN_DOMAIN;
use serde_json::json;

use crate::house::{House, RECURSIVE};

#[tokio::test]
async fn a_bare_name_is_ambiguous_only_among_what_the_caller_sees() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    for domain in ["A", "B"] {
        house.domain(domain).await;
    }
    let (open, hidden) = (house.product("A", "orders").await, house.product("B", "orders").await);
    let bare = house.name("data_product", "orders");
    assert!(matches!(house.get(eve, &bare).await, Err(Problem::Ambiguous { .. })));
    house.grant(&house.id("data_product", hidden)).await;
    assert_eq!(house.get(eve, &bare).await.unwrap().id(), open);
    let Err(Problem::Ambiguous { candidates, .. }) = house.get(house.admin(), &bare).await else { panic!("ambiguous") };
    assert_eq!(candidates.len(), 2);
}

#[tokio::test]
async fn a_dotted_name_is_found_bare_quoted_and_whole() {
    let house = House::new().await;
    house.domain("A").await;
    let id = house.product("A", "x.y").await;
    for spelling in ["x.y", "\"x.y\"", "A.\"x.y\"", "\"A\".\"x.y\""] {
        assert_eq!(
            house.get(house.admin(), &house.name("data_product", spelling)).await.unwrap().id(),
            id,
            "{spelling}"
        );
    }
    let ann = house.person("Ann.Lee").await;
    for spelling in ["ann.lee", "ANN.LEE", "\"Ann.Lee\""] {
        assert_eq!(house.get(ann, &house.name("user", spelling)).await.unwrap().id(), ann, "{spelling}");
    }
}

#[tokio::test]
async fn a_hidden_holder_of_a_name_is_not_shown() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    house.domain("A").await;
    house.domain("B").await;
    let hidden = house.product("A", "secret").await;
    house.grant(&house.id("data_product", hidden)).await;
    house
        .relate(
            &house.name("domain", "A"),
            emporion_catalog::relation::OWNER,
            emporion_catalog::command::How::Add,
            vec![house.id("user", eve)],
        )
        .await;
    // He owns domain A only after this, and domain B not at all: what he makes stands in A.
    let granted = house.sees(eve, &house.id("data_product", hidden)).await;
    assert!(granted, "an owner of the domain sees what nobody else owns");

    let bob = house.person("bob").await;
    house
        .relate(
            &house.name("domain", "B"),
            emporion_catalog::relation::OWNER,
            emporion_catalog::command::How::Add,
            vec![house.id("user", bob)],
        )
        .await;
    let folded = DoorRules { names_free: vec![NameDemand::FoldedInAccount], ..DoorRules::default() };
    let command = Command::Create {
        kind: house.kind("data_product"),
        parent: Some(house.name("domain", "B")),
        draft: Draft { name: Some("SECRET".into()), ..Draft::default() },
        id: None,
        rules: folded,
    };
    let refused = house.run(bob, command).await.unwrap_err();
    assert_eq!(
        refused,
        Problem::NameTaken { kind: "data_product", name: "B.SECRET".into(), existing: None, is_deleted: false }
    );
}

#[tokio::test]
async fn a_record_can_be_renamed_and_moved_at_once() {
    let house = House::new().await;
    for domain in ["A", "B"] {
        house.domain(domain).await;
    }
    let id = house.product("A", "p").await;
    let mut draft = Draft { name: Some("q".into()), ..Draft::default() };
    let to = emporion_catalog::command::Target::of(house.name("domain", "B"));
    draft.relate(IN_DOMAIN, emporion_catalog::command::How::Replace, "domains", vec![to]);
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    let done = house.run(house.admin(), house.change_by(house.id("data_product", id), draft, rules)).await.unwrap();
    assert_eq!(done.view.record.fqn, "B.q");
    assert_eq!(house.get(house.admin(), &house.name("data_product", "B.q")).await.unwrap().id(), id);
    house.run(house.admin(), house.delete(house.name("domain", "A"), RECURSIVE)).await.unwrap();
    assert!(house.sees(house.admin(), &house.id("data_product", id)).await, "it went in time");
}

#[tokio::test]
async fn a_renamed_domain_takes_along_what_stands_in_it() {
    let house = House::new().await;
    let sub = json!({"domain_type": "Aggregate"});
    let top = house.domain("A").await;
    house.make("domain", Some(&house.name("domain", "A")), "S", sub).await;
    let id = house.product("A.S", "p").await;
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    let draft = Draft { name: Some("New.Name".into()), ..Draft::default() };
    house.run(house.admin(), house.change_by(house.id("domain", top), draft, rules)).await.unwrap();
    let view = house.get(house.admin(), &Ref::Id(house.kind("data_product"), id)).await.unwrap();
    assert_eq!((view.record.fqn.as_str(), view.record.version), ("\"New.Name\".S.p", 1));
    let history =
        house.catalog.history(&house.caller(house.admin()).await, &house.id("data_product", id), None, 9).await;
    let fqns: Vec<String> = history.unwrap().into_iter().map(|view| view.record.fqn).collect();
    assert_eq!(fqns, ["\"New.Name\".S.p", "A.S.p"]);
    let stewards = house.get(house.admin(), &house.name("team", "\"New.Name\".Stewards")).await.unwrap();
    let caller = house.caller(house.admin()).await;
    assert!(caller.principal.teams.iter().any(|team| team.team == stewards.id() && team.fqn == stewards.record.fqn));
}
