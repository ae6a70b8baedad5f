//! SQLite files.

use std::time::{Duration, Instant};

use emporion_sources::{Bounds, Config, ErrorKind, Limits, ResultType, Rules, Silent, Source, TableKind, open};
use rusqlite::Connection;
use serde_json::json;

use crate::honest;
use crate::servers::{WAIT, budget, plan, policy, unguarded};

fn shop() -> (tempfile::TempDir, Box<dyn Source>) {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("shop.db")).unwrap();
    db.execute_batch(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, active BOOLEAN DEFAULT 1, UNIQUE (name));
         CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES Customers, amount DECIMAL(12,2), at TIMESTAMP, body BLOB, doc JSON);
         CREATE TABLE lines (order_id INTEGER, line INTEGER, text TEXT, PRIMARY KEY (line, order_id), FOREIGN KEY (order_id) REFERENCES orders(id)) WITHOUT ROWID;
         CREATE VIEW totals AS SELECT customer_id, SUM(amount) AS total FROM Orders GROUP BY customer_id;
         INSERT INTO customers VALUES (1, 'Ann', 1), (2, 'Bob', 0);
         INSERT INTO orders VALUES (1, 1, 12.5, '2026-01-02 03:04:05', x'4142', '{\"a\":1}'), (2, 1, 9007199254740993, NULL, NULL, NULL);
         INSERT INTO lines VALUES (1, 1, 'x');",
    )
    .unwrap();
    let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
    let source = open(Config::from_url("sqlite:shop.db").unwrap(), &rules).unwrap();
    (dir, source)
}

#[tokio::test]
async fn a_crawl_finds_tables_views_columns_and_keys() {
    let (_dir, source) = shop();
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    assert_eq!(found, source.crawl(&Silent, WAIT).await.unwrap());
    let tables = &found.schemas[0].tables;
    assert_eq!(
        tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(),
        ["customers", "lines", "orders", "totals"]
    );
    let [customers, lines, orders, totals] = tables.as_slice() else { panic!("four tables") };
    assert_eq!((customers.rows, customers.primary_key.as_slice()), (Some(2), &["id".to_owned()][..]));
    assert_eq!(customers.unique_keys[0].columns, ["name"]);
    let name = &customers.columns[1];
    assert_eq!((name.data_type, name.length, name.nullable, name.ordinal), ("VARCHAR", Some(40), false, 2));
    assert_eq!(customers.columns[2].default.as_deref(), Some("1"));
    assert_eq!(lines.primary_key, ["line", "order_id"]);
    let key = &orders.foreign_keys[0];
    assert_eq!(
        (key.to.name.as_str(), key.columns.as_slice(), key.to_columns.as_slice()),
        ("customers", &["customer_id".to_owned()][..], &["id".to_owned()][..])
    );
    assert_eq!((orders.columns[2].precision, orders.columns[2].scale), (Some(12), Some(2)));
    assert_eq!(totals.kind, TableKind::View);
    assert_eq!(totals.reads[0].name, "orders");
    assert!(totals.definition.as_deref().unwrap().starts_with("CREATE VIEW"));
    assert_eq!(source.tables(WAIT).await.unwrap(), found.summaries());
    assert!(source.test(WAIT).await.unwrap().version.starts_with("SQLite 3"));
}

#[tokio::test]
async fn what_cannot_be_read_any_more_has_no_columns_and_hides_nothing_else() {
    let (dir, source) = shop();
    let db = Connection::open(dir.path().join("shop.db")).unwrap();
    db.execute_batch(
        "CREATE VIEW again AS SELECT * FROM totals;
         PRAGMA foreign_keys = OFF;
         DROP TABLE orders;
         CREATE VIEW odd AS SELECT missing(id) FROM customers;
         CREATE VIEW kept AS SELECT id FROM customers;
         CREATE VIRTUAL TABLE shapes USING rtree(id, a, b);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE shapes USING missing(id)' WHERE name = 'shapes';
         PRAGMA writable_schema = OFF;",
    )
    .unwrap();
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    let columns = |name: &str| {
        let tables = &found.schemas[0].tables;
        tables.iter().find(|table| table.name == name).map(|table| table.columns.len())
    };
    assert_eq!([columns("totals"), columns("again"), columns("odd"), columns("shapes")], [Some(0); 4]);
    assert_eq!([columns("customers"), columns("lines"), columns("kept")], [Some(3), Some(3), Some(1)]);
    assert_eq!(columns("orders"), None);
}

