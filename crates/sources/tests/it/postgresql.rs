//! A real PostgreSQL server.

use std::time::{Duration, Instant};

use emporion_sources::{ErrorKind, Limits, ResultType, Silent, TableKind};
use serde_json::json;
use tokio_postgres::NoTls;

use crate::honest;
use crate::servers::{self, WAIT, budget, plan, policy, source, unguarded};

/// A database of its own for one test.
async fn database(name: &str, sql: &str) -> String {
    let server = servers::postgresql();
    let admin = client(server).await;
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    client(&url).await.batch_execute(sql).await.unwrap();
    url
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

const SHOP: &str = "
    CREATE SCHEMA sales; COMMENT ON SCHEMA sales IS 'what is sold';
    CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN short AS varchar(10) NOT NULL;
    CREATE TABLE customers (id serial PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, feeling mood, code short);
    COMMENT ON TABLE customers IS 'who buys'; COMMENT ON COLUMN customers.name IS 'as on the invoice';
    CREATE TABLE sales.orders (id bigint PRIMARY KEY, customer_id int REFERENCES customers (id), amount numeric(12,2) DEFAULT 0, at timestamptz,
        tags text[], doc jsonb, raw bytea, ratio double precision, day date, \"Odd Column\" text);
    CREATE TABLE sales.lines (order_id bigint, line int, PRIMARY KEY (line, order_id), FOREIGN KEY (order_id) REFERENCES sales.orders);
    CREATE TABLE sales.parts (id int, gone int, day date) PARTITION BY RANGE (day, (id + 1), id);
    ALTER TABLE sales.parts DROP COLUMN gone;
    CREATE TABLE sales.parts_by_hash (id int, day date) PARTITION BY HASH (id);
    CREATE TABLE sales.parts_by_list (id int, day date) PARTITION BY LIST ((id % 7));
    CREATE VIEW totals AS SELECT c.name, sum(o.amount) AS total FROM sales.orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.name;
    CREATE MATERIALIZED VIEW stored AS SELECT * FROM totals;
    INSERT INTO customers (name, feeling, code) VALUES ('Ann', 'good', 'a'), ('Bob', NULL, 'b');
    INSERT INTO sales.orders VALUES (1, 1, 12.50, '2026-01-02 03:04:05+01', '{a,b}', '{\"a\": [1]}', '\\x4142', 0.5, '2026-01-02', 'x'),
        (9007199254740993, 2, 99999999.99, NULL, NULL, NULL, NULL, 'NaN', NULL, NULL);
    ANALYZE;";

#[tokio::test]
async fn a_crawl_finds_what_information_schema_counts() {
    let url = database("crawled", SHOP).await;
    let source = source(&url);
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    assert_eq!(found, source.crawl(&Silent, WAIT).await.unwrap());
    assert_eq!(found.name, "crawled");
    let tables: Vec<_> = found.schemas.iter().flat_map(|schema| &schema.tables).collect();
    // information_schema does not know materialised views.
    let listed: Vec<_> = tables.iter().filter(|table| table.kind != TableKind::MaterializedView).collect();
    let count = |what: &'static str| {
        let url = url.clone();
        async move {
            let sql = format!(
                "SELECT count(*) FROM information_schema.{what} WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
            );
            client(&url).await.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0)
        }
    };
    assert_eq!(listed.len() as i64, count("tables").await);
    assert_eq!(listed.iter().map(|table| table.columns.len()).sum::<usize>() as i64, count("columns").await);
    assert_eq!(tables.iter().filter(|table| table.kind == TableKind::View).count() as i64, count("views").await);
    let keys = tables
        .iter()
        .map(|table| usize::from(!table.primary_key.is_empty()) + table.unique_keys.len() + table.foreign_keys.len())
        .sum::<usize>();
    let sql = "SELECT count(*) FROM information_schema.table_constraints \
               WHERE constraint_type <> 'CHECK' AND table_schema IN ('public', 'sales')";
    assert_eq!(keys as i64, client(&url).await.query_one(sql, &[]).await.unwrap().get::<_, i64>(0));

    let sales = found.schemas.iter().find(|schema| schema.name == "sales").unwrap();
    assert_eq!(sales.comment.as_deref(), Some("what is sold"));
    let table = |name: &str| *tables.iter().find(|table| table.name == name).unwrap();
    let customers = table("customers");
    assert_eq!((customers.comment.as_deref(), customers.rows), (Some("who buys"), Some(2)));
    assert_eq!(customers.unique_keys[0].columns, ["name"]);
    let described: Vec<_> = customers
        .columns
        .iter()
        .map(|column| (column.data_type, column.native_type.as_str(), column.length, column.nullable))
        .collect();
    assert_eq!(
        described,
        [
            ("INT", "integer", None, false),
            ("VARCHAR", "character varying(40)", Some(40), false),
            ("ENUM", "public.mood", None, true),
            ("VARCHAR", "public.short", Some(10), false)
        ]
    );
    assert_eq!(customers.columns[1].comment.as_deref(), Some("as on the invoice"));
    assert!(customers.columns[0].default.as_deref().unwrap().starts_with("nextval("));
    let orders = table("orders");
    assert_eq!(
        (orders.columns[2].precision, orders.columns[2].scale, orders.columns[2].default.as_deref()),
        (Some(12), Some(2), Some("0"))
    );
    assert_eq!((orders.columns[4].data_type, orders.columns[4].array_data_type), ("ARRAY", Some("TEXT")));
    assert_eq!(orders.foreign_keys[0].to_columns, ["id"]);
    assert_eq!(table("lines").primary_key, ["line", "order_id"]);
    let split = |name: &str| {
        let found = table(name);
        assert_eq!(found.kind, TableKind::Partitioned);
        let partition = found.partition.as_ref().unwrap();
        (partition.by_range, partition.columns.join(" "))
    };
    assert_eq!(split("parts"), (true, "day id".to_owned()));
    assert_eq!(split("parts_by_hash"), (false, "id".to_owned()));
    assert_eq!(split("parts_by_list"), (false, String::new()));
    assert!(tables.iter().all(|table| table.partition.is_some() == (table.kind == TableKind::Partitioned)));
    let reads: Vec<_> =
        table("totals").reads.iter().map(|read| (read.schema.as_deref().unwrap(), read.name.as_str())).collect();
    assert_eq!(reads, [("public", "customers"), ("sales", "orders")]);
    assert_eq!(source.tables(WAIT).await.unwrap().len(), tables.len());
}

