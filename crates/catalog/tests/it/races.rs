//! What happens between a plan and its commit.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Deletion, DoorRules, Draft, Effect, How};
use emporion_catalog::relation::HAS_ROLE;
use serde_json::json;

use crate::house::{House, RECURSIVE, field, is_forbidden};
use crate::interrupted::Interrupted;

async fn both() -> (Arc<Interrupted>, Arc<House>) {
    let store = Interrupted::new();
    let house = Arc::new(House::over(store.clone()).await);
    (store, house)
}

#[tokio::test]
async fn a_child_follows_the_name_that_its_parent_has_when_it_is_stored() {
    let (store, house) = both().await;
    let top = house.domain("Old").await;
    let other = house.clone();
    store.meanwhile(async move {
        let rules = DoorRules { may_rename: true, ..DoorRules::default() };
        let draft = Draft { name: Some("New".into()), ..Draft::default() };
        other.run(other.admin(), other.change_by(other.id("domain", top), draft, rules)).await.unwrap();
    });
    let made = house.create("data_product", Some(&house.id("domain", top)), "p", json!({}), &[]);
    let made = house.run(house.admin(), made).await.unwrap();
    assert_eq!(made.view.record.fqn, "New.p");
    assert_eq!(house.stored(made.view.id()).await.unwrap().fqn, "New.p");
}

#[tokio::test]
async fn nothing_comes_back_below_what_is_deleted_meanwhile() {
    let (store, house) = both().await;
    let table = house.tables(&["t"]).await[0];
    house.run(house.admin(), house.delete(house.id("table", table), Deletion::SOFT)).await.unwrap();
    for revive in [true, false] {
        let other = house.clone();
        store.meanwhile(async move {
            let gone = other.delete(other.name("database_schema", "w.d.s"), RECURSIVE);
            other.run(other.admin(), gone).await.unwrap();
        });
        let target = house.id("table", table);
        let command = if revive {
            house.upsert("table", Some(&house.name("database_schema", "w.d.s")), "t", Draft::default())
        } else {
            emporion_catalog::command::Command::Restore { target }
        };
        assert!(house.run(house.admin(), command).await.is_err());
        assert!(!house.stored(table).await.unwrap().state.is_alive());
        let schema = emporion_catalog::command::Command::Restore { target: house.name("database_schema", "w.d.s") };
        house.run(house.admin(), schema).await.unwrap();
    }
}

#[tokio::test]
async fn a_right_that_is_taken_away_meanwhile_is_not_used_any_more() {
    let (store, house) = both().await;
    let bob = house.person("bob").await;
    let steward = house.name("role", "DataSteward");
    house.relate(&house.id("user", bob), HAS_ROLE, How::Add, vec![steward.clone()]).await;
    let other = house.clone();
    store.meanwhile(async move {
        other.relate(&other.id("user", bob), HAS_ROLE, How::Remove, vec![steward]).await;
    });
    let domain = house.create("domain", None, "Bobs", json!({"domain_type": "Aggregate"}), &[]);
    assert!(is_forbidden(&house.run(bob, domain).await));
    assert!(!house.sees(house.admin(), &house.name("domain", "Bobs")).await);
}

#[tokio::test]
async fn a_right_is_gone_even_if_nobody_waits_for_the_answer() {
    let (store, house) = both().await;
    let bob = house.person("bob").await;
    assert!(house.caller(bob).await.principal.teams.is_empty());
    let hung_up = house.clone();
    // The one who disables the user is gone before the commit is even made.
    let disable = tokio::spawn(async move {
        let change = hung_up.change(hung_up.id("user", bob), field("disabled", true));
        hung_up.run(hung_up.admin(), change).await
    });
    let (reached, wait) = tokio::sync::oneshot::channel();
    store.meanwhile(async move {
        reached.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    wait.await.unwrap();
    disable.abort();
    assert!(disable.await.unwrap_err().is_cancelled());
    // Whether it was stored or not, it is read and not remembered.
    let other = house.clone();
    let change = other.change(other.id("user", bob), field("disabled", true));
    other.run(other.admin(), change).await.unwrap();
    assert!(house.catalog.caller(house.made.account, bob).await.is_err());
}

#[tokio::test]
async fn a_row_decided_over_a_lost_one_is_decided_again() {
    let (store, house) = both().await;
    let default = house.name("domain", "default");
    let put = |text: &str| house.upsert("data_product", Some(&default), "p", field("description", text));
    let other = house.clone();
    store.meanwhile(async move {
        other.product("default", "p").await;
    });
    let create = house.create("data_product", Some(&default), "p", json!({}), &[]);
    let caller = house.caller(house.admin()).await;
    let rows = house.catalog.execute_all(&caller, &[put("mine"), put("mine"), create]).await;
    let stored = house.get(house.admin(), &house.name("data_product", "default.p")).await.unwrap();
    let ids: Vec<_> = rows.iter().take(2).map(|row| row.as_ref().unwrap().view.id()).collect();
    assert_eq!(ids, [stored.id(), stored.id()], "no answer tells of a record that was never stored");
    assert_eq!(rows[0].as_ref().unwrap().effect, Effect::Updated);
    assert!(matches!(rows[2], Err(Problem::NameTaken { existing: Some(id), .. }) if id == stored.id()));
}