#[tokio::test]
async fn answers_are_typed() {
    let (_dir, source) = shop();
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    let plan = plan(
        "SELECT o.*, c.name, c.active, 1.5 AS f, COUNT(*) OVER () AS n, j.value FROM orders o JOIN customers c ON c.id = o.customer_id JOIN json_each('[7]') j ORDER BY o.id",
        &policy,
    );
    let answer = source.query(&plan, None, Limits::default()).await.unwrap();
    use ResultType as T;
    let kinds: Vec<ResultType> = answer.columns.iter().map(|column| column.kind).collect();
    assert_eq!(
        kinds,
        [
            T::Number,
            T::Number,
            T::Float,
            T::Timestamp,
            T::Binary,
            T::Json,
            T::Varchar,
            T::Boolean,
            T::Float,
            T::Number,
            T::Number
        ]
    );
    assert_eq!(
        answer.rows[0],
        [
            json!(1),
            json!(1),
            json!(12.5),
            json!("2026-01-02 03:04:05"),
            json!("QUI="),
            json!({"a": 1}),
            json!("Ann"),
            json!(true),
            json!(1.5),
            json!(2),
            json!(7)
        ]
    );
    assert_eq!(answer.rows[1][2], json!("9007199254740993"));
    assert!(!answer.truncated);
    assert_eq!(source.describe(&plan, WAIT).await.unwrap().len(), 11);
    let one = budget(&plan, &policy, 1);
    assert_eq!(source.query(&plan, Some(&one), Limits::default()).await.unwrap_err().kind, ErrorKind::Limit);
}

#[tokio::test]
async fn computed_columns_are_described_without_a_look_at_rows() {
    let (dir, source) = shop();
    let db = Connection::open(dir.path().join("shop.db")).unwrap();
    db.execute_batch("CREATE VIEW best AS SELECT *, MAX(total) AS most FROM Totals GROUP BY customer_id").unwrap();
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    use ResultType as T;
    for (sql, kinds) in [
        (
            "SELECT name, COUNT(*), SUM(id) FROM customers WHERE name = '' GROUP BY name",
            vec![T::Varchar, T::Number, T::Number],
        ),
        ("SELECT total, total > 1 FROM totals", vec![T::Number, T::Number]),
        (
            "SELECT b.*, MAX(o.at) FROM best b, orders o WHERE o.customer_id = b.customer_id",
            vec![T::Number, T::Number, T::Number, T::Timestamp],
        ),
        (
            "WITH x AS (SELECT AVG(amount) AS mean, MIN(body) AS first FROM orders) SELECT mean, first FROM x",
            vec![T::Number, T::Binary],
        ),
        ("SELECT name || '!', active FROM customers", vec![T::Varchar, T::Boolean]),
    ] {
        let described = source.describe(&plan(sql, &policy), WAIT).await.unwrap();
        assert_eq!(described.into_iter().map(|column| column.kind).collect::<Vec<_>>(), kinds, "{sql}");
    }
}

#[tokio::test]
async fn honest_statements_answer_as_they_were_typed() {
    let dir = tempfile::tempdir().unwrap();
    Connection::open(dir.path().join("shop.db")).unwrap().execute_batch(&honest::bank("shop_sqlite.sql")).unwrap();
    let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
    let source = open(Config::from_url("sqlite:shop.db").unwrap(), &rules).unwrap();
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    honest::answers_as_typed(source.as_ref(), &found, "sqlite.sql").await;
}

#[tokio::test]
async fn limits_cut_refuse_and_stop() {
    let (_dir, source) = shop();
    let answer =
        source.query(&unguarded("SELECT id FROM orders"), None, Limits { rows: 1, ..Limits::default() }).await.unwrap();
    assert!(answer.truncated && answer.rows.len() == 1);
    let error = source
        .query(&unguarded("SELECT id FROM orders"), None, Limits { bytes: 1, ..Limits::default() })
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
    let endless = unguarded("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n");
    let began = Instant::now();
    let error = source
        .query(&endless, None, Limits { timeout: Duration::from_millis(300), ..Limits::default() })
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

/// A file is as free to say what it likes as a server.
#[tokio::test]
async fn a_crawl_takes_no_more_than_its_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("wide.db")).unwrap();
    let columns =
        |count: usize, text: &str| -> String { (0..count).map(|n| format!(", c{n} TEXT DEFAULT '{text}'")).collect() };
    let keys: String = (0..40).map(|n| format!("CREATE UNIQUE INDEX k{n} ON keys (c{n}, a);")).collect();
    db.execute_batch(&format!(
        "CREATE TABLE texts (a{}); CREATE TABLE keys (a{}); {keys}",
        columns(30, &"x".repeat(40_000)),
        columns(40, "")
    ))
    .unwrap();
    let opened = |bounds: Bounds| {
        let rules = Rules::default().with_source_dirs([dir.path().to_owned()]).with_bounds(bounds);
        open(Config::from_url("sqlite:wide.db").unwrap(), &rules).unwrap()
    };
    let all = Bounds { rows: 154, bytes: 3 << 20, ..Bounds::default() };
    assert_eq!(opened(all).crawl(&Silent, WAIT).await.unwrap().schemas[0].tables.len(), 2);
    for (bounds, what) in [
        // Two tables, 72 columns, 80 places in keys.
        (Bounds { rows: 153, ..all }, "153 rows"),
        (Bounds { rows: 73, ..all }, "73 rows"),
        (Bounds { rows: 1, ..all }, "1 rows"),
        (Bounds { bytes: 2 << 20, ..all }, "2097152 bytes"),
        (Bounds { bytes: 1 << 20, ..all }, "1048576 bytes"),
    ] {
        let Err(error) = opened(bounds).crawl(&Silent, WAIT).await else { panic!("{what} were taken") };
        assert!(error.kind == ErrorKind::Limit && error.message.contains(what), "{what}: {error}");
    }
    let error = opened(Bounds { rows: 1, ..all }).tables(WAIT).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[tokio::test]
