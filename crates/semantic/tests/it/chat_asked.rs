//! Questions from their words to the rows, beside statements written by hand.

use emporion_semantic::chat::reading::{Asked, Found, Reading, Thread};
use emporion_semantic::chat::{self, Ground, Lexicon, ModelSource, TableKnown};
use emporion_semantic::guard::{Column, Dialect, Policy, Table, TableName, guard};
use emporion_semantic::model::{Format, Syntax, parse};
use serde_json::{Value, json};

use crate::chat_world::TODAY;

const MODEL: &str = include_str!("chat_office.yaml");
const ROWS: &str = include_str!("chat_office.sql");
const TYPES: [(&str, &[&str]); 3] = [
    ("DATE", &["order_date", "signup_date", "opened_on", "closed_on"]),
    ("TEXT", &["name", "region", "status", "channel", "title", "category", "priority", "state"]),
    ("DECIMAL", &["amount"]),
];

pub struct Office {
    pub ground: Ground,
    pub lexicon: Lexicon,
    pub policy: Policy,
    pub db: rusqlite::Connection,
}

pub fn office() -> Office {
    let db = rusqlite::Connection::open_in_memory().expect("a database");
    db.execute_batch(ROWS).expect("the rows");
    let mut policy = Policy::new(Dialect::Sqlite);
    let mut known: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for table in ["customers", "orders", "items", "products", "tickets"] {
        let statement = db.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let ty = |name: &String| {
            let of = TYPES.iter().find(|(_, names)| names.contains(&name.as_str()));
            of.map_or("INTEGER", |(ty, _)| ty).to_owned()
        };
        known.push((table.to_owned(), names.iter().map(|name| (name.clone(), ty(name))).collect()));
        let columns = Some(names.iter().map(Column::named).collect());
        let name = TableName { schema: None, name: table.to_owned() };
        policy.allow(Table { name, columns, filter: None, rows: None }).expect("a table");
    }
    let tables = move |_: Option<&str>, source: &str| {
        let (name, columns) = known.iter().find(|(name, _)| name == source)?;
        Some(TableKnown {
            name: TableName { schema: None, name: name.clone() },
            dialect: Dialect::Sqlite,
            source: 0,
            columns: columns.clone(),
            personal: Vec::new(),
            rows: None,
        })
    };
    let read = parse(MODEL, Syntax::Yaml, Format::Osi, "office").expect("a model");
    let (ground, left_out) =
        Ground::of(&[ModelSource { namespace: None, model: &read.model, is_generated: false }], &tables);
    assert!(left_out.is_empty(), "{left_out:?}");
    Office { lexicon: Lexicon::of(&ground), ground, policy, db }
}

/// Reads a question of which nothing that is looked up is stored.
pub fn read(ground: &Ground, lexicon: &Lexicon, text: &str) -> Reading {
    let mut found = Found::default();
    for _ in 0..3 {
        let thread = Thread::default();
        let asked = Asked { text, today: TODAY, locale: "en-GB", thread: &thread, found: &found, verified: &[] };
        let reading = chat::read(ground, lexicon, &asked);
        let Reading::LookUp(probes) = reading else { return reading };
        for probe in probes {
            for field in probe.fields {
                let known = chat::reading::LookedUp { phrase: probe.phrase.clone(), field, stored: None };
                found.looked_up.push(known);
            }
        }
    }
    panic!("{text}: looked up again and again")
}

impl Office {
    fn answer(&self, text: &str) -> Result<(String, Vec<Vec<Value>>), String> {
        let query = match read(&self.ground, &self.lexicon, text) {
            Reading::Query { query, .. } => query,
            other => return Err(format!("{other:?}")),
        };
        let statement =
            chat::plan(&self.ground, &query, TODAY).map_err(|problem| problem.message(&self.ground).to_string())?;
        let guarded = guard(&statement.sql, &self.policy, &statement.parameters);
        let sql = guarded.map_err(|refusal| format!("{refusal}\n{}", statement.sql))?.sql;
        let rows = self.rows(&sql);
        let told = chat::render(&self.ground, &query, &statement, &rows, false);
        assert!(!told.text.is_empty());
        Ok((format!("{}\n{}", told.text, statement.sql), rows))
    }

    fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.db.prepare(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            let value = |at: usize| {
                Ok(match row.get_ref(at)? {
                    rusqlite::types::ValueRef::Integer(number) => json!(number as f64),
                    rusqlite::types::ValueRef::Real(number) => json!((number * 1e6).round() / 1e6),
                    rusqlite::types::ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                    _ => Value::Null,
                })
            };
            (0..width).map(value).collect::<rusqlite::Result<Vec<_>>>()
        });
        rows.and_then(Iterator::collect).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }
}

/// The columns of `wanted` are among those of `rows`, with the same rows.
fn holds(rows: &[Vec<Value>], wanted: &[Vec<Value>]) -> bool {
    fn places(rows: &[Vec<Value>], wanted: &[Vec<Value>], taken: &mut Vec<usize>) -> bool {
        let width = wanted.first().map_or(0, Vec::len);
        if taken.len() == width {
            let sorted = |mut rows: Vec<String>| {
                rows.sort();
                rows
            };
            let picked = rows.iter().map(|row| format!("{:?}", taken.iter().map(|at| &row[*at]).collect::<Vec<_>>()));
            let gold = wanted.iter().map(|row| format!("{:?}", row.iter().collect::<Vec<_>>()));
            return sorted(picked.collect()) == sorted(gold.collect());
        }
        for at in 0..rows.first().map_or(0, Vec::len) {
            if !taken.contains(&at) {
                taken.push(at);
                if places(rows, wanted, taken) {
                    return true;
                }
                taken.pop();
            }
        }
        false
    }
    rows.len() == wanted.len() && (rows.is_empty() || places(rows, wanted, &mut Vec::new()))
}

