//! Sources before they are read, and what stays of their runs.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::Millis;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::INGESTION_RUN;
use emporion_catalog::query::States;
use emporion_catalog::relation::OWNER;
use emporion_ingest::{Order, RunRecord, connect, may_ingest, run, test};
use emporion_sources::{Config, ErrorKind, Rules, Silent};
use serde_json::Value;

use crate::house::House;

impl House {
    async fn somebody(&self) -> Caller {
        let (id, _) = self.catalog.create_user(&self.admin().await, "somebody", None, false).await.unwrap();
        self.catalog.caller(self.made.account, id).await.unwrap()
    }

    async fn connect(&self, url: &str, replace: bool) -> Result<String, Problem> {
        let config = Config::from_url(url).unwrap();
        connect(&self.catalog, &self.admin().await, "warehouse", &config, replace).await
    }

    async fn secrets(&self) -> Vec<String> {
        let admin = self.admin().await;
        let target = Ref::Name(self.catalog.kind("database_service"), "warehouse".to_owned());
        let view = self.catalog.get(&admin, &target, States::All, &Depth::bare()).await.unwrap();
        assert!(!Value::from(view.record.body.clone()).to_string().contains("hunter"));
        self.catalog.unseal(&view.record).await.unwrap().into_iter().map(|(_, text)| text).collect()
    }

    async fn kept(&self, id: &str, order: Order) {
        let admin = self.admin().await;
        let run = RunRecord::begin(&self.catalog, &admin, &order, id).await;
        let _ = run.carry_out(&self.catalog, &admin, &self.rules, &order, &Silent).await;
        // Runs are told by when they began.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }

    /// The newest first.
    async fn runs(&self) -> Vec<Value> {
        let admin = self.admin().await;
        let target = Ref::Name(self.catalog.kind("database_service"), "warehouse".to_owned());
        let reading = self.catalog.reading(&admin).await.unwrap();
        let record = reading.get(&target, States::All, &Depth::bare()).await.unwrap().record;
        let always = (Millis(0), Millis(i64::MAX));
        let found = reading.observations(&record, (INGESTION_RUN, ""), always, 100).await.unwrap().found;
        found.into_iter().map(|run| run.value).collect()
    }
}

#[tokio::test]
async fn a_secret_stays_with_the_connection_that_it_was_given_with() {
    let house = House::new().await;
    assert!(matches!(house.connect("mysql://u:hunter2@db/shop", true).await, Err(Problem::NotFound { .. })));
    assert_eq!(house.connect("mysql://u:hunter2@db/shop", false).await.unwrap(), "warehouse");
    assert_eq!(house.secrets().await, ["hunter2"]);
    assert!(matches!(house.connect("mysql://u:hunter3@db/shop", false).await, Err(Problem::NameTaken { .. })));
    assert!(matches!(house.connect("postgres://u@db/shop", true).await, Err(Problem::Invalid(_))));
    house.connect("mysql://u:hunter3@elsewhere/shop", true).await.unwrap();
    assert_eq!(house.secrets().await, ["hunter3"]);
    house.connect("mysql://u@mine/shop", true).await.unwrap();
    assert!(house.secrets().await.is_empty());
}

#[tokio::test]
async fn who_may_not_ingest_tries_no_connection() {
    let house = House::new().await;
    house.connect("sqlite:shop", false).await.unwrap();
    let (admin, somebody) = (house.admin().await, house.somebody().await);
    let tried = |caller: Caller, name: &'static str, rules: Rules| {
        let catalog = &house.catalog;
        async move { test(catalog, &caller, &rules, name, Duration::from_secs(5)).await }
    };
    assert_eq!(tried(admin.clone(), "warehouse", house.rules.clone()).await.unwrap().unwrap().schemas, ["main"]);
    let refused = tried(admin.clone(), "warehouse", Rules::default()).await.unwrap().unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    assert!(matches!(tried(somebody.clone(), "warehouse", house.rules.clone()).await, Err(Problem::Forbidden { .. })));
    for caller in [admin, somebody.clone()] {
        assert!(matches!(tried(caller, "nowhere", house.rules.clone()).await, Err(Problem::NotFound { .. })));
    }
    assert!(matches!(may_ingest(&house.catalog, &somebody, "warehouse").await, Err(Problem::Forbidden { .. })));
    let config = Config::from_url("mysql://u@db").unwrap();
    assert!(matches!(
        connect(&house.catalog, &somebody, "another", &config, false).await,
        Err(Problem::Forbidden { .. })
    ));
}

#[tokio::test]
async fn a_service_remembers_its_runs_and_no_rehearsal() {
    let house = House::new().await;
    let from = |url: &str| Order { from: Some(Config::from_url(url).unwrap()), ..Order::new("warehouse") };
    house.kept("1", from("sqlite:shop")).await;
    house.kept("2", Order { dry_run: true, ..from("sqlite:shop") }).await;
    std::fs::remove_file(house.folder.path().join("shop")).unwrap();
    house.kept("3", Order::new("warehouse")).await;
    let runs = house.runs().await;
    let told: Vec<_> =
        runs.iter().map(|run| (run["runId"].as_str().unwrap(), run["pipelineState"].as_str().unwrap())).collect();
    assert_eq!(told, [("3", "failed"), ("1", "success")]);
    assert_eq!((&runs[0]["reason"], &runs[0]["by"]), (&"FORBIDDEN".into(), &"admin".into()));
    assert_eq!(runs[1]["report"]["tables"]["created"], 9);
    assert!(runs[1]["endDate"].as_i64() >= runs[1]["startDate"].as_i64());
    // They are no change of the service.
    let view = house.connect("sqlite:shop", true).await;
    assert!(view.is_ok());
}

#[tokio::test]
async fn whoever_may_name_no_file_opens_none() {
    let house = House::new().await;
    house.connect("sqlite:shop", false).await.unwrap();
    run(&house.catalog, &house.admin().await, &house.rules, &Order::new("warehouse"), &Silent).await.unwrap();
    let somebody = house.somebody().await;
    let owner = Target::of(Ref::Id(house.catalog.kind("user"), somebody.principal.user));
    let command = Command::Change {
        target: Ref::Name(house.catalog.kind("database_service"), "warehouse".to_owned()),
        guard: Guard::None,
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.relate(OWNER, How::Replace, "owners", vec![owner.clone()]);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    house.catalog.execute(&house.admin().await, &command).await.unwrap();
    let tried = async |url: Option<&str>, dry_run| {
        let from = url.map(|url| Config::from_url(url).unwrap());
        let order = Order { from, dry_run, ..Order::new("warehouse") };
        run(&house.catalog, &somebody, &house.rules, &order, &Silent).await
    };
    // The one that is there and the one that is not are refused alike.
    std::fs::copy(house.folder.path().join("shop"), house.folder.path().join("other")).unwrap();
    for file in ["sqlite:other", "sqlite:nowhere"] {
        for dry_run in [false, true] {
            let refused = tried(Some(file), dry_run).await.unwrap_err();
            assert!(refused.to_string().contains("only an administrator says which file"), "{file}: {refused}");
        }
    }
    // What an administrator has named he reads.
    for url in [None, Some("sqlite:shop")] {
        assert_eq!(tried(url, false).await.unwrap().failures(), 0);
    }
}
