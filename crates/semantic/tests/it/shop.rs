//! A small shop: the tables that the statements of these tests are about, as a policy and as a SQLite database.

use emporion_semantic::guard::{Column, Dialect, Parameters, Plan, Policy, Refusal, Table, TableName, guard};

pub const TABLES: &[(&str, &[&str])] = &[
    ("orders", &["id", "customer_id", "status", "amount", "order_date", "note"]),
    ("customers", &["id", "name", "region", "country", "email"]),
    ("order_lines", &["order_id", "line", "product_id", "quantity", "price"]),
    ("products", &["id", "title", "category", "price"]),
    ("employees", &["id", "name", "manager_id", "salary"]),
    ("events", &["id", "customer_id", "kind", "at", "tags", "doc"]),
    ("Odd Name", &["id", "A value"]),
];

pub fn schema(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "main",
        Dialect::PostgreSql => "public",
        Dialect::MySql => "shop",
    }
}

/// Everything of the shop but `secrets`, each table with `filter` where one is given.
pub fn policy(dialect: Dialect, filter: Option<&str>) -> Policy {
    let mut policy = Policy::new(dialect).with_database("shopdb").with_default_schema(schema(dialect));
    for (name, columns) in TABLES {
        let table = Table {
            name: TableName { schema: Some(schema(dialect).to_owned()), name: (*name).to_owned() },
            columns: Some(
                columns.iter().map(|name| Column { hidden: *name == "salary", ..Column::named(*name) }).collect(),
            ),
            filter: filter.map(str::to_owned),
            rows: Some(if *name == "products" { 50 } else { 100_000 }),
        };
        policy.allow(table).expect("a table of the shop");
    }
    policy
}

pub fn decide(sql: &str, dialect: Dialect) -> Result<Plan, Refusal> {
    guard(sql, &policy(dialect, None), &Parameters::new())
}

/// The shop with a few hundred rows.
pub fn database() -> rusqlite::Connection {
    let db = rusqlite::Connection::open_in_memory().expect("a database in memory");
    db.execute_batch(
        r#"
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT, country TEXT, email TEXT);
        CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT, category TEXT, price REAL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, amount REAL, order_date TEXT, note TEXT);
        CREATE TABLE order_lines (order_id INTEGER, line INTEGER, product_id INTEGER, quantity INTEGER, price REAL);
        CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER, salary REAL);
        CREATE TABLE events (id INTEGER PRIMARY KEY, customer_id INTEGER, kind TEXT, at TEXT, tags TEXT, doc TEXT);
        CREATE TABLE "Odd Name" (id INTEGER, "A value" TEXT);
        CREATE TABLE secrets (id INTEGER, word TEXT);
        INSERT INTO secrets VALUES (1, 'hidden');
        INSERT INTO "Odd Name" VALUES (1, 'x'), (2, 'it''s'), (3, 'back\slash');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO customers SELECT i, 'Customer ' || i, CASE i % 3 WHEN 0 THEN 'EU' WHEN 1 THEN 'US' ELSE NULL END, 'C' || (i % 5), 'c' || i || '@example.com' FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
        INSERT INTO products SELECT i, 'Product ' || i, CASE i % 2 WHEN 0 THEN 'tool' ELSE 'toy' END, i * 1.5 FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO orders SELECT i, i % 40 + 1, CASE i % 4 WHEN 0 THEN 'open' ELSE 'paid' END, i * 2.25, date('2026-01-01', '+' || i || ' days'),
            CASE i % 7 WHEN 0 THEN NULL ELSE 'it''s "quoted" \ note ' || i END FROM n;
        INSERT INTO order_lines SELECT id, 1, id % 12 + 1, id % 5 + 1, amount / 2 FROM orders;
        INSERT INTO order_lines SELECT id, 2, id % 11 + 1, 1, amount / 2 FROM orders WHERE id % 2 = 0;
        INSERT INTO employees VALUES (1, 'Ada', NULL, 10), (2, 'Ben', 1, 9), (3, 'Cid', 1, 8), (4, 'Dee', 2, 7), (5, 'Eve', 4, 6);
        "#,
    )
    .expect("the shop");
    db
}

/// Each statement is refused in each of its dialects by the rule that stands before it.
pub fn refuses_all(bank: &[(&[Dialect], &str, &str)]) {
    let mut wrong = Vec::new();
    for (dialects, rule, sql) in bank {
        for dialect in *dialects {
            match decide(sql, *dialect) {
                Ok(plan) => wrong.push(format!("{dialect:?} lets through: {sql}\n    as {}", plan.sql)),
                Err(refusal) if refusal.rule.code() != *rule => {
                    wrong.push(format!("{dialect:?} wants {rule}: {sql}\n    got {refusal}"));
                }
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), bank.len(), wrong.join("\n"));
}
