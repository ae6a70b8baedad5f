//! Whole runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::load::Depth;
use emporion_catalog::observation::TABLE_PROFILE;
use emporion_catalog::query::States;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{DERIVED_FROM, HAS_ASSET, OWNER, READS_FROM, TAGGED};
use emporion_ingest::{Failure, Order, Report, Scope, Tally, run};
use emporion_sources::{Config, ErrorKind, Progress, Secret, Silent};
use emporion_store::{Options, SqliteStore};

use crate::house::House;

impl House {
    fn order(&self) -> Order {
        Order { from: Some(Config::from_url("sqlite:shop").unwrap()), ..Order::new("warehouse") }
    }

    async fn run(&self, order: &Order) -> Result<Report, Failure> {
        run(&self.catalog, &self.admin().await, &self.rules, order, &Silent).await
    }

    async fn tables(&self) -> Tally {
        self.run(&self.order()).await.unwrap().tables
    }

    async fn find(&self, kind: &str, fqn: &str) -> Option<View> {
        let target = Ref::Name(self.catalog.kind(kind), fqn.to_owned());
        self.catalog.get(&self.admin().await, &target, States::All, &Depth::full()).await.ok()
    }

    async fn table(&self, name: &str) -> View {
        self.find("table", &format!("warehouse.shop.main.{name}")).await.expect(name)
    }

    /// What the crawl has found that a view reads, whatever else is said of it.
    async fn reads(&self, view: &str) -> Vec<String> {
        let view = self.table(view).await;
        let mut reads: Vec<String> = view.targets(READS_FROM).map(|(_, card)| card.name.to_string()).collect();
        reads.sort();
        reads
    }

    /// What the table was made from: `source table`, sorted.
    async fn origins(&self, name: &str) -> Vec<String> {
        let view = self.table(name).await;
        let source = |edge: &Edge| edge.attributes["source"].as_str().unwrap().to_owned();
        let mut origins: Vec<_> =
            view.targets(DERIVED_FROM).map(|(edge, card)| format!("{} {}", source(edge), card.name)).collect();
        origins.sort();
        origins
    }

