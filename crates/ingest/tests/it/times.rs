//! Sources that are read at their times: which are due when, and in whose name.

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::id::Millis;
use emporion_catalog::kinds::database_service::{SCHEDULE, SCHEDULED_BY};
use emporion_catalog::lease::Ownership;
use emporion_catalog::schedules::{Scheduled, Schedules};
use emporion_ingest::{Order, RunRecord, connect, schedule, schedule_of};
use emporion_sources::{Config, Silent};
use serde_json::json;

use crate::house::House;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl House {
    async fn source(&self, name: &str) {
        let config = Config::from_url("sqlite:shop").unwrap();
        connect(&self.catalog, &self.admin().await, name, &config, false).await.unwrap();
    }

    async fn read_at(&self, name: &str, cron: &str) {
        schedule(&self.catalog, &self.admin().await, name, Some(cron)).await.unwrap();
    }

    fn due(schedules: &Schedules, now: Millis) -> Vec<String> {
        schedules.due(now).into_iter().map(|one| one.name).collect()
    }

    async fn write(&self, caller: &Caller, name: &str, fields: serde_json::Value) -> Result<(), Problem> {
        let fields = fields.as_object().unwrap().clone();
        let command = Command::Change {
            target: Ref::Name(self.catalog.kind("database_service"), name.to_owned()),
            guard: Guard::None,
            edit: std::sync::Arc::new(move |_| Ok(Draft { fields: fields.clone(), ..Draft::default() })),
            rules: DoorRules::default(),
        };
        self.catalog.execute(caller, &command).await.map(drop)
    }
}

#[tokio::test]
async fn a_source_is_due_once_for_all_times_that_have_passed() {
    let house = House::new().await;
    for name in ["often", "seldom", "never"] {
        house.source(name).await;
    }
    let now = house.catalog.now();
    house.read_at("often", "* * * * *").await;
    house.read_at("seldom", "0 * * * *").await;
    let mut schedules = Schedules::open(&house.catalog).await.unwrap();
    assert!(House::due(&schedules, now).is_empty(), "not the moment that it is said");
    assert_eq!(House::due(&schedules, Millis(now.0 + 2 * HOUR)), ["often", "seldom"], "the longest overdue first");
    let next = schedules.next().unwrap();
    assert!(
        House::due(&schedules, Millis(next.0 - 1)).is_empty() && House::due(&schedules, next).contains(&"often".into())
    );
    // A day without a server is one run. Half an hour past, so that an hour begins neither now nor in a minute.
    let late = Millis((now.0 + 24 * HOUR) / HOUR * HOUR + HOUR / 2);
    for one in schedules.due(late) {
        schedules.done(one.service, late);
    }
    assert!(House::due(&schedules, late).is_empty());
    assert_eq!(schedules.next(), Some(Millis(late.0 + MINUTE)));
    assert_eq!(House::due(&schedules, Millis(late.0 + MINUTE)), ["often"]);
}

#[tokio::test]
async fn what_changes_is_kept_up_with_as_if_it_were_read_anew() {
    let house = House::new().await;
    house.source("shop").await;
    let mut schedules = Schedules::open(&house.catalog).await.unwrap();
    let later = Millis(house.catalog.now().0 + 2 * HOUR);
    assert!(House::due(&schedules, later).is_empty());
    house.read_at("shop", "0 * * * *").await;
    schedules.keep_up(&house.catalog).await.unwrap();
    assert_eq!(House::due(&schedules, later), ["shop"]);
    // Whoever reads it: the time before is used up.
    let admin = house.admin().await;
    let run = RunRecord::begin(&house.catalog, &admin, &Order::new("shop"), "1").await;
    run.carry_out(&house.catalog, &admin, &house.rules, &Order::new("shop"), &Silent).await.unwrap();
    schedules.keep_up(&house.catalog).await.unwrap();
    let anew = Schedules::open(&house.catalog).await.unwrap();
    for hours in 0..3 {
        let at = Millis(later.0 + hours * HOUR);
        assert_eq!(schedules.due(at), anew.due(at));
    }
    schedule(&house.catalog, &admin, "shop", None).await.unwrap();
    schedules.keep_up(&house.catalog).await.unwrap();
    assert!(House::due(&schedules, later).is_empty());
}