pub fn check(rows: &[(&str, &str)]) {
    let office = office();
    let mut wrong = Vec::new();
    for (question, gold) in rows {
        let wanted = office.rows(gold);
        match office.answer(question) {
            Ok((sql, rows)) if !holds(&rows, &wanted) => {
                wrong.push(format!("{question}\n  got    {rows:?}\n  wanted {wanted:?}\n  {sql}"));
            }
            Ok((told, _)) if std::env::var_os("CHAT_SQL").is_some() => eprintln!("{question}\n  {told}"),
            Ok(_) => {}
            Err(why) => wrong.push(format!("{question}\n  {why}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}\n{} of {}", wrong.join("\n"), wrong.len(), rows.len());
}

pub fn refused(questions: &[&str]) {
    let office = office();
    let answered: Vec<String> = questions
        .iter()
        .filter_map(|question| {
            office.answer(question).ok().map(|(sql, rows)| format!("{question}\n  {rows:?}\n  {sql}"))
        })
        .collect();
    assert!(answered.is_empty(), "\n{}", answered.join("\n"));
}

#[test]
fn things_of_the_same_name_are_two() {
    check(&[
        (
            "revenue by customer",
            "SELECT c.customer_id, name, SUM(amount) FROM orders o LEFT JOIN customers c USING (customer_id) GROUP BY 1, 2",
        ),
        (
            "top 5 customers by revenue",
            "SELECT c.customer_id, name, SUM(amount) FROM orders o JOIN customers c USING (customer_id) GROUP BY 1, 2",
        ),
        (
            "revenue by customer name",
            "SELECT name, SUM(amount) FROM orders o LEFT JOIN customers c USING (customer_id) GROUP BY 1",
        ),
        ("how many customers are there", "SELECT 6"),
        ("how many customer names are there", "SELECT 5"),
    ]);
}

#[test]
fn one_row_by_its_key() {
    check(&[
        ("status of order 104", "SELECT 'paid'"),
        ("what is the amount of order 107", "SELECT 1000.0"),
        ("show order 103", "SELECT 103, 1, '2026-02-03', 'cancelled', 'web', 70.0"),
        ("region of customer number 3", "SELECT 'APAC'"),
        ("how many items are in order 101", "SELECT 2"),
        ("revenue of customer 1", "SELECT SUM(amount) FROM orders WHERE customer_id = 1"),
        ("orders of customer 2", "SELECT order_id FROM orders WHERE customer_id = 2"),
        (
            "paid orders of customers in the EU",
            "SELECT order_id FROM orders WHERE customer_id IN (1, 4) AND status = 'paid'",
        ),
        ("customer 2 orders", "SELECT order_id FROM orders WHERE customer_id = 2"),
    ]);
    // A number behind a thing that is no key of it.
    refused(&["order 2024", "orders 104", "revenue 104", "status of order 104 and 105"]);
}

#[test]
fn a_figure_for_one_of_many() {
    check(&[
        ("revenue per order", "SELECT SUM(amount) / COUNT(*) FROM orders"),
        ("revenue per employee", "SELECT 1.0 * SUM(amount) / (SELECT SUM(employees) FROM customers) FROM orders"),
        ("revenue per order by channel", "SELECT channel, SUM(amount) / COUNT(*) FROM orders GROUP BY 1"),
        (
            "average revenue per customer",
            "SELECT SUM(amount) / COUNT(DISTINCT customer_id) FROM orders WHERE customer_id IS NOT NULL",
        ),
        (
            "average number of orders per customer in 2026",
            "SELECT 1.0 * COUNT(*) / COUNT(DISTINCT customer_id) FROM orders WHERE customer_id IS NOT NULL AND order_date >= '2026-01-01'",
        ),
        (
            "average items per order",
            "SELECT 1.0 * COUNT(*) / COUNT(DISTINCT order_id) FROM items JOIN orders USING (order_id)",
        ),
        ("how many orders per customer on average", "SELECT 11.0 / 4"),
        (
            "average revenue per month",
            "SELECT 1.0 * SUM(amount) / COUNT(DISTINCT substr(order_date, 1, 7)) FROM orders",
        ),
        ("which region has the highest revenue per order", "VALUES ('APAC', 950.0)"),
        ("top 2 regions by revenue per order", "VALUES ('APAC', 950.0), ('AMER', 260.0)"),
        ("which region has the highest average revenue per customer", "VALUES ('APAC', 1900.0)"),
        (
            "customers and their revenue",
            "SELECT c.customer_id, name, SUM(amount) FROM customers c LEFT JOIN orders o USING (customer_id) GROUP BY 1, 2",
        ),
        ("orders per customer", "SELECT customer_id, COUNT(*) FROM orders GROUP BY 1"),
        (
            "revenue per region",
            "SELECT region, SUM(amount) FROM orders LEFT JOIN customers USING (customer_id) GROUP BY 1",
        ),
    ]);
    refused(&[
        "average revenue per region",
        "average amount per customer",
        "average revenue",
        "average number of orders",
        "average orders by customer",
        "region with the most revenue per customer",
        "customers and their orders",
    ]);
}

#[test]
fn things_by_what_belongs_to_them() {
    check(&[
        ("customers without orders", "VALUES (5), (6)"),
        ("how many customers have no orders", "SELECT 2"),
        ("how many customers have orders", "SELECT 4"),
        ("which customers have cancelled orders", "VALUES (1), (4)"),
        ("customers with orders in October 2026", "VALUES (3), (4)"),
        ("customers who have not ordered since March 2026", "VALUES (5), (6)"),
        ("customers who have not ordered since September 2026", "VALUES (2), (5), (6)"),
        ("how many customers have never ordered", "SELECT 2"),
        ("products never sold", "VALUES (4, 'Beret')"),
        ("how many products were never sold", "SELECT 1"),
        ("how many products were not sold in 2026", "SELECT 1"),
        ("customers with no tickets", "VALUES (4), (5), (6)"),
        ("customers with open tickets", "VALUES (1), (3)"),
        ("customers in the EU without tickets", "VALUES (4), (5)"),
        ("customers without tickets in the EU", "VALUES (4), (5)"),
        ("customers with orders over 800", "VALUES (1), (3)"),
        ("customers without orders in the web channel", "VALUES (5), (6)"),
        ("customers without orders in the store channel", "VALUES (2), (5), (6)"),
        ("customers who bought shoes", "VALUES (1), (3)"),
        ("how many customers bought shoes", "SELECT 2"),
        ("how many customers never bought shoes", "SELECT 4"),
        ("customers with a signup date in 2026 without orders", "VALUES (5), (6)"),
        ("number of customers without orders by region", "VALUES ('AMER', 1), ('EU', 1)"),
        ("how many orders have no items", "SELECT 4"),
        ("orders without a customer", "SELECT 111"),
        ("revenue of customers with open tickets", "SELECT SUM(amount) FROM orders WHERE customer_id IN (1, 3)"),
        ("customers who bought last month", "VALUES (3), (4)"),
        ("customers who bought shoes or hats", "VALUES (1), (2), (3), (4)"),
        ("which customers did not order in 2026", "VALUES (5), (6)"),
        ("customers with paid orders and open tickets", "VALUES (1), (3)"),
        ("customers with tickets but without orders", "SELECT 1 WHERE 0"),
        ("customers with orders but without tickets", "SELECT 4"),
        ("how many customers bought last month", "SELECT 2"),
    ]);
    refused(&[
        "revenue without tickets",
        "regions with orders",
        "channels without orders",
        "in October 2026 how many customers had no orders",
        "last month customers without tickets",
        "revenue of customers with orders in 2025",
        "tickets without items",
        "tickets that were not closed",
        "customers without customers",
        "how many customers bought both shoes and hats",
        "customers who ordered shoes and hats",
        "customers who bought shoes but not hats",
        "customers with paid and pending orders",
        "how many customers have paid and cancelled orders",
    ]);
}

#[test]
fn things_by_a_figure_of_what_belongs_to_them() {
    check(&[
        ("customers with more than 2 orders", "VALUES (1, 4), (4, 3)"),
        ("how many customers have more than 2 orders", "SELECT 2"),
        ("how many customers have more than 2 orders in 2026", "SELECT 1"),
        ("how many customers have more than 2 paid orders", "SELECT 1"),
        ("how many customers have at least 1 order in the web channel", "SELECT 4"),
        ("number of customers with more than 2 orders by region", "VALUES ('EU', 2)"),
        ("customers with fewer than 3 orders", "VALUES (2, 2), (3, 2), (5, 0), (6, 0)"),
        ("customers with fewer than 2 orders in 2026", "VALUES (2, 1), (5, 0), (6, 0)"),
        ("customers with at most 1 ticket", "VALUES (3, 1), (4, 0), (5, 0), (6, 0)"),
        ("how many customers have less than 3 orders", "SELECT 4"),
        ("regions where revenue is over 1000", "VALUES ('EU', 1560.0), ('APAC', 1900.0)"),
        ("how many customers have revenue over 1000", "SELECT 2"),
        ("revenue of customers with more than 2 orders", "SELECT SUM(amount) FROM orders WHERE customer_id IN (1, 4)"),
        ("how many orders have more than 1 item", "SELECT 2"),
        ("customers with more than 2 paid orders", "VALUES (1, 3)"),
        ("customers with at least 1 order", "VALUES (1, 4), (2, 2), (3, 2), (4, 3)"),
    ]);
    refused(&[
        "number of customers by region with more than 2 orders",
        "revenue of customers with more than 2 orders in 2026",
        "how many regions have revenue over 1000",
        "revenue by region with more than 2 paid orders",
        "customers with more than 1 order in 2025 and more than 1 ticket",
        "customers with fewer than 3 orders and fewer than 2 tickets",
    ]);
}

#[test]
fn the_most_and_the_fewest() {
    check(&[
        ("which customer has the most employees", "VALUES (2, 40)"),
        ("which customer has the most orders", "VALUES (1, 4)"),
        ("which customer has the fewest orders", "VALUES (5, 0), (6, 0)"),
        ("which region has the fewest orders", "VALUES ('AMER', 2), ('APAC', 2)"),
        ("which product has the fewest items", "VALUES (4, 0)"),
        ("bottom 2 customers by number of tickets", "VALUES (4, 0), (5, 0), (6, 0)"),
        ("which category sold the most units", "VALUES ('Shoes', 26)"),
        ("which product sold the most units in each category", "VALUES ('Shoes', 1, 16), ('Hats', 3, 10)"),
        ("top product per category by units", "VALUES ('Shoes', 1, 16), ('Hats', 3, 10)"),
        ("for each category, the top 1 product by units", "VALUES ('Shoes', 1, 16), ('Hats', 3, 10)"),
    ]);
    refused(&[
        "which region has the most employees",
        "top 2 products per category per channel by units",
        "best-selling product in each category",
        "which customer has the most",
    ]);
}

#[test]
fn shares() {
    check(&[
        ("what percentage of orders are cancelled", "SELECT 2, 2.0 / 12"),
        ("share of orders that were cancelled", "SELECT 2, 2.0 / 12"),
        ("what percentage of paid orders are from the EU", "SELECT 5, 5.0 / 9"),
        ("what share of revenue comes from the EU", "SELECT 1560.0, 1560.0 / 3985"),
        ("share of cancelled orders", "SELECT 2, 2.0 / 12"),
        ("what percentage of revenue comes from paid orders", "SELECT 3865.0, 3865.0 / 3985"),
        ("share of revenue from paid orders", "SELECT 3865.0, 3865.0 / 3985"),
        ("what percentage of revenue comes from customers in the EU", "SELECT 1560.0, 1560.0 / 3985"),
        (
            "revenue share of each channel",
            "SELECT channel, SUM(amount), SUM(amount) / (SELECT SUM(amount) FROM orders) FROM orders GROUP BY 1",
        ),
        (
            "share of each channel in revenue",
            "SELECT channel, SUM(amount), SUM(amount) / (SELECT SUM(amount) FROM orders) FROM orders GROUP BY 1",
        ),
        (
            "what percentage of orders were cancelled by channel",
            "SELECT channel, SUM(status = 'cancelled'), AVG(status = 'cancelled') FROM orders GROUP BY 1",
        ),
        (
            "percentage of cancelled orders by channel",
            "SELECT channel, SUM(status = 'cancelled'), AVG(status = 'cancelled') FROM orders GROUP BY 1",
        ),
    ]);
    refused(&[
        "what percentage of revenue comes from paid orders in the EU",
        "share of revenue from paid orders in the EU",
    ]);
    check(&[(
        "share of revenue by channel within each region",
        "SELECT region, channel, SUM(amount), SUM(amount) / SUM(SUM(amount)) OVER (PARTITION BY region)
         FROM orders LEFT JOIN customers USING (customer_id) GROUP BY 1, 2",
    )]);
    refused(&["share of revenue by channel and month", "share of revenue by channel by region"]);
    refused(&["share of each channel", "share of revenue"]);
}

#[test]
fn periods_side_by_side() {
    let two = |a: &str, b: &str| {
        let sum = |range: &str| format!("(SELECT SUM(amount) FROM orders WHERE order_date {range})");
        format!("SELECT {}, {}", sum(a), sum(b))
    };
    let rows = [
        (
            "revenue in the last 3 months vs the 3 months before",
            two("BETWEEN '2026-08-01' AND '2026-10-31'", "BETWEEN '2026-05-01' AND '2026-07-31'"),
        ),
        (
            "revenue last quarter compared to the same quarter last year",
            two("BETWEEN '2026-07-01' AND '2026-09-30'", "BETWEEN '2025-07-01' AND '2025-09-30'"),
        ),
        (
            "revenue in Q1 2026 vs Q1 2025",
            two("BETWEEN '2026-01-01' AND '2026-03-31'", "BETWEEN '2025-01-01' AND '2025-03-31'"),
        ),
        ("revenue 2025 and 2026 side by side", two("LIKE '2026%'", "LIKE '2025%'")),
        ("how much did revenue grow from 2025 to 2026", two("LIKE '2026%'", "LIKE '2025%'")),
    ];
    let rows: Vec<(&str, &str)> = rows.iter().map(|(question, gold)| (*question, gold.as_str())).collect();
    check(&rows);
    check(&[
        ("revenue 2025 and 2026", "VALUES ('2025-01-01', 650.0), ('2026-01-01', 3335.0)"),
        ("which region grew the most in revenue from 2025 to 2026", "VALUES ('APAC', 1900.0)"),
        ("which channel's revenue grew the most from 2025 to 2026", "VALUES ('web', 2105.0, 600.0, 1505.0)"),
        ("which region fell the most in revenue from 2025 to 2026", "VALUES ('AMER', 20.0, 500.0, -480.0)"),
    ]);
    refused(&[
        "which region grew the most in revenue",
        "revenue last month vs the 3 months before",
        "revenue next month",
        "which region grew the most",
    ]);
}

#[test]
fn rows_in_order() {
    check(&[
        ("three most recent orders over 900", "VALUES (110), (107)"),
        ("the 2 largest orders", "VALUES (107), (110)"),
        ("largest order", "VALUES (107)"),
        ("list open tickets opened last week with high priority", "VALUES (1)"),
        ("the smallest order in 2025", "VALUES (102)"),
    ]);
    refused(&["the 2 largest customers", "largest products"]);
}

#[test]
fn figures_of_different_times_side_by_side() {
    check(&[
        ("revenue and tickets by month in November 2026", "SELECT '2026-11-01', 1010.0, 3"),
        (
            "tickets and revenue by region",
            "VALUES ('EU', 1560.0, 2), ('AMER', 520.0, 2), ('APAC', 1900.0, 1), (NULL, 5.0, 0)",
        ),
        ("orders and revenue by channel", "SELECT channel, SUM(amount), COUNT(*) FROM orders GROUP BY 1"),
    ]);
    refused(&[
        "revenue and tickets in the web channel",
        "revenue and number of paid orders",
        "revenue and open tickets",
    ]);
}
