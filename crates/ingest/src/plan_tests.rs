//! Tests of `plan`.

use std::collections::HashMap;

use emporion_catalog::record::{Body, State};
use emporion_catalog::testing;
use emporion_sources::{Column, Table, TableKind};

use super::*;

fn crawled(schemas: &[(&str, &[&str])]) -> Database {
    let column = Column {
        name: "id".to_owned(),
        ordinal: 1,
        native_type: "integer".to_owned(),
        data_type: "INT",
        array_data_type: None,
        length: None,
        precision: None,
        scale: None,
        nullable: false,
        default: None,
        comment: None,
    };
    let table = |name: &&str| {
        let mut table = Table::new((*name).to_owned(), TableKind::Table);
        table.columns = vec![column.clone()];
        table
    };
    let schemas = schemas.iter().map(|(name, tables)| Schema {
        name: (*name).to_owned(),
        comment: None,
        tables: tables.iter().map(table).collect(),
    });
    Database { name: "shop".to_owned(), schemas: schemas.collect(), ..Database::default() }
}

fn record(kind: &str, parent: Option<&Record>, name: &str, body: Body) -> Record {
    let fqn = name::join(Some(parent.map_or("warehouse", |parent| parent.fqn.as_str())), name);
    Record { fqn, body, ..testing::record(kind, parent, name) }
}

/// The catalogue after a crawl was carried out.
fn present(crawled: &Database) -> Present {
    let database = record("database", None, &crawled.name, Body::new());
    let (mut schemas, mut tables) = (Vec::new(), Vec::new());
    let mut rows = HashMap::new();
    for schema in &crawled.schemas {
        let stored = record("database_schema", Some(&database), &schema.name, Body::new());
        for table in &schema.tables {
            let wanted = Described::table(table, &database.fqn, &schema.name);
            let mut body = merge::fields(&wanted, None);
            body.retain(|_, value| !value.is_null());
            let counted = wanted.table.as_ref().and_then(|relation| relation.rows);
            let made = record("table", Some(&stored), &table.name, body.into());
            rows.extend(counted.map(|counted| (made.id, counted as f64)));
            tables.push(made);
        }
        schemas.push(stored);
    }
    Present { database: Some(database), schemas, tables, rows, ..Present::default() }
}

fn planned(crawled: &Database, present: &Present, scope: &Scope) -> Plan {
    let registry = Registry::standard();
    let input = Input {
        registry: &registry,
        service: "warehouse",
        crawled,
        present,
        scope,
        keep_gone: false,
        only_known: false,
        now: Millis(9),
    };
    plan(&input)
}

fn steps(plan: &Plan) -> Vec<(Change, &str)> {
    plan.steps.iter().map(|step| (step.change, step.fqn.as_str())).collect()
}

#[test]
fn what_is_missing_is_made_from_the_top_down() {
    let crawled = crawled(&[("sales", &["orders", "a.b"]), ("empty", &[])]);
    let plan = planned(&crawled, &Present::default(), &Scope::default());
    assert_eq!(
        steps(&plan),
        [
            (Change::Create, "warehouse.shop"),
            (Change::Create, "warehouse.shop.sales"),
            (Change::Create, "warehouse.shop.sales.orders"),
            (Change::Create, "warehouse.shop.sales.\"a.b\""),
            (Change::Create, "warehouse.shop.empty"),
        ]
    );
    assert_eq!((plan.known, plan.gone, plan.columns), (0, 0, 2));
}

#[test]
fn what_is_there_is_left_alone() {
    let crawled = crawled(&[("sales", &["orders", "lines"])]);
    let plan = planned(&crawled, &present(&crawled), &Scope::default());
    assert_eq!(steps(&plan), []);
    assert_eq!((plan.tables.unchanged, plan.schemas.unchanged, plan.known, plan.gone), (2, 1, 2, 0));
}

#[test]
fn what_changed_goes_and_comes_back_is_planned_and_nothing_else() {
    let before = crawled(&[("sales", &["orders", "lines", "back"]), ("old", &["x", "y"])]);
    let mut present = present(&before);
    present.tables[2].state = State::Deleted { holds_name: true };
    let mut after = crawled(&[("sales", &["orders", "back", "new"])]);
    after.schemas[0].tables[0].columns[0].data_type = "BIGINT";
    let plan = planned(&after, &present, &Scope::default());
    assert_eq!(
        steps(&plan),
        [
            (Change::Update, "warehouse.shop.sales.orders"),
            (Change::Restore, "warehouse.shop.sales.back"),
            (Change::Create, "warehouse.shop.sales.new"),
            (Change::Remove, "warehouse.shop.sales.lines"),
            (Change::Remove, "warehouse.shop.old"),
        ]
    );
    assert_eq!((plan.known, plan.gone), (4, 3), "the tables of a schema that is gone count");
    assert!(!plan.restores_containers());
}

#[test]
fn row_counts_alone_are_observations() {
    let mut crawled = crawled(&[("sales", &["orders"])]);
    let present = present(&crawled);
    crawled.schemas[0].tables[0].rows = Some(7);
    let plan = planned(&crawled, &present, &Scope::default());
    assert_eq!(steps(&plan), [(Change::Observe, "warehouse.shop.sales.orders")]);
}

#[test]
fn what_was_not_looked_at_is_not_gone() {
    let before = crawled(&[("sales", &["orders", "tmp_1"]), ("hr", &["staff"]), ("other", &["x"])]);
    let present = present(&before);
    let scope = Scope {
        include: vec!["sales".parse().unwrap(), "other".parse().unwrap()],
        exclude: vec!["*.tmp_*".parse().unwrap()],
    };
    let plan = planned(&crawled(&[("sales", &[])]), &present, &scope);
    assert_eq!(
        steps(&plan),
        [(Change::Remove, "warehouse.shop.sales.orders"), (Change::Remove, "warehouse.shop.other")]
    );
    assert_eq!((plan.known, plan.gone), (2, 2));
    // A connection that names one schema saw no other.
    let mut one = crawled(&[("sales", &["orders", "tmp_1"])]);
    one.only_schema = Some("sales".to_owned());
    assert_eq!(steps(&planned(&one, &present, &Scope::default())), []);
}

#[test]
fn a_schema_that_comes_back_is_first() {
    let crawled = crawled(&[("sales", &["orders"])]);
    let mut present = present(&crawled);
    present.schemas[0].state = State::Deleted { holds_name: true };
    present.tables[0].state = State::Deleted { holds_name: true };
    let mut plan = planned(&crawled, &present, &Scope::default());
    assert!(plan.restores_containers());
    let first: Vec<_> = plan.take_containers().into_iter().map(|step| step.fqn).collect();
    assert_eq!(first, ["warehouse.shop.sales"]);
    assert_eq!(steps(&plan), [(Change::Restore, "warehouse.shop.sales.orders")]);
}

#[test]
fn a_table_without_columns_is_told_and_not_made() {
    let mut crawled = crawled(&[("sales", &["orders"])]);
    crawled.schemas[0].tables[0].columns.clear();
    let plan = planned(&crawled, &Present::default(), &Scope::default());
    assert_eq!(plan.skipped[0].name, "warehouse.shop.sales.orders");
    assert_eq!(plan.steps.len(), 2);
}