#[tokio::test]
async fn a_source_is_read_in_the_name_of_whoever_said_so_last() {
    let house = House::new().await;
    house.source("shop").await;
    let (id, _) = house.catalog.create_user(&house.admin().await, "other", None, true).await.unwrap();
    let other = house.catalog.caller(house.made.account, id).await.unwrap();
    house.read_at("shop", "0 3 * * *").await;
    // Nobody writes another one's name, nor keeps it for a time of his own.
    let forged = json!({"user": house.made.admin.to_string(), "name": "admin", "at": 0});
    for fields in [json!({SCHEDULED_BY: forged}), json!({SCHEDULE: "* * * * *", SCHEDULED_BY: forged})] {
        house.write(&other, "shop", fields).await.unwrap();
        let said = schedule_of(&house.catalog, &other, "shop").await.unwrap();
        assert_eq!(said["by"], "other");
        let schedules = Schedules::open(&house.catalog).await.unwrap();
        let due = schedules.due(Millis(house.catalog.now().0 + 25 * HOUR)).pop().unwrap();
        assert_eq!((due.by, due.since.0 > 0), (id, true));
    }
    assert!(matches!(house.write(&other, "shop", json!({SCHEDULE: "soon"})).await, Err(Problem::Invalid(_))));
}

#[tokio::test]
async fn a_run_that_may_not_begin_is_noted_by_the_server_and_is_the_last() {
    let house = House::new().await;
    house.source("shop").await;
    house.read_at("shop", "0 3 * * *").await;
    let admin = house.admin().await;
    let mut schedules = Schedules::open(&house.catalog).await.unwrap();
    let (alone, later) = (Ownership::alone(), Millis(house.catalog.now().0 + 25 * HOUR));
    let due: Scheduled = schedules.due(later).pop().unwrap();
    // What passes is tried again at the next time.
    RunRecord::refused(&house.catalog, &alone, &due, "away", false).await.unwrap();
    let said = schedule_of(&house.catalog, &admin, "shop").await.unwrap();
    assert_eq!((&said["last"]["state"], &said["last"]["error"]), (&json!("failed"), &json!("away")));
    assert!(said["next"].as_i64() > said["last"]["at"].as_i64() && said["stopped"].is_null());
    RunRecord::refused(&house.catalog, &alone, &due, "may not", true).await.unwrap();
    let stopped = schedule_of(&house.catalog, &admin, "shop").await.unwrap();
    assert_eq!((&stopped["last"]["error"], &stopped["stopped"]["why"]), (&json!("may not"), &json!("may not")));
    assert_eq!((&stopped["by"], &stopped["setAt"], &stopped["next"]), (&json!("admin"), &said["setAt"], &json!(null)));
    schedules.keep_up(&house.catalog).await.unwrap();
    for known in [&schedules, &Schedules::open(&house.catalog).await.unwrap()] {
        assert!(House::due(known, Millis(later.0 + 100 * HOUR)).is_empty());
    }
    // Reading it by hand begins no times; saying the same ones does, for whoever says them.
    let run = RunRecord::begin(&house.catalog, &admin, &Order::new("shop"), "1").await;
    run.carry_out(&house.catalog, &admin, &house.rules, &Order::new("shop"), &Silent).await.unwrap();
    assert!(House::due(&Schedules::open(&house.catalog).await.unwrap(), later).is_empty());
    let (id, _) = house.catalog.create_user(&admin, "other", None, true).await.unwrap();
    let other = house.catalog.caller(house.made.account, id).await.unwrap();
    schedule(&house.catalog, &other, "shop", Some("0 3 * * *")).await.unwrap();
    let said = schedule_of(&house.catalog, &admin, "shop").await.unwrap();
    assert_eq!((&said["by"], &said["stopped"]), (&json!("other"), &json!(null)));
    schedules.keep_up(&house.catalog).await.unwrap();
    assert_eq!(House::due(&schedules, later), ["shop"]);
    // A refusal that was on its way meanwhile stops nothing of his.
    RunRecord::refused(&house.catalog, &alone, &due, "may not", true).await.unwrap();
    assert!(schedule_of(&house.catalog, &admin, "shop").await.unwrap()["stopped"].is_null());
    // Its name in a service of another account is another service.
    let elsewhere = Scheduled { account: emporion_catalog::id::AccountId::fresh(), ..due };
    assert!(RunRecord::refused(&house.catalog, &alone, &elsewhere, "may not", true).await.is_err());
}
