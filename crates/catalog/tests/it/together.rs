//! Several commands as one change set, and many side by side: later ones see what earlier ones decided.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Effect, How, Target};
use emporion_catalog::relation::{HAS_ASSET, OWNER};
use serde_json::json;

use crate::house::{House, PURGE, RECURSIVE, field};

#[tokio::test]
async fn a_name_that_an_earlier_command_frees_can_be_taken() {
    let house = House::new().await;
    let old = house.product("default", "p").await;
    let make = house.create("data_product", Some(&house.name("domain", "default")), "p", json!({}), &[]);
    let gone = house.delete(house.id("data_product", old), Deletion::SOFT);
    let done = house.run(house.admin(), Command::Together(vec![gone, make])).await.unwrap();
    assert_ne!(done.view.id(), old);
    assert_eq!(house.get(house.admin(), &house.name("data_product", "default.p")).await.unwrap().id(), done.view.id());
}

#[tokio::test]
async fn children_that_earlier_commands_took_away_or_made_count() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let schema = house.name("database_schema", "w.d.s");
    let drop_schema = || house.delete(schema.clone(), Deletion::SOFT);
    let drop_table = house.delete(house.id("table", table), Deletion::SOFT);
    assert!(matches!(house.run(house.admin(), drop_schema()).await, Err(Problem::NotEmpty { .. })));
    house.run(house.admin(), Command::Together(vec![drop_table, drop_schema()])).await.unwrap();
    assert!(
        !house.sees(house.admin(), &schema).await || {
            let view = house.get(house.admin(), &schema).await.unwrap();
            !view.record.state.is_alive()
        }
    );

    let default = house.name("domain", "default");
    let fields = json!({"domain_type": "Aggregate"});
    let sub = house.create("domain", Some(&default), "Sub", fields.clone(), &[]);
    let below = house.create("domain", Some(&house.name("domain", "default.Sub")), "Below", fields, &[]);
    let gone = house.delete(house.name("domain", "default.Sub"), Deletion::SOFT);
    let refused = house.run(house.admin(), Command::Together(vec![sub, below, gone])).await;
    assert!(matches!(refused, Err(Problem::NotEmpty { .. })), "{refused:?}");
    assert!(!house.sees(house.admin(), &house.name("domain", "default.Sub")).await);
}

#[tokio::test]
async fn what_goes_with_its_parent_is_gone_for_later_commands() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let describe = || house.change(house.id("table", table), field("description", "x"));
    for how in [RECURSIVE, PURGE] {
        let drop_service = house.delete(house.name("database_service", "w"), how);
        let refused = house.run(house.admin(), Command::Together(vec![drop_service, describe()])).await;
        assert!(matches!(refused, Err(Problem::NotFound { .. })), "{refused:?}");
    }
    house.run(house.admin(), describe()).await.unwrap();
}

#[tokio::test]
async fn what_moves_with_its_parent_is_found_where_it_then_stands() {
    let house = House::new().await;
    let top = house.domain("A").await;
    let id = house.product("A", "p").await;
    let rules = DoorRules { may_rename: true, ..DoorRules::default() };
    let rename = Draft { name: Some("B".into()), ..Draft::default() };
    let commands = vec![
        house.change_by(house.id("domain", top), rename, rules),
        house.change(house.name("data_product", "B.p"), field("description", "x")),
        house.create("data_product", Some(&house.name("domain", "B")), "q", json!({}), &[]),
    ];
    let done = house.run(house.admin(), Command::Together(commands)).await.unwrap();
    assert_eq!((done.parts[1].view.id(), done.view.record.fqn.as_str()), (id, "B.q"));
    let view = house.get(house.admin(), &house.name("data_product", "B.p")).await.unwrap();
    assert_eq!((view.text("description"), view.record.revision.0), (Some("x"), 3));
    assert!(!house.sees(house.admin(), &house.name("data_product", "A.p")).await);
}

#[tokio::test]
async fn one_record_can_be_changed_twice() {
    let house = House::new().await;
    let table = house.tables(&["t"]).await[0];
    let default = house.name("domain", "default");
    let named = house.name("data_product", "default.p");
    let mut holds = Draft::default();
    holds.relate(HAS_ASSET, How::Add, "assets", vec![Target::of(house.id("table", table))]);
    let commands = vec![
        house.create("data_product", Some(&default), "p", json!({}), &[(OWNER, house.id("user", house.admin()))]),
        house.change(named.clone(), field("description", "one")),
        house.change(named.clone(), holds),
        house.change(named.clone(), field("description", "two")),
    ];
    let done = house.run(house.admin(), Command::Together(commands)).await.unwrap();
    assert_eq!(done.view.record.revision.0, 4);
    let view = house.get(house.admin(), &named).await.unwrap();
    assert_eq!((view.text("description"), view.targets(HAS_ASSET).count()), (Some("two"), 1));
    let history = house.catalog.history(&house.caller(house.admin()).await, &named, None, 9).await.unwrap();
    let held: Vec<usize> = history.iter().map(|view| view.targets(HAS_ASSET).count()).collect();
    assert_eq!(held, [1, 1, 0, 0]);
}

#[tokio::test]
async fn an_asset_that_an_earlier_command_let_go_can_be_deleted() {
    let house = House::new().await;
    let asset = house.make("asset", Some(&house.name("domain", "default")), "a", json!({})).await;
    let product = house.id("data_product", house.product("default", "p").await);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("asset", asset)]).await;
    let mut without = Draft::default();
    without.relate(HAS_ASSET, How::Remove, "assets", vec![Target::of(house.id("asset", asset))]);
    let how = Deletion { refuse_if_used: &[HAS_ASSET], ..Deletion::SOFT };
    let commands = vec![house.change(product, without), house.delete(house.id("asset", asset), how)];
    house.run(house.admin(), Command::Together(commands)).await.unwrap();
    assert!(!house.stored(asset).await.unwrap().state.is_alive());
}

#[tokio::test]
async fn rows_that_raise_rights_do_not_slow_one_another_down() {
    let house = House::new().await;
    let rows: Vec<Command> = (0..40)
        .map(|n| {
            let email = json!({"email": format!("u{n}@example.com")});
            let role = house.name("role", "DataConsumer");
            house.create("user", None, &format!("u{n}"), email, &[(emporion_catalog::relation::HAS_ROLE, role)])
        })
        .collect();
    let caller = house.caller(house.admin()).await;
    let head = house.catalog.health().await.unwrap();
    let answers = house.catalog.execute_all(&caller, &rows).await;
    let seqs: Vec<u64> = answers.iter().map(|row| row.as_ref().unwrap().seq.unwrap().0).collect();
    assert_eq!(seqs, (head.0 + 1..=head.0 + 40).collect::<Vec<_>>(), "in order, and none planned a second time");
    assert!(answers.iter().all(|row| row.as_ref().unwrap().effect == Effect::Created));
    assert_eq!(house.caller(answers[39].as_ref().unwrap().view.id()).await.principal.roles, ["DataConsumer"]);
}
