//! Three small products with awkward data, and how a query over one of them is run through the guard.

use emporion_semantic::chat::ground::{DatasetId, FieldId, JoinId, MetricId};
use emporion_semantic::chat::query::{Dimension, Grain, Measure, Query};
use emporion_semantic::chat::{self, Ground, LeftOut, ModelSource, PlanProblem, Statement, TableKnown};
use emporion_semantic::guard::{Column, Dialect, Policy, Table, TableName, guard};
use emporion_semantic::model::{Format, Syntax, parse};
use jiff::civil::{Date, date};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

pub const SHOP: &str = include_str!("chat_shop.yaml");
pub const SHOP_ROWS: &str = include_str!("chat_shop.sql");

/// Table, columns with types, personal columns.
type Columns = &'static [(&'static str, &'static str)];
const TABLES: &[(&str, Columns, &[&str])] = &[
    (
        "customers",
        &[
            ("id", "INT"),
            ("name", "VARCHAR"),
            ("region", "VARCHAR"),
            ("country", "VARCHAR"),
            ("is_vip", "BOOLEAN"),
            ("email", "VARCHAR"),
            ("age", "INT"),
            ("signed_up", "DATE"),
        ],
        &["email", "age"],
    ),
    (
        "orders",
        &[
            ("id", "INT"),
            ("customer_id", "INT"),
            ("status", "VARCHAR"),
            ("amount_cents", "INT"),
            ("tax", "DECIMAL"),
            ("order_date", "TIMESTAMP"),
            ("shipped_on", "DATE"),
        ],
        &[],
    ),
    (
        "order_lines",
        &[("order_id", "INT"), ("line", "INT"), ("product_id", "INT"), ("quantity", "INT"), ("price", "DECIMAL")],
        &[],
    ),
    ("products", &[("id", "INT"), ("title", "VARCHAR"), ("category", "VARCHAR")], &[]),
    ("campaigns", &[("id", "INT"), ("title", "VARCHAR"), ("start_date", "DATE"), ("cost", "DECIMAL")], &[]),
    ("airports", &[("code", "VARCHAR"), ("city", "VARCHAR")], &[]),
    (
        "flights",
        &[
            ("id", "INT"),
            ("origin", "VARCHAR"),
            ("destination", "VARCHAR"),
            ("departed", "TIMESTAMP"),
            ("seats", "INT"),
        ],
        &[],
    ),
    ("balances", &[("account", "VARCHAR"), ("day", "DATE"), ("balance", "DECIMAL")], &[]),
];

pub struct World {
    pub ground: Ground,
    pub left_out: Vec<LeftOut>,
    dialect: Dialect,
    db: rusqlite::Connection,
}

fn tables(dialect: Dialect) -> impl Fn(Option<&str>, &str) -> Option<TableKnown> {
    move |_: Option<&str>, source: &str| {
        let (name, columns, personal) = TABLES.iter().find(|(name, _, _)| *name == source)?;
        Some(TableKnown {
            name: TableName { schema: None, name: (*name).to_owned() },
            dialect,
            source: 0,
            columns: columns.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect(),
            personal: personal.iter().map(|name| (*name).to_owned()).collect(),
            rows: None,
        })
    }
}

pub fn world() -> World {
    world_in(Dialect::Sqlite)
}

/// The same models over another dialect; only SQLite's statements are run.
pub fn world_in(dialect: Dialect) -> World {
    let read = parse(SHOP, Syntax::Yaml, Format::Osi, "shop").expect("a model");
    let source = ModelSource { namespace: None, model: &read.model, is_generated: false };
    let (ground, left_out) = Ground::of(&[source], &tables(dialect));
    let db = rusqlite::Connection::open_in_memory().expect("a database");
    db.execute_batch(SHOP_ROWS).expect("the rows");
    World { ground, left_out, dialect, db }
}

pub const TODAY: Date = date(2026, 11, 20);

impl World {
    pub fn dataset(&self, name: &str) -> DatasetId {
        DatasetId(self.ground.datasets.iter().position(|it| it.names.name == name).expect("a dataset"))
    }

    pub fn field(&self, path: &str) -> FieldId {
        let is_it = |at: &usize| self.ground.path(FieldId(*at)) == path;
        FieldId((0..self.ground.fields.len()).find(is_it).unwrap_or_else(|| panic!("no field {path}")))
    }

    pub fn metric(&self, name: &str) -> Measure {
        let at = self.ground.metrics.iter().position(|it| it.names.name == name);
        Measure::Metric(MetricId(at.unwrap_or_else(|| panic!("no metric {name}: {:?}", self.left_out))))
    }

    pub fn join(&self, name: &str) -> JoinId {
        JoinId(self.ground.joins.iter().position(|it| it.names.name == name).expect("a join"))
    }

    pub fn by(&self, path: &str) -> Dimension {
        Dimension { field: self.field(path), grain: None }
    }

    pub fn per(&self, path: &str, grain: Grain) -> Dimension {
        Dimension { field: self.field(path), grain: Some(grain) }
    }

    pub fn policy(&self) -> Policy {
        let mut policy = Policy::new(self.dialect);
        for (name, columns, _) in TABLES {
            let columns = Some(columns.iter().map(|(name, _)| Column::named(*name)).collect());
            let name = TableName { schema: None, name: (*name).to_owned() };
            policy.allow(Table { name, columns, filter: None, rows: None }).expect("a table");
        }
        policy
    }

    pub fn plan(&self, query: &Query) -> Result<Statement, PlanProblem> {
        chat::plan(&self.ground, query, TODAY)
    }

    /// What the guard makes of the statement.
    pub fn guarded(&self, statement: &Statement) -> String {
        match guard(&statement.sql, &self.policy(), &statement.parameters) {
            Ok(plan) => plan.sql,
            Err(refusal) => panic!("{refusal}\n{}", statement.sql),
        }
    }

    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.db.prepare(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{error}\n{sql}")) {
            let value = |at: usize| match row.get_ref(at).expect("a value") {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => json!(number),
                ValueRef::Real(number) => json!(number),
                ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => json!("blob"),
            };
            all.push((0..width).map(value).collect());
        }
        all
    }

    /// Plans, guards and runs.
    pub fn answer(&self, query: &Query) -> (Statement, Vec<Vec<Value>>) {
        let statement =
            self.plan(query).unwrap_or_else(|problem| panic!("{}: {query:?}", problem.message(&self.ground)));
        let rows = self.rows(&self.guarded(&statement));
        (statement, rows)
    }

    /// The rows are those of a statement written by hand, in the same order.
    pub fn same(&self, query: &Query, gold: &str) -> Statement {
        let (statement, rows) = self.answer(query);
        let wanted = self.rows(gold);
        // For whoever wants to look at them, or to run them elsewhere.
        if std::env::var_os("CHAT_SQL").is_some() {
            eprintln!("{}\n{rows:?}\n{:?}", statement.sql, statement.assumptions);
        }
        assert!(alike(&rows, &wanted), "{}\n got {rows:?}\nwant {wanted:?}", statement.sql);
        statement
    }
}

fn alike(rows: &[Vec<Value>], wanted: &[Vec<Value>]) -> bool {
    let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9),
        _ => a == b,
    };
    rows.len() == wanted.len()
        && rows.iter().zip(wanted).all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)))
}
