//! Which columns statements and models compare with values. Each case: a text, and the columns.

use emporion_semantic::guard::{Dialect, TableName};
use emporion_semantic::lineage::{Known, columns_compared};
use emporion_semantic::model::{Format, compared, import};
use serde_json::{Value, json};

struct Shop;

const TABLES: &[(&str, &[&str])] =
    &[("customers", &["id", "email", "born", "tags"]), ("orders", &["id", "customer_id", "total", "note"])];

fn columns_of(name: &str) -> Option<Vec<String>> {
    let (_, columns) = TABLES.iter().find(|(table, _)| table.eq_ignore_ascii_case(name))?;
    Some(columns.iter().map(|column| (*column).to_owned()).collect())
}

impl Known for Shop {
    fn table(&self, named: &TableName) -> Option<(TableName, Vec<String>)> {
        let table = TableName { schema: Some("shop".to_owned()), name: named.name.to_ascii_lowercase() };
        Some((table, columns_of(&named.name)?))
    }
}

fn told(dialect: Dialect, sql: &str) -> String {
    let found = columns_compared(sql, dialect, &Shop, ["given".to_owned()].into());
    found.iter().map(|it| format!("{}.{}", it.table.name, it.column)).collect::<Vec<_>>().join(" ")
}

fn in_every_dialect(sql: &str) -> String {
    let first = told(Dialect::Sqlite, sql);
    for other in [Dialect::PostgreSql, Dialect::MySql] {
        assert_eq!(told(other, sql), first, "{other:?}: {sql}");
    }
    first
}

#[test]
fn every_comparison_with_a_value_is_found() {
    for condition in [
        "email = 'x@y.z'",
        "lower(email) = lower(:given)",
        "'x@y.z' = email",
        "email <> 'x@y.z'",
        "email < 'm'",
        "NOT (email >= 'm' AND id > total)",
        "email IN ('x@y.z', note)",
        "'x@y.z' IN (note, email)",
        "email BETWEEN 'a' AND 'b'",
        "email LIKE '%@y.z'",
        "email NOT LIKE '%@y.z'",
        "lower(trim(c.email)) = lower('X@Y.Z')",
        "email || note = 'x@y.z1'",
        "CAST(email AS CHAR(10)) = 'x@y.z'",
        "CASE email WHEN 'x@y.z' THEN 1 END IS NULL",
        "CASE WHEN total IS NULL THEN email END = 'x@y.z'",
        "nullif(email, 'x@y.z') IS NULL",
        "coalesce(note, email) = (SELECT 'x@y.z')",
        "EXISTS (SELECT 1 FROM orders AS i WHERE c.email = 'x@y.z')",
        "(email, note) = ('x@y.z', 'y')",
        "email = ANY (SELECT 'x@y.z')",
    ] {
        let sql = format!("SELECT c.id FROM customers AS c JOIN orders AS o ON o.customer_id = c.id WHERE {condition}");
        let found = match condition.contains("ANY") {
            true => told(Dialect::PostgreSql, &sql),
            false => in_every_dialect(&sql),
        };
        assert!(found.split(' ').any(|column| column == "customers.email"), "{condition}: {found}");
    }
}

#[test]
fn columns_and_values_are_followed_to_where_they_come_from() {
    for (sql, wanted) in [
        ("SELECT m FROM (SELECT lower(email) AS m FROM customers) AS t WHERE t.m = 'x'", "customers.email"),
        ("WITH t (m) AS (SELECT email FROM customers) SELECT 1 FROM t AS u WHERE u.m IN ('x')", "customers.email"),
        ("SELECT m.email FROM customers AS m WHERE M.EMAIL = 'x'", "customers.email"),
        ("SELECT 1 FROM orders AS o JOIN customers AS c ON c.email = 'x' AND o.id = c.id", "customers.email"),
        ("SELECT CASE WHEN email = 'x' THEN 1 ELSE 0 END FROM customers", "customers.email"),
        ("SELECT max(email) FROM customers GROUP BY born HAVING max(email) > 'x'", "customers.email"),
        ("SELECT id FROM customers ORDER BY email = 'x'", "customers.email"),
        ("SELECT id FROM orders UNION SELECT id FROM customers WHERE email = 'x'", "customers.email"),
        (
            "SELECT (SELECT id FROM orders WHERE o.email = 'x' AND total > 1) FROM customers AS o",
            "customers.email orders.total",
        ),
        ("WITH w AS (SELECT 'x' AS e) SELECT 1 FROM customers AS c JOIN w ON c.email = w.e", "customers.email"),
        ("SELECT 1 FROM customers WHERE email IN (SELECT 'x' UNION SELECT 'y')", "customers.email"),
        ("SELECT 1 FROM unknown_table AS u, customers AS c WHERE c.email = 'x' AND u.y = 'z'", "customers.email"),
    ] {
        assert_eq!(in_every_dialect(sql), wanted, "{sql}");
    }
    assert_eq!(told(Dialect::Sqlite, "SELECT lower(email) AS m FROM customers WHERE m = 'x'"), "customers.email");
}

