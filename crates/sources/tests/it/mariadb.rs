//! A real MariaDB server.

use std::time::{Duration, Instant};

use emporion_sources::{ErrorKind, Limits, ResultType, Silent, TableKind};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use serde_json::json;

use crate::honest;
use crate::servers::{self, WAIT, budget, plan, policy, source, unguarded};

async fn conn(url: &str) -> Conn {
    Conn::new(Opts::from_url(&format!("{url}?prefer_socket=false")).unwrap()).await.unwrap()
}

async fn database(name: &str) -> String {
    database_of(name, SHOP).await
}

async fn database_of(name: &str, statements: &[&str]) -> String {
    let server = servers::mariadb();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let mut admin = conn(server).await;
    admin.query_drop(format!("CREATE DATABASE {name}")).await.unwrap();
    admin.query_drop(format!("USE {name}")).await.unwrap();
    for sql in statements {
        admin.query_drop(*sql).await.unwrap();
    }
    url
}

const SHOP: &[&str] = &[
    "CREATE TABLE customers (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL COMMENT 'as on the invoice', kind ENUM('a','b'), UNIQUE KEY by_name (name)) COMMENT 'who buys'",
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT, amount DECIMAL(12,2) DEFAULT 0.00, at DATETIME, stamp TIMESTAMP NULL, raw VARBINARY(8), doc JSON, ratio DOUBLE, day DATE, `Odd Column` TEXT, FOREIGN KEY (customer_id) REFERENCES customers (id))",
    "CREATE TABLE `lines` (order_id BIGINT, line INT, PRIMARY KEY (line, order_id))",
    "CREATE VIEW totals AS SELECT c.name, SUM(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.name",
    "INSERT INTO customers (name, kind) VALUES ('Ann', 'a'), ('Bob', NULL)",
    r"INSERT INTO orders VALUES (1, 1, 12.50, '2026-01-02 03:04:05', '2026-01-02 03:04:05', 'AB', '{}', 0.5, '2026-01-02', 'back\\slash'), (9007199254740993, 2, 99.99, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "ANALYZE TABLE customers, orders",
];

#[tokio::test]
async fn a_crawl_finds_what_information_schema_counts() {
    let url = database("crawled").await;
    let source = source(&url);
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    assert_eq!(found, source.crawl(&Silent, WAIT).await.unwrap());
    assert_eq!(found.schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), ["crawled"]);
    let tables = &found.schemas[0].tables;
    let mut admin = conn(&url).await;
    let mut counted = Vec::new();
    for what in ["TABLES", "COLUMNS", "VIEWS", "TABLE_CONSTRAINTS"] {
        let sql = format!("SELECT COUNT(*) FROM information_schema.{what} WHERE TABLE_SCHEMA = 'crawled'");
        counted.push(admin.query_first::<usize, _>(sql).await.unwrap().unwrap());
    }
    let keys = tables
        .iter()
        .map(|table| usize::from(!table.primary_key.is_empty()) + table.unique_keys.len() + table.foreign_keys.len())
        .sum::<usize>();
    let views = tables.iter().filter(|table| table.kind == TableKind::View).count();
    let columns = tables.iter().map(|table| table.columns.len()).sum::<usize>();
    // MariaDB counts the check that keeps a JSON column valid among the constraints.
    assert_eq!([tables.len(), columns, views, keys + 1], counted[..]);

    let [customers, lines, orders, totals] = tables.as_slice() else { panic!("four tables") };
    assert_eq!((customers.comment.as_deref(), customers.rows), (Some("who buys"), Some(2)));
    let name = &customers.columns[1];
    assert_eq!(
        (name.data_type, name.native_type.as_str(), name.length, name.nullable, name.comment.as_deref()),
        ("VARCHAR", "varchar(40)", Some(40), false, Some("as on the invoice"))
    );
    assert_eq!(customers.unique_keys[0].columns, ["name"]);
    assert_eq!(lines.primary_key, ["line", "order_id"]);
    assert_eq!(
        (orders.columns[2].precision, orders.columns[2].scale, orders.columns[2].default.as_deref()),
        (Some(12), Some(2), Some("0.00"))
    );
    assert_eq!(orders.foreign_keys[0].to.name, "customers");
    assert_eq!(totals.reads.iter().map(|read| read.name.as_str()).collect::<Vec<_>>(), ["customers", "orders"]);
    assert_eq!(source.tables(WAIT).await.unwrap(), found.summaries());
    assert!(source.test(WAIT).await.unwrap().version.starts_with("MariaDB"));
}

#[tokio::test]
async fn answers_are_typed_and_guarded_statements_run() {
    let url = database("typed").await;
    let source = source(&url);
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    let typed = plan(
        "SELECT id, amount, at, stamp, raw, doc, ratio, day, `Odd Column`, 'it\\'s \\\\' AS t FROM orders ORDER BY id",
        &policy,
    );
    let answer = source.query(&typed, None, Limits::default()).await.unwrap();
    use ResultType as T;
    let kinds: Vec<_> = answer.columns.iter().map(|column| column.kind).collect();
    assert_eq!(
        kinds,
        [
            T::Number,
            T::Number,
            T::Timestamp,
            T::TimestampTz,
            T::Binary,
            T::Varchar,
            T::Float,
            T::Date,
            T::Varchar,
            T::Varchar
        ]
    );
    assert_eq!(
        answer.rows[0][..5],
        [json!(1), json!(12.5), json!("2026-01-02T03:04:05"), json!("2026-01-02T03:04:05Z"), json!("QUI=")]
    );
    assert_eq!(answer.rows[0][8..], [json!("back\\slash"), json!("it's \\")]);
    assert_eq!(answer.rows[1][0], json!("9007199254740993"));
    assert_eq!(source.describe(&typed, WAIT).await.unwrap().len(), 10);
    for sql in [
        "SELECT DATE_FORMAT(at, '%Y-%m') AS m, SUM(amount) FROM orders GROUP BY m ORDER BY m",
        "SELECT c.name, COUNT(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.name WITH ROLLUP",
        "SELECT DATE_SUB(CURDATE(), INTERVAL 1 MONTH), TIMESTAMPDIFF(DAY, at, NOW()), YEAR(at), CAST(amount AS SIGNED) FROM orders",
        "SELECT GROUP_CONCAT(DISTINCT name ORDER BY name SEPARATOR '; '), id DIV 2 FROM customers GROUP BY id LIMIT 1, 5",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT SUM(i) FROM n",
        "SELECT total FROM totals WHERE name REGEXP '^A' AND name <=> 'Ann'",
    ] {
        let plan = plan(sql, &policy);
        let generous = budget(&plan, &policy, u64::MAX);
        let answer = source.query(&plan, Some(&generous), Limits::default()).await;
        answer.unwrap_or_else(|error| panic!("{error}: {}", plan.sql));
    }
}