#[tokio::test]
async fn answers_are_typed_and_guarded_statements_run() {
    let url = database("typed", SHOP).await;
    let source = source(&url);
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    let typed = plan(
        "SELECT id, amount, at, tags, doc, raw, ratio, day, id > 5 AS big, \"Odd Column\" FROM sales.orders ORDER BY id",
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
            T::TimestampTz,
            T::Varchar,
            T::Json,
            T::Binary,
            T::Float,
            T::Date,
            T::Boolean,
            T::Varchar
        ]
    );
    assert_eq!(
        answer.rows[0],
        [
            json!(1),
            json!(12.5),
            json!("2026-01-02T02:04:05Z"),
            json!("{a,b}"),
            json!({"a": [1]}),
            json!("QUI="),
            json!(0.5),
            json!("2026-01-02"),
            json!(false),
            json!("x")
        ]
    );
    assert_eq!((&answer.rows[1][0], &answer.rows[1][6]), (&json!("9007199254740993"), &json!("NaN")));
    assert_eq!(source.describe(&typed, WAIT).await.unwrap(), answer.columns);
    for sql in [
        "SELECT date_trunc('month', at) AS m, COUNT(*) FILTER (WHERE amount > 1) FROM sales.orders GROUP BY 1 ORDER BY 1",
        "SELECT c.name, t.total FROM customers c CROSS JOIN LATERAL (SELECT SUM(amount) AS total FROM sales.orders o WHERE o.customer_id = c.id) t ORDER BY 1",
        "SELECT s.n, COUNT(o.id) FROM generate_series(1, 12) AS s(n) LEFT JOIN sales.orders o ON o.id = s.n GROUP BY s.n ORDER BY s.n",
        "SELECT DISTINCT ON (customer_id) customer_id, id FROM sales.orders ORDER BY customer_id, at DESC",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT SUM(i) FROM n",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), string_agg(day::text, ',' ORDER BY day) FROM sales.orders",
        "SELECT at + INTERVAL '1 day', EXTRACT(YEAR FROM at), to_char(at, 'YYYY-MM'), E'it''s \\n' FROM sales.orders WHERE at >= DATE '2026-01-01'",
        "SELECT doc -> 'a', doc ->> 'a', tags[1], raw FROM sales.orders WHERE doc @> '{\"a\": [1]}'",
    ] {
        let plan = plan(sql, &policy);
        source.query(&plan, None, Limits::default()).await.unwrap_or_else(|error| panic!("{error}: {}", plan.sql));
        let nothing = budget(&plan, &policy, 0);
        let refused = source.query(&plan, Some(&nothing), Limits::default()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Limit, "{sql}");
    }
}