    async fn change(&self, view: &View, edit: impl Fn(&mut Draft) + Send + Sync + 'static) {
        let command = Command::Change {
            target: Ref::AnyOf(&[], view.id()),
            guard: Guard::None,
            edit: Arc::new(move |_| {
                let mut draft = Draft::default();
                edit(&mut draft);
                Ok(draft)
            }),
            rules: DoorRules::default(),
        };
        self.catalog.execute(&self.admin().await, &command).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_becomes_records_and_a_second_run_writes_nothing() {
    let house = House::new().await;
    let report = house.run(&house.order()).await.unwrap();
    assert_eq!((report.tables.created, report.schemas.created, report.columns), (9, 1, 15));
    assert_eq!((report.failures(), report.skipped.len(), report.database.as_str()), (0, 0, "shop"));
    let customers = house.table("customers").await;
    let snapshot = house.catalog.unfiltered().await.unwrap();
    let (account, id) = (customers.record.account, customers.id());
    let counted = snapshot.newest_observations(account, &[id], &[TABLE_PROFILE]).await.unwrap();
    assert_eq!((counted.len(), &counted[0].value["rowCount"]), (1, &serde_json::json!(2)));
    drop(snapshot);
    let constraints: Vec<_> =
        customers.field("columns").unwrap().as_array().unwrap().iter().map(|column| &column["constraint"]).collect();
    assert_eq!(constraints, ["PRIMARY_KEY", "NOT_NULL", "UNIQUE"]);
    let lines = house.table("lines").await;
    let keys = lines.field("table_constraints").unwrap();
    assert_eq!(keys[0]["columns"], serde_json::json!(["order_id", "line"]));
    assert_eq!(keys[1]["referred_columns"], serde_json::json!(["warehouse.shop.main.orders.id"]));
    let totals = house.table("totals").await;
    assert_eq!(totals.text("table_type"), Some("View"));
    assert!(totals.text("schema_definition").unwrap().contains("SUM(o.amount)"));
    let head = house.catalog.health().await.unwrap();
    let again = house.run(&house.order()).await.unwrap();
    assert_eq!(again.tables, Tally { unchanged: 9, ..Tally::default() });
    assert_eq!(again.schemas, Tally { unchanged: 1, ..Tally::default() });
    assert_eq!(house.catalog.health().await.unwrap(), head, "the log has nothing new");
}

#[tokio::test]
async fn what_changes_goes_and_comes_back_follows() {
    let house = House::new().await;
    house.tables().await;
    let (orders, lines) = (house.table("orders").await, house.table("lines").await);
    house.sql("ALTER TABLE orders ADD COLUMN note TEXT; ALTER TABLE a1 RENAME TO b1; DROP TABLE lines; INSERT INTO a2 VALUES (1)");
    let tables = house.tables().await;
    assert_eq!(tables, Tally { created: 1, updated: 1, observed: 1, removed: 2, unchanged: 5, ..Tally::default() });
    let after = house.table("orders").await;
    assert_eq!((after.id(), after.field("columns").unwrap().as_array().unwrap().len()), (orders.id(), 4));
    assert!(after.record.version > orders.record.version);
    assert_eq!(house.table("a2").await.record.version, 1, "rows are no version");
    assert!(!house.table("lines").await.record.state.is_alive());
    house.sql("CREATE TABLE lines (order_id INT REFERENCES orders, line INT, PRIMARY KEY (order_id, line))");
    let tables = house.tables().await;
    assert_eq!(tables, Tally { restored: 1, unchanged: 8, ..Tally::default() });
    let back = house.table("lines").await;
    assert!(back.id() == lines.id() && back.record.state.is_alive());
}

#[tokio::test]
async fn a_view_is_made_from_the_tables_that_it_reads() {
    let house = House::new().await;
    house.sql("CREATE VIEW above AS SELECT * FROM totals, a1");
    let report = house.run(&house.order()).await.unwrap();
    assert_eq!(report.lineage, Tally { updated: 2, ..Tally::default() });
    assert_eq!(house.origins("totals").await, ["view customers", "view orders"]);
    assert_eq!(house.origins("above").await, ["view a1", "view totals"]);
    assert_eq!(house.reads("above").await, ["a1", "totals"]);
    let totals = house.table("totals").await;
    assert_eq!(totals.record.version, 1, "lineage is no version");
    let (edge, _) = totals.targets(DERIVED_FROM).next().unwrap();
    assert!(edge.attributes["sql"].as_str().unwrap().contains("SUM(o.amount)"));
    assert_eq!(edge.attributes["created_by"], house.made.admin_name.as_str());
    let head = house.catalog.health().await.unwrap();
    assert_eq!(house.run(&house.order()).await.unwrap().lineage, Tally { unchanged: 2, ..Tally::default() });
    assert_eq!(house.catalog.health().await.unwrap(), head);
    // What a person says of an origin, or of another one, is his.
    let ids = [house.table("a2").await.id(), house.table("a1").await.id()];
    let above = house.table("above").await;
    house
        .change(&above, move |draft| {
            let by_hand = |id| Target::of(Ref::AnyOf(&[], id)).with("source", "manual");
            draft.relate(DERIVED_FROM, How::Add, "lineage", ids.map(by_hand).to_vec());
        })
        .await;
    house.sql("DROP VIEW above; CREATE VIEW above AS SELECT * FROM a3");
    assert_eq!(
        house.run(&house.order()).await.unwrap().lineage,
        Tally { updated: 1, unchanged: 1, ..Tally::default() }
    );
    assert_eq!(house.origins("above").await, ["manual a1", "manual a2", "view a3"]);
    assert_eq!(house.reads("above").await, ["a3"], "whatever people say");
    // A view that became a table has no origins; nor has one whose table is gone.
    house.sql("DROP VIEW above; CREATE TABLE above (x INT); ALTER TABLE customers RENAME TO people;");
    house.sql("DROP VIEW totals; CREATE VIEW totals AS SELECT amount FROM orders o");
    assert_eq!(house.run(&house.order()).await.unwrap().lineage.updated, 2);
    assert_eq!(house.origins("above").await, ["manual a1", "manual a2"]);
    assert!(house.reads("above").await.is_empty());
    assert_eq!(house.reads("totals").await, ["orders"]);
    let head = house.catalog.health().await.unwrap();
    assert_eq!(house.run(&house.order()).await.unwrap().lineage.updated, 0);
    assert_eq!(house.catalog.health().await.unwrap(), head);
}

#[tokio::test]
async fn a_view_of_what_was_left_out_has_no_edge_to_it() {
    let house = House::new().await;
    let without = Order {
        scope: emporion_ingest::Scope { exclude: vec!["main.customers".parse().unwrap()], ..Default::default() },
        ..house.order()
    };
    let planned = house.run(&Order { dry_run: true, ..without.clone() }).await.unwrap();
    assert_eq!(planned.lineage.updated, 1);
    house.run(&without).await.unwrap();
    assert_eq!(house.origins("totals").await, ["view orders"]);
    house.run(&house.order()).await.unwrap();
    assert_eq!(house.origins("totals").await, ["view customers", "view orders"]);
    // It is in the catalogue now: left out of the next run, it stays what the view is made from.
    assert_eq!(house.run(&without).await.unwrap().lineage, Tally { unchanged: 1, ..Tally::default() });
}

#[tokio::test]
async fn what_people_wrote_is_kept() {
    let house = House::new().await;
    house.tables().await;
    let orders = house.table("orders").await;
    let tag = house.find("tag", "PII.Sensitive").await.unwrap().id();
    let admin = house.made.admin;
    house
        .change(&orders, move |draft| {
            draft.set("description", "what was bought");
            draft.set("display_name", "Orders");
            draft.relate(OWNER, How::Add, "owners", vec![Target::of(Ref::AnyOf(&[], admin))]);
            let label = |at: &str| Target::of(Ref::AnyOf(&[], tag)).at(at);
            draft.relate(
                TAGGED,
                How::Add,
                "tags",
                vec![label(""), label("columns/amount"), label("columns/customer_id")],
            );
        })
        .await;
    assert_eq!(house.tables().await, Tally { unchanged: 9, ..Tally::default() });
    house.sql("DROP VIEW totals; ALTER TABLE orders ADD COLUMN note TEXT; ALTER TABLE orders DROP COLUMN amount");
    assert_eq!(house.tables().await.updated, 1);
    let orders = house.table("orders").await;
    assert_eq!((orders.text("description"), orders.text("display_name")), (Some("what was bought"), Some("Orders")));
    assert_eq!(orders.targets(OWNER).count(), 1);
    let mut places: Vec<_> =
        orders.edges.iter().filter(|edge| edge.relation == TAGGED).map(|edge| edge.at.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["", "columns/customer_id"], "the column that is gone took its label along");
}

#[tokio::test]
async fn the_brake_holds_until_it_is_taken_off() {
    let house = House::new().await;
    house.tables().await;
    house.sql("DROP VIEW totals; DROP TABLE a1; DROP TABLE a2; DROP TABLE a3; DROP TABLE a4; DROP TABLE a5; CREATE TABLE fresh (x INT)");
    let head = house.catalog.health().await.unwrap();
    let failure = house.run(&house.order()).await.unwrap_err();
    assert_eq!(failure, Failure::DeletionGuard { gone: 6, known: 9, percent: 20 });
    assert!(failure.to_string().contains("6 of 9"));
    assert_eq!(house.catalog.health().await.unwrap(), head, "nothing was written, not even what is new");
    let kept = house.run(&Order { keep_gone: true, ..house.order() }).await.unwrap();
    assert_eq!((kept.tables.created, kept.tables.removed), (1, 0));
    let planned = house
        .run(&Order { deletion_guard: emporion_ingest::DeletionGuard::OFF, dry_run: true, ..house.order() })
        .await
        .unwrap();
    assert_eq!((planned.tables.removed, planned.is_dry_run), (6, true));
    assert!(house.table("a1").await.record.state.is_alive());
    let forced =
        house.run(&Order { deletion_guard: emporion_ingest::DeletionGuard::OFF, ..house.order() }).await.unwrap();
    assert_eq!(forced.tables.removed, 6);
}

#[tokio::test]
async fn a_deleted_service_comes_back_with_its_tables() {
    let house = House::new().await;
    house.tables().await;
    let service = house.find("database_service", "warehouse").await.unwrap();
    let how = Deletion { recursive: true, ..Deletion::SOFT };
    let delete = Command::Delete { target: Ref::AnyOf(&[], service.id()), guard: Guard::None, how };
    house.catalog.execute(&house.admin().await, &delete).await.unwrap();
    house.sql("DROP TABLE a1");
    let report = house.run(&house.order()).await.unwrap();
    assert_eq!((report.tables.unchanged, report.tables.removed), (8, 1));
    assert!(house.table("orders").await.record.state.is_alive());
}

#[tokio::test]
async fn a_source_that_fails_leaves_nothing_behind() {
    let house = House::new().await;
    let head = house.catalog.health().await.unwrap();
    let from = |url: &str| Some(Config::from_url(url).unwrap());
    for (url, kind) in [
        ("sqlite:none", ErrorKind::Forbidden),
        ("sqlite:/etc/passwd", ErrorKind::Forbidden),
        ("postgres://u:hunter2@127.0.0.1:1/d", ErrorKind::Unreachable),
        ("postgres://u:hunter2@169.254.169.254/d", ErrorKind::Forbidden),
    ] {
        let failure = house.run(&Order { from: from(url), ..Order::new("other") }).await.unwrap_err();
        assert!(matches!(&failure, Failure::Source(error) if error.kind == kind), "{failure}");
        assert!(!failure.to_string().contains("hunter2"));
    }
    let failure = house.run(&Order::new("other")).await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure}");
    assert_eq!(house.catalog.health().await.unwrap(), head);
    house.tables().await;
    let failure = house.run(&Order { from: from("postgres://u@h/d"), ..house.order() }).await.unwrap_err();
    assert!(failure.to_string().contains("SQLite"), "{failure}");
}

#[tokio::test]
async fn the_connection_is_kept_with_its_password_sealed_and_used_again() {
    let house = House::new().await;
    house.tables().await;
    // Without a URL, the service's own connection is used.
    let again = house.run(&Order::new("warehouse")).await.unwrap();
    assert_eq!(again.tables.unchanged, 9);
    // Another one is told and not taken over, until that is asked for.
    std::fs::copy(house.folder.path().join("shop"), house.folder.path().join("copy")).unwrap();
    let from = Some(Config::from_url("sqlite:copy").unwrap());
    let report = house.run(&Order { from: from.clone(), ..house.order() }).await.unwrap();
    assert_eq!(report.notes.len(), 1);
    let path = async || {
        house.find("database_service", "warehouse").await.unwrap().field("connection").unwrap()["config"]["databaseMode"].clone()
    };
    assert_eq!(path().await, "shop");
    let report = house.run(&Order { from, replace_connection: true, ..house.order() }).await.unwrap();
    assert_eq!((report.notes.len(), path().await), (0, "copy".into()));
    let config = Config::from_url("postgres://u@127.0.0.1:1/d").unwrap().with_password(Secret::new("hunter2"));
    assert!(!format!("{:?}", Order { from: Some(config), ..Order::new("x") }).contains("hunter2"));
}

#[tokio::test]
async fn who_may_not_write_crawls_nothing() {
    let house = House::new().await;
    house.tables().await;
    let (stranger, _) = house.catalog.create_user(&house.admin().await, "eve", None, false).await.unwrap();
    let eve = house.catalog.caller(house.made.account, stranger).await.unwrap();
    let steps = Counted::default();
    for order in [house.order(), Order { service: "new".to_owned(), ..house.order() }] {
        let failure = run(&house.catalog, &eve, &house.rules, &order, &steps).await.unwrap_err();
        assert!(matches!(failure, Failure::Catalogue(Problem::Forbidden { .. })), "{failure}");
    }
    assert_eq!(steps.0.load(Ordering::Relaxed), 0);
    run(&house.catalog, &house.admin().await, &house.rules, &house.order(), &steps).await.unwrap();
    assert!(steps.0.load(Ordering::Relaxed) > 0);
}

#[derive(Default)]
struct Counted(AtomicUsize);

impl Progress for Counted {
    fn step(&self, _: &'static str, _: usize, _: usize) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A run that is broken off between two turns is finished by the next one.
#[tokio::test]
async fn a_run_that_was_broken_off_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db"), Registry::standard(), Options::default()).unwrap();
    let house = House::over(Arc::new(store)).await;
    let many: String = (0..1_200).map(|n| format!("CREATE TABLE t{n} (id INTEGER PRIMARY KEY, x TEXT);")).collect();
    house.sql(&format!("BEGIN; {many} COMMIT"));
    let (admin, order) = (house.admin().await, house.order());
    let stop = tokio::sync::Notify::new();
    struct After<'a>(&'a tokio::sync::Notify);
    impl Progress for After<'_> {
        fn step(&self, what: &'static str, done: usize, _: usize) {
            if what == "written" && done >= 500 {
                self.0.notify_one();
            }
        }
    }
    let progress = After(&stop);
    tokio::select! {
        biased;
        () = stop.notified() => {}
        _ = run(&house.catalog, &admin, &house.rules, &order, &progress) => panic!("it was to be broken off"),
    }
    let first = house.table("t0").await;
    let report = house.run(&order).await.unwrap();
    assert!(report.tables.unchanged >= 490 && report.tables.created > 0, "{:?}", report.tables);
    assert_eq!(report.tables.unchanged + report.tables.created, 1_209);
    assert_eq!(house.table("t0").await.record.revision, first.record.revision);
    assert_eq!(house.tables().await.unchanged, 1_209);
}