#[tokio::test]
async fn honest_statements_answer_as_they_were_typed() {
    let shop = honest::bank("shop_mariadb.sql");
    let statements: Vec<&str> = shop.lines().map(|line| line.trim_end_matches(';')).collect();
    let source = source(&database_of("honest", &statements).await);
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    honest::answers_as_typed(source.as_ref(), &found, "mariadb.sql").await;
}

#[tokio::test]
async fn a_session_writes_nothing_even_without_the_guard() {
    let url = database("kept").await;
    let source = source(&url);
    for sql in [
        "DELETE FROM orders",
        "INSERT INTO customers (name) VALUES ('x')",
        "UPDATE orders SET amount = 0",
        "SELECT 1; DELETE FROM orders",
    ] {
        assert!(source.query(&unguarded(sql), None, Limits::default()).await.is_err(), "{sql}");
    }
    assert_eq!(conn(&url).await.query_first::<usize, _>("SELECT COUNT(*) FROM orders").await.unwrap(), Some(2));
}

#[tokio::test]
async fn what_takes_too_long_stops_in_the_server_too() {
    let source = source(servers::mariadb());
    let began = Instant::now();
    let limits = Limits { timeout: Duration::from_millis(400), ..Limits::default() };
    let error = source.query(&unguarded("SELECT SLEEP(30), 'timed'"), None, limits).await.map(|rows| rows.rows);
    // MariaDB ends the sleep and says so by its value.
    assert!(error.is_err() || began.elapsed() < Duration::from_secs(3), "{error:?}");
    let plan = unguarded("SELECT SLEEP(30), 'dropped'");
    let asked = tokio::time::timeout(Duration::from_millis(500), source.query(&plan, None, Limits::default())).await;
    assert!(asked.is_err());
    let mut admin = conn(servers::mariadb()).await;
    for _ in 0..50 {
        let running: Option<usize> = admin.query_first("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%\\'dropped\\'%' AND ID <> CONNECTION_ID()").await.unwrap();
        if running == Some(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the statement still runs");
}

#[tokio::test]
async fn large_answers_are_cut_or_refused() {
    let source = source(servers::mariadb());
    let million = unguarded("SELECT seq, REPEAT('x', 100) FROM seq_1_to_1000000");
    let answer = source.query(&million, None, Limits::default()).await.unwrap();
    assert!(answer.truncated && answer.rows.len() == 10);
    let plan = emporion_semantic::guard::Plan { limit: 10_000_000, ..million };
    let error = source.query(&plan, None, Limits { rows: 10_000_000, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[tokio::test]
async fn errors_are_classified_and_carry_no_secret() {
    let url = servers::mariadb();
    let password = url.split([':', '@']).nth(2).unwrap();
    let kind = |url: String| async move {
        let error = source(&url).test(Duration::from_secs(5)).await.unwrap_err();
        assert!(!error.message.contains("s3cret"), "{error}");
        error.kind
    };
    assert_eq!(kind(url.replace(password, "s3cret")).await, ErrorKind::Unauthorised);
    assert_eq!(kind(url.replace("/shop", "/nothing")).await, ErrorKind::Configuration);
    assert_eq!(kind("mysql://u:s3cret@127.0.0.1:1/x".to_owned()).await, ErrorKind::Unreachable);
    assert_eq!(kind("mysql://u:s3cret@[fe80::1]/x".to_owned()).await, ErrorKind::Forbidden);
    assert_eq!(kind(format!("{url}?sslmode=require")).await, ErrorKind::Unreachable);
    let asked = |sql: &'static str| async move {
        source(url).query(&unguarded(sql), None, Limits::default()).await.unwrap_err()
    };
    assert_eq!(asked("SELECT * FROM nothing").await.kind, ErrorKind::Syntax);
    assert_eq!(asked("SELECT nothing").await.kind, ErrorKind::Syntax);
    assert_eq!(asked("SELECT 1 UNION SELECT 1, 2").await.kind, ErrorKind::Syntax);
    for sql in ["SELECT EXP(10000)", "SELECT DATE '2026-13-01'", "SELECT (SELECT seq FROM seq_1_to_2)"] {
        let error = asked(sql).await;
        assert_eq!(error.kind, ErrorKind::Value, "{sql}");
        assert!(!error.message.contains("10000") && !error.message.contains("2026"), "{error}");
    }
    // A server of another kind answers there.
    let postgres = servers::postgresql().replace("postgres://", "mysql://");
    assert!(matches!(kind(postgres).await, ErrorKind::Unreachable | ErrorKind::Timeout));
    let error = source(&url.replace("mysql://", "postgres://")).test(Duration::from_secs(2)).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Timeout), "{error:?}");
}