async fn a_session_writes_nothing_even_without_the_guard() {
    let (dir, source) = shop();
    for sql in [
        "DELETE FROM orders",
        "INSERT INTO customers VALUES (9, 'x', 1)",
        "DROP TABLE orders",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "ATTACH ':memory:' AS m",
        "PRAGMA query_only = OFF",
        "PRAGMA table_info('orders')",
        "VACUUM",
        "SELECT load_extension('x')",
        "BEGIN IMMEDIATE",
        "SELECT * FROM pragma_database_list",
    ] {
        let error = source.query(&unguarded(sql), None, Limits::default()).await.expect_err(sql);
        assert!(matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Syntax), "{sql}: {error:?}");
    }
    let db = Connection::open(dir.path().join("shop.db")).unwrap();
    assert_eq!(db.query_row("SELECT COUNT(*) FROM orders", [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[tokio::test]
async fn errors_are_classified_and_say_no_path() {
    let (dir, source) = shop();
    let error = source.query(&unguarded("SELECT nothing FROM orders"), None, Limits::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Syntax);
    assert!(error.message.contains("nothing"));
    let error = source.query(&unguarded("SELECT \"nothing\" FROM orders"), None, Limits::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Syntax);
    for sql in [
        "SELECT SUM(id + 9223372036854775800) FROM customers",
        "SELECT abs(id - 9223372036854775807 - 2) FROM customers",
        "SELECT json_extract(name, '$.a') FROM customers",
        "SELECT name REGEXP '(' FROM customers",
    ] {
        let error = source.query(&unguarded(sql), None, Limits::default()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Value, "{sql}");
        assert!(!error.message.contains("Ann") && !error.message.contains("922337"), "{error}");
    }
    // The engine tells no place in the text of this one.
    let unjoined = unguarded("SELECT c.*, l.text FROM customers c LEFT JOIN lines l USING (id) LIMIT 1");
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    let errors = [
        source.query(&unjoined, None, Limits::default()).await.unwrap_err(),
        source.describe(&unjoined, WAIT).await.unwrap_err(),
        source.query(&unjoined, Some(&budget(&unjoined, &policy, 0)), Limits::default()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, ErrorKind::Syntax);
        assert!(error.message.contains("cannot join using column id"), "{error}");
    }
    std::fs::write(
        dir.path().join("text.db"),
        "this is not a database, but it is long enough to be taken for one. ".repeat(50),
    )
    .unwrap();
    let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
    let text = open(Config::from_url("sqlite:text.db").unwrap(), &rules).unwrap();
    let error = text.test(WAIT).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(!error.message.contains(dir.path().to_str().unwrap()));
}

#[tokio::test]
async fn virtual_tables_are_told_without_what_they_keep_beside_them() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("shop.db")).unwrap();
    db.execute_batch(
        "CREATE VIRTUAL TABLE ft USING fts5(body); CREATE VIRTUAL TABLE rt USING rtree(id, a, b);
         CREATE TABLE kept (id INT, any ANY) STRICT; CREATE VIEW broken AS SELECT x FROM nowhere;",
    )
    .unwrap();
    let rules = Rules::default().with_source_dirs([dir.path().to_owned()]);
    let source = open(Config::from_url("sqlite:shop.db").unwrap(), &rules).unwrap();
    let tables = source.crawl(&Silent, WAIT).await.unwrap().schemas.remove(0).tables;
    let told: Vec<_> =
        tables.iter().map(|table| (table.name.as_str(), table.columns.len(), table.fault.as_deref())).collect();
    let (denied, broken) = (
        Some("it is a virtual table that wants to write, and sources are only read"),
        Some("it cannot be read: it names what is not there"),
    );
    assert_eq!(told, [("broken", 0, broken), ("ft", 1, None), ("kept", 2, None), ("rt", 0, denied)]);
    assert_eq!(tables[2].columns[1].data_type, "VARIANT");
}