#[tokio::test]
async fn texts_of_a_fixed_length_come_without_the_blanks_that_fill_them() {
    let sql = "CREATE DOMAIN short AS char(4); \
               CREATE TABLE codes (code char(5), domain short, text text, one \"char\", many varchar(9)); \
               INSERT INTO codes VALUES ('EU', 'x', 'a  ', 'b', 'c  '), (' a b', '', '', '', NULL);";
    let url = database("padded", sql).await;
    let source = source(&url);
    let policy = policy(source.as_ref(), &source.crawl(&Silent, WAIT).await.unwrap());
    let statement =
        "SELECT code, domain, text, one, many, MAX(code) OVER (), code || '!' FROM codes ORDER BY text DESC";
    let rows = source.query(&plan(statement, &policy), None, Limits::default()).await.unwrap().rows;
    assert_eq!(json!(rows[0]), json!(["EU", "x", "a  ", "b", "c  ", "EU", "EU!"]));
    assert_eq!(json!(rows[1][..5]), json!([" a b", "", "", "", null]));
}

#[tokio::test]
async fn honest_statements_answer_as_they_were_typed() {
    let url = database("honest", &honest::bank("shop_postgresql.sql")).await;
    let source = source(&url);
    let found = source.crawl(&Silent, WAIT).await.unwrap();
    honest::answers_as_typed(source.as_ref(), &found, "postgresql.sql").await;
}

#[tokio::test]
async fn a_session_writes_nothing_even_without_the_guard() {
    let url = database("kept", SHOP).await;
    let source = source(&url);
    for sql in [
        "DELETE FROM customers",
        "INSERT INTO customers (name, code) VALUES ('x', 'y')",
        "CREATE TABLE t (a int)",
        "DROP TABLE customers CASCADE",
        "SELECT nextval('customers_id_seq')",
        "COPY customers TO '/tmp/x'",
        "SELECT 1; DELETE FROM customers",
        "COMMIT; DELETE FROM customers",
        "SELECT * INTO stolen FROM customers",
    ] {
        let error = source.query(&unguarded(sql), None, Limits::default()).await.map(|rows| rows.rows);
        assert!(error.is_err() || sql.starts_with("COPY"), "{sql}: {error:?}");
    }
    let left: i64 = client(&url).await.query_one("SELECT count(*) FROM customers", &[]).await.unwrap().get(0);
    assert_eq!(left, 2);
}