#[tokio::test]
async fn names_are_spelled_as_the_catalogues_clients_do_and_raw_ones_are_found() {
    let house = House::new().await;
    house.run(&house.order()).await.unwrap();
    house.sql("CREATE TABLE \"a \"\"b\"\"\" (\"x::y\" INT PRIMARY KEY); CREATE VIEW \"v>\" AS SELECT \"x::y\" FROM \"a \"\"b\"\"\"");
    assert_eq!(house.tables().await.created, 2);
    let quoted = house.table("a __reserved__quote__b__reserved__quote__").await;
    assert_eq!(quoted.field("columns").unwrap()[0]["name"], "x__reserved__colon__y");
    assert_eq!(quoted.field("columns").unwrap()[0]["constraint"], "PRIMARY_KEY");
    let origins = house.origins("v__reserved__arrow__").await;
    assert_eq!(origins, ["view a __reserved__quote__b__reserved__quote__"]);
    assert_eq!(house.tables().await, Tally { unchanged: 11, ..Tally::default() });

    // As an older crawl has left them.
    let columns = serde_json::json!([{"name": "x::y", "data_type": "TEXT", "description": "mine"}]);
    let raw = Command::Upsert {
        kind: house.catalog.kind("table"),
        parent: Some(Ref::Name(house.catalog.kind("database_schema"), "warehouse.shop.main".to_owned())),
        name: "c \"d\"".to_owned(),
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.set("columns", columns.clone());
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    house.catalog.execute(&house.admin().await, &raw).await.unwrap();
    house.sql("CREATE TABLE \"c \"\"d\"\"\" (\"x::y\" INT)");
    let tables = house.tables().await;
    assert_eq!((tables.created, tables.removed, tables.restored), (0, 0, 0));
    let raw = house.table("\"c \\\"d\\\"\"").await;
    let column = &raw.field("columns").unwrap()[0];
    assert_eq!((&column["description"], &column["data_type"]), (&"mine".into(), &"INT".into()));
    assert_eq!(house.tables().await, Tally { unchanged: 12, ..Tally::default() });
    let narrow =
        Order { scope: Scope { include: vec!["main.a \"b\"".parse().unwrap()], ..Scope::default() }, ..house.order() };
    assert_eq!(house.run(&narrow).await.unwrap().tables, Tally { unchanged: 1, ..Tally::default() });
}

#[tokio::test]
async fn nothing_to_look_at_is_told_and_a_narrow_look_may_lose_all_it_had() {
    let house = House::new().await;
    let narrow = |pattern: &str| Order {
        scope: Scope { include: vec![pattern.parse().unwrap()], ..Scope::default() },
        ..house.order()
    };
    assert_eq!(house.run(&house.order()).await.unwrap().notes, [""; 0]);
    let missed = house.run(&narrow("nothing.*")).await.unwrap();
    assert_eq!(missed.notes, ["the source has no tables that the patterns leave in"]);
    house.sql("ALTER TABLE a1 RENAME TO a1_later");
    let tables = house.run(&narrow("main.a1*")).await.unwrap().tables;
    assert_eq!((tables.created, tables.removed), (1, 1));
    std::fs::remove_file(house.folder.path().join("shop")).unwrap();
    house.sql("CREATE TABLE x (y INT); DROP TABLE x");
    let empty = Order { keep_gone: true, ..house.order() };
    assert_eq!(house.run(&empty).await.unwrap().notes, ["the source shows this role no tables"]);
}

#[tokio::test]
async fn what_products_lose_is_told() {
    let house = House::new().await;
    house.run(&house.order()).await.unwrap();
    let create = |kind: &str, name: &str, parent: Option<Ref>, edit: fn(&mut Draft, Ref), table: Ref| Command::Upsert {
        kind: house.catalog.kind(kind),
        parent,
        name: name.to_owned(),
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            edit(&mut draft, table.clone());
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    let table = Ref::Name(house.catalog.kind("table"), "warehouse.shop.main.a1".to_owned());
    let admin = house.admin().await;
    let domain = create("domain", "sales", None, |draft, _| draft.set("domain_type", "Aggregate"), table.clone());
    let domain = house.catalog.execute(&admin, &domain).await.unwrap().view;
    let parent = Some(Ref::Id(domain.record.kind, domain.id()));
    let hold = |draft: &mut Draft, table| draft.relate(HAS_ASSET, How::Add, "assets", vec![Target::of(table)]);
    house.catalog.execute(&admin, &create("data_product", "shop", parent, hold, table)).await.unwrap();
    house.sql("DROP TABLE a1");
    let dry = house.run(&Order { dry_run: true, ..house.order() }).await.unwrap();
    assert_eq!(dry.notes, ["product sales.shop would lose asset warehouse.shop.main.a1"]);
    let told = house.run(&house.order()).await.unwrap();
    assert_eq!(told.notes, ["product sales.shop lost asset warehouse.shop.main.a1"]);
}