#[test]
fn what_only_tells_of_a_column_is_not_compared() {
    for sql in [
        "SELECT email FROM customers AS c, orders AS o WHERE c.email = o.note AND c.id = o.customer_id",
        "SELECT 1 FROM customers WHERE email = :who OR email IS NULL",
        "SELECT born FROM customers GROUP BY born HAVING count(email) > 5 AND count(DISTINCT email) < 9",
        "SELECT n FROM (SELECT count(email) AS n FROM customers) AS t WHERE n > 3",
        "SELECT 1 FROM customers WHERE length(email) > 200",
        "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY born) AS n FROM customers) AS t WHERE n = 1",
        "SELECT (email IS NOT NULL) = (1 = 1) FROM customers",
        "SELECT sum(CASE WHEN email IS NULL THEN 1 ELSE 0 END) AS n FROM customers HAVING sum(CASE WHEN email IS NULL THEN 1 ELSE 0 END) > 1",
        "SELECT 'x@y.z', email, email || 'x' FROM customers ORDER BY email LIMIT 10",
        "SELECT 1 FROM customers AS c WHERE EXISTS (SELECT email FROM customers)",
        "DROP TABLE customers",
        "SELECT 1 FROM customers WHERE email = ",
    ] {
        assert_eq!(in_every_dialect(sql), "", "{sql}");
    }
}

#[test]
fn fields_of_models_are_followed_to_columns() {
    let said = |text: &str| json!({"dialects": [{"dialect": "ANSI_SQL", "expression": text}]});
    let field = |name: &str, text: &str| json!({"name": name, "expression": said(text)});
    let model = |fields: &[Value], metrics: &[Value]| {
        let datasets = json!([
            {"name": "people", "source": "customers", "fields": fields},
            {"name": "orders", "source": "orders", "fields": [field("email", "note")]},
        ]);
        let model = json!({"name": "m", "datasets": datasets, "metrics": metrics});
        let document = json!({"version": "1.0", "semantic_model": [model]});
        let model = import(&document, Format::Osi, "m").expect("a model").model;
        let found = compared(&model, &|source: &str| columns_of(source));
        found.iter().map(|it| format!("{} {}.{}", it.path, it.source, it.column)).collect::<Vec<_>>()
    };
    let fields = [
        field("is_mine", "mail IN ('x@y.z')"),
        field("mail", "lower(email)"),
        field("email", "email"),
        field("many", "length(mail) > 10"),
    ];
    let metrics = [
        field("a", "SUM(CASE WHEN people.mail = 'x' THEN 1 END)"),
        field("b", "SUM(CASE WHEN orders.email LIKE 'x%' THEN orders.total END)"),
        field("c", "COUNT(people.mail) > 3"),
    ];
    assert_eq!(
        model(&fields, &metrics),
        [
            "/datasets/0/fields/0/expression customers.email",
            "/metrics/0/expression customers.email",
            "/metrics/1/expression orders.note",
        ]
    );
    // What goes round in circles ends.
    assert_eq!(model(&[field("a", "b"), field("b", "a || 'x'"), field("c", "a = 'x'")], &[]), [] as [&str; 0]);
}

#[test]
fn long_statements_are_looked_through_in_time() {
    let conditions = vec!["lower(email) = 'x'"; 400].join(" OR ");
    let sql = format!("SELECT 1 FROM customers WHERE {conditions}");
    assert_eq!(in_every_dialect(&sql), "customers.email");
    let deep = (0..12).fold("SELECT id FROM customers WHERE email = 'x'".to_owned(), |inner, _| {
        format!("SELECT (SELECT max(id) FROM ({inner}) AS t) AS id, id = 1 FROM orders")
    });
    let began = std::time::Instant::now();
    told(Dialect::PostgreSql, &deep);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