#[tokio::test]
async fn what_takes_too_long_stops_in_the_server_too() {
    let source = source(servers::postgresql());
    let began = Instant::now();
    let limits = Limits { timeout: Duration::from_millis(400), ..Limits::default() };
    let error = source.query(&unguarded("SELECT pg_sleep(30), 'timed'"), None, limits).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(began.elapsed() < Duration::from_secs(3));
    // Whoever asked goes away: the server is told.
    let admin = client(servers::postgresql()).await;
    let running = || async {
        admin.query_one("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%''dropped''%' AND pid <> pg_backend_pid()", &[]).await.unwrap().get::<_, i64>(0)
    };
    let plan = unguarded("SELECT pg_sleep(30), 'dropped'");
    let asked = tokio::time::timeout(Duration::from_millis(500), source.query(&plan, None, Limits::default())).await;
    assert!(asked.is_err());
    for _ in 0..50 {
        if running().await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the statement still runs");
}

#[tokio::test]
async fn large_answers_are_cut_or_refused() {
    let source = source(servers::postgresql());
    let million = unguarded("SELECT n, repeat('x', 100) FROM generate_series(1, 1000000) n");
    let answer = source.query(&million, None, Limits::default()).await.unwrap();
    assert!(answer.truncated && answer.rows.len() == 10);
    let plan = emporion_semantic::guard::Plan { limit: 10_000_000, ..million };
    let error = source.query(&plan, None, Limits { rows: 10_000_000, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[tokio::test]
async fn errors_are_classified_and_carry_no_secret() {
    let url = servers::postgresql();
    let password = url.split([':', '@']).nth(2).unwrap();
    let kind = |url: String| async move {
        let error = source(&url).test(Duration::from_secs(5)).await.unwrap_err();
        assert!(!error.message.contains("s3cret"), "{error}");
        error.kind
    };
    assert_eq!(kind(url.replace(password, "s3cret")).await, ErrorKind::Unauthorised);
    assert_eq!(kind(format!("{}/nothing", url.rsplit_once('/').unwrap().0)).await, ErrorKind::Configuration);
    assert_eq!(kind("postgres://u:s3cret@127.0.0.1:1/x".to_owned()).await, ErrorKind::Unreachable);
    assert_eq!(kind("postgres://u:s3cret@no-such-host.invalid/x".to_owned()).await, ErrorKind::Unreachable);
    assert_eq!(kind("postgres://u:s3cret@169.254.169.254/x".to_owned()).await, ErrorKind::Forbidden);
    assert_eq!(kind(format!("{url}?sslmode=require")).await, ErrorKind::Unreachable);
    let asked = |sql: &'static str| async move {
        source(url).query(&unguarded(sql), None, Limits::default()).await.unwrap_err()
    };
    assert_eq!(asked("SELECT * FROM nothing").await.kind, ErrorKind::Syntax);
    assert_eq!(asked("SELECT COUNT(DISTINCT n) OVER () FROM generate_series(1, 2) n").await.kind, ErrorKind::Syntax);
    let leaky = asked("SELECT CAST(v AS int) FROM (VALUES ('s3cret')) t(v)").await;
    assert_eq!(leaky.kind, ErrorKind::Value);
    assert!(!leaky.message.contains("s3cret"));
    assert_eq!(asked("SELECT 1 / (n - 1) FROM generate_series(1, 2) n").await.kind, ErrorKind::Value);
    assert_eq!(asked("SELECT 'a' || chr(0)").await.kind, ErrorKind::Value);
    assert_eq!(asked("SELECT chr(2000000000)").await.kind, ErrorKind::Value);
    assert_eq!(asked("SELECT (SELECT n FROM generate_series(1, 2) n)").await.kind, ErrorKind::Value);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let error =
        source(&format!("postgres://u:p@127.0.0.1:{port}/x")).test(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn ten_thousand_tables_take_a_handful_of_queries() {
    let url = database("many", "SELECT 1").await;
    let admin = client(&url).await;
    for start in (0..10_000).step_by(500) {
        let sql: String = (start..start + 500)
            .map(|n| format!("CREATE TABLE t{n} (id int, name text, amount numeric(12,2));"))
            .collect();
        admin.batch_execute(&sql).await.unwrap();
    }
    let began = Instant::now();
    for sql in [
        include_str!("../../src/postgresql/tables.sql"),
        include_str!("../../src/postgresql/columns.sql"),
        include_str!("../../src/postgresql/keys.sql"),
    ] {
        admin.simple_query(sql).await.unwrap();
    }
    let own = began.elapsed();
    let began = Instant::now();
    let found = source(&url).crawl(&Silent, WAIT).await.unwrap();
    let whole = began.elapsed();
    assert_eq!(found.schemas[0].tables.len(), 10_000);
    eprintln!("10,000 tables: the server's own queries {own:?}, the crawl {whole:?}");
    assert!(whole < own * 4 + Duration::from_secs(2), "the server's own queries {own:?}, the crawl {whole:?}");
}

#[tokio::test]
async fn a_schema_that_the_role_may_not_use_is_not_seen() {
    let url = database("narrowed", SHOP).await;
    let admin = client(&url).await;
    let role = "CREATE ROLE narrow LOGIN PASSWORD 'narrow'; GRANT USAGE ON SCHEMA sales TO narrow;
        GRANT SELECT ON ALL TABLES IN SCHEMA sales TO narrow";
    admin.batch_execute(role).await.unwrap();
    let host = url.rsplit_once('@').unwrap().1;
    let narrow = source(&format!("postgres://narrow:narrow@{host}"));
    let schemas = async || narrow.crawl(&Silent, WAIT).await.unwrap().schemas;
    let sales = schemas().await.into_iter().find(|schema| schema.name == "sales").unwrap();
    assert_eq!((sales.comment.as_deref(), sales.tables.len()), (Some("what is sold"), 5));
    admin.batch_execute("REVOKE USAGE ON SCHEMA sales FROM narrow").await.unwrap();
    assert!(schemas().await.iter().all(|schema| schema.name != "sales"));
    assert!(narrow.tables(WAIT).await.unwrap().iter().all(|table| table.schema != "sales"));
    admin.batch_execute("DROP OWNED BY narrow; DROP ROLE narrow").await.unwrap();
}
