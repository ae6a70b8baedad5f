//! Comparisons, shares, running totals, the first of each, conditions on figures.

use emporion_semantic::chat::Role;
use emporion_semantic::chat::query::{
    Aggregate, By, Compare, CompareTo, Grain, Having, Limit, Measure, Op, Order, Query, Range, Share, Value,
};
use jiff::civil::date;
use serde_json::json;

use crate::chat_plan::{asks, only, range, refused};
use crate::chat_world::world;

pub fn compared(to: CompareTo) -> Option<Compare> {
    Some(Compare { to, shows_change: true })
}

pub fn by(by: By, is_descending: bool) -> Vec<Order> {
    vec![Order { by, is_descending }]
}

/// Sales by region in a range, as a table expression.
fn regions(from: &str, to: &str) -> String {
    format!(
        "(SELECT c.region r, SUM(amount_cents) / 100.0 s FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
          WHERE order_date >= '{from}' AND order_date < '{to}' GROUP BY 1)"
    )
}

#[test]
fn a_period_with_the_one_before() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &["customers.region"]);
    query.time = range(&world, "orders.order_date", date(2026, 10, 1), date(2026, 11, 1), Grain::Month, false);
    query.compare = compared(CompareTo::PreviousPeriod);
    let gold = |end: &str| {
        format!(
            "SELECT coalesce(a.r, b.r), a.s, b.s, a.s - b.s, (a.s - b.s) / b.s FROM {} a FULL JOIN {} b ON a.r IS b.r {end}",
            regions("2026-10-01", "2026-11-01"),
            regions("2026-09-01", "2026-10-01"),
        )
    };
    let statement = world.same(&query, &gold("ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST"));
    let roles: Vec<Role> = statement.columns.iter().map(|column| column.role).collect();
    assert_eq!(roles, [Role::Dimension, Role::Measure, Role::Previous, Role::Change, Role::ChangePct]);
    let names: Vec<&str> = statement.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["region", "net_sales", "previous", "change", "change_pct"]);
    let before = statement.compared.expect("a range");
    assert_eq!((before.from, before.to), (Some(date(2026, 9, 1)), Some(date(2026, 10, 1))));
    // The most now, of those that are there now and have a name.
    query.limit = Some(Limit { rows: 1, is_per_group: false });
    world.same(&query, &gold("WHERE a.s IS NOT NULL AND a.r IS NOT NULL ORDER BY 2 DESC LIMIT 1"));
    // The greatest fall.
    query.order = by(By::Change(0), false);
    world.same(&query, &gold("WHERE a.s - b.s IS NOT NULL AND a.r IS NOT NULL ORDER BY 4 LIMIT 1"));
    // Without a grouping.
    let query = Query { dimensions: Vec::new(), order: Vec::new(), limit: None, ..query };
    world.same(&query, "SELECT 66.5, 105.0, -38.5, -38.5 / 105.0");
    let query = Query { time: None, ..query };
    refused(&world, &query, "E_NOTHING_TO_COMPARE");
}

#[test]
fn buckets_stand_beside_those_they_are_compared_with() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &[]);
    query.dimensions = vec![world.per("orders.order_date", Grain::Month)];
    query.time = range(&world, "orders.order_date", date(2026, 7, 1), date(2026, 11, 21), Grain::Month, true);
    query.compare = compared(CompareTo::PreviousPeriod);
    let (_, rows) = world.answer(&query);
    // November until the 20th is compared with October until the 20th.
    assert_eq!(
        rows.iter().map(|row| json!([row[0], row[1], row[2]])).collect::<Vec<_>>(),
        [
            json!(["2026-07-01", 9.99, null]),
            json!(["2026-08-01", 50.0, 9.99]),
            json!(["2026-09-01", 105.0, 50.0]),
            json!(["2026-10-01", 66.5, 105.0]),
            json!(["2026-11-01", 51.0, 62.5]),
        ]
    );
    // Without a range, no bucket comes after the last, and a gap is not jumped over.
    query.time = None;
    let (_, rows) = world.answer(&query);
    assert!(rows.iter().all(|row| !row[0].is_null()));
    let months: Vec<&str> = rows.iter().filter_map(|row| row[0].as_str()).collect();
    assert_eq!(
        months,
        [
            "2025-10-01",
            "2025-11-01",
            "2026-02-01",
            "2026-07-01",
            "2026-08-01",
            "2026-09-01",
            "2026-10-01",
            "2026-11-01"
        ]
    );
    assert_eq!((&rows[1][2], &rows[2][2], &rows[3][2]), (&json!(10.5), &json!(null), &json!(null)));
    // Months of any of the figures are there.
    let mut two = Query { measures: vec![world.metric("net_sales"), world.metric("campaign_cost")], ..query.clone() };
    two.time = None;
    two.compare = Some(Compare { to: CompareTo::PreviousPeriod, shows_change: false });
    let (_, rows) = world.answer(&two);
    let last = rows.iter().rfind(|row| !row[0].is_null()).expect("a month");
    assert_eq!(last, &vec![json!("2026-12-01"), json!(null), json!(51.0), json!(30.0), json!(null)]);
    // The same months of the year before.
    query.time = range(&world, "orders.order_date", date(2026, 10, 1), date(2026, 11, 21), Grain::Month, true);
    query.compare = compared(CompareTo::SamePeriodLastYear);
    let (_, rows) = world.answer(&query);
    assert_eq!(
        rows.iter().map(|row| json!([row[0], row[1], row[2]])).collect::<Vec<_>>(),
        [json!(["2026-10-01", 66.5, 10.5]), json!(["2026-11-01", 51.0, 20.0])]
    );
    let other = Range { from: Some(date(2025, 10, 1)), to: Some(date(2025, 12, 1)), grain: None, is_partial: false };
    query.compare = compared(CompareTo::Range(other));
    let (_, same) = world.answer(&query);
    assert_eq!(rows, same);
    query.dimensions = vec![world.per("orders.order_date", Grain::Year)];
    refused(
        &world,
        &Query { compare: compared(CompareTo::Range(Range { from: Some(date(2026, 3, 1)), ..other })), ..query },
        "E_COMBINATION",
    );
}

#[test]
fn one_value_with_another() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &["orders.status"]);
    query.compare = compared(CompareTo::Values {
        field: world.field("customers.region"),
        first: Value::Text("EU".into()),
        second: Value::Text("US".into()),
    });
    world.same(
        &query,
        "SELECT status, a, b, a - b, (a - b) / abs(b) FROM (SELECT status,
           SUM(CASE WHEN region = 'EU' THEN amount_cents END) / 100.0 a, SUM(CASE WHEN region = 'US' THEN amount_cents END) / 100.0 b
           FROM orders JOIN customers c ON c.id = customer_id WHERE region IN ('EU', 'US') GROUP BY 1)
         ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST",
    );
}

#[test]
fn shares_and_running_totals() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &["customers.region"]);
    query.share = Some(Share::OfTotal);
    let all = "(SELECT c.region r, status, SUM(amount_cents) / 100.0 s FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1, 2)";
    world.same(
        &query,
        &format!("SELECT r, SUM(s), SUM(s) / (SELECT SUM(s) FROM {all}) FROM {all} GROUP BY 1 ORDER BY 2 DESC"),
    );
    // A condition on figures takes groups away, and nothing from the whole.
    query.having =
        vec![Having { measure: world.metric("net_sales"), op: Op::More, values: vec![Value::Number("50".into())] }];
    world.same(
        &query,
        &format!("SELECT r, SUM(s), SUM(s) / (SELECT SUM(s) FROM {all}) FROM {all} GROUP BY 1 HAVING SUM(s) > 50 ORDER BY 2 DESC"),
    );
    query.having =
        vec![Having { measure: world.metric("order_count"), op: Op::AtLeast, values: vec![Value::Number("2".into())] }];
    let (statement, rows) = world.answer(&query);
    // What has no region is none.
    assert_eq!((statement.columns.len(), rows[0].len(), rows.len()), (3, 3, 2), "{}\n{rows:?}", statement.sql);
    query.having.clear();
    query.limit = Some(Limit { rows: 1, is_per_group: false });
    world.same(
        &query,
        &format!("SELECT r, SUM(s), SUM(s) / (SELECT SUM(s) FROM {all}) FROM {all} GROUP BY 1 ORDER BY 2 DESC LIMIT 1"),
    );
    query.limit = None;
    query.dimensions.push(world.by("orders.status"));
    query.share = Some(Share::Of(0));
    world.same(
        &query,
        &format!("SELECT r, status, s, s / (SELECT SUM(s) FROM {all} b WHERE b.r IS a.r) FROM {all} a ORDER BY 3 DESC NULLS LAST, 1 NULLS LAST, 2 NULLS LAST"),
    );
    // Of all, without a grouping.
    let mut part = asks(&world, &["net_sales"], &[]);
    part.share = Some(Share::OfTotal);
    refused(&world, &part, "E_COMBINATION");
    part.part = vec![only(&world, "customers.region", Op::Is, &["EU"])];
    world.same(
        &part,
        "SELECT SUM(CASE WHEN customer_id IN (1, 2, 6) THEN amount_cents END) / 100.0,
           1.0 * SUM(CASE WHEN customer_id IN (1, 2, 6) THEN amount_cents END) / SUM(amount_cents) FROM orders",
    );
    part.measures = vec![world.metric("average_order")];
    refused(&world, &part, "E_UNSAFE_REAGGREGATION");

    let mut total = asks(&world, &["net_sales"], &[]);
    total.is_cumulative = true;
    refused(&world, &total, "E_COMBINATION");
    total.dimensions = vec![world.per("orders.order_date", Grain::Month), world.by("orders.status")];
    world.same(
        &total,
        "SELECT m, status, s, SUM(s) OVER (PARTITION BY status ORDER BY m NULLS LAST ROWS UNBOUNDED PRECEDING) FROM (
           SELECT strftime('%Y-%m-01', order_date) m, status, SUM(amount_cents) / 100.0 s FROM orders GROUP BY 1, 2)
         ORDER BY 1 NULLS LAST, 2 NULLS LAST",
    );
    // A customer who orders in two months is not two customers.
    total.measures = vec![Measure::CountOf(world.dataset("customers"))];
    total.is_dated_by_own = false;
    total.dimensions.truncate(1);
    refused(&world, &total, "E_UNSAFE_REAGGREGATION");
    total.measures = vec![world.metric("buyers")];
    refused(&world, &total, "E_UNSAFE_REAGGREGATION");
}

#[test]
fn the_first_with_those_that_tie() {
    let world = world();
    let amount = world.field("orders.amount");
    let mut query = Query {
        measures: vec![Measure::Of { aggregate: Aggregate::Maximum, field: amount }],
        dimensions: vec![world.by("customers.name")],
        order: by(By::Measure(0), true),
        limit: Some(Limit { rows: 2, is_per_group: false }),
        ..Query::default()
    };
    // Cy has 75; Ann and Bob have 50 each.
    let statement = world.same(&query, "VALUES ('Cy', 75.0), ('Ann', 50.0), ('Bob', 50.0)");
    assert_eq!(statement.limit, Some(12));
    query.limit = Some(Limit { rows: 1, is_per_group: false });
    world.same(&query, "VALUES ('Cy', 75.0)");
    query.order = by(By::Measure(0), false);
    world.same(&query, "VALUES ('Di', 4.0)");
    // Of each region.
    query.dimensions = vec![world.by("customers.region"), world.by("customers.name")];
    query.limit = Some(Limit { rows: 1, is_per_group: true });
    query.order = by(By::Measure(0), true);
    world.same(&query, "VALUES ('EU', 'Ann', 50.0), ('EU', 'Bob', 50.0), ('US', 'Cy', 75.0), (NULL, 'Di', 4.0)");
    // The last months, whatever is in them.
    let mut last = asks(&world, &["order_count"], &["orders.status"]);
    last.dimensions.insert(0, world.per("orders.order_date", Grain::Month));
    last.order = by(By::Dimension(0), true);
    last.limit = Some(Limit { rows: 2, is_per_group: false });
    last.filters = vec![only(&world, "orders.status", Op::IsNotEmpty, &[])];
    world.same(&last, "VALUES ('2026-11-01', 'open', 1), ('2026-11-01', 'paid', 2), ('2026-10-01', 'paid', 2)");
}

#[test]
fn conditions_on_figures() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &["customers.name"]);
    query.having =
        vec![Having { measure: world.metric("order_count"), op: Op::More, values: vec![Value::Number("2".into())] }];
    world.same(
        &query,
        "SELECT c.name, SUM(amount_cents) / 100.0 FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
         GROUP BY 1 HAVING COUNT(*) > 2 ORDER BY 2 DESC",
    );
    // Of another fact.
    query.having =
        vec![Having { measure: world.metric("revenue"), op: Op::More, values: vec![Value::Number("60".into())] }];
    world.same(
        &query,
        "SELECT c.name, SUM(amount_cents) / 100.0 FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1
         HAVING (SELECT SUM(quantity * price) FROM order_lines l JOIN orders p ON p.id = l.order_id WHERE p.customer_id IS c.id) > 60
         ORDER BY 2 DESC",
    );
}

#[test]
fn states_are_not_added_over_time() {
    let world = world();
    let mut query = asks(&world, &["total_balance"], &[]);
    refused(&world, &query, "E_UNSAFE_REAGGREGATION");
    query.dimensions = vec![world.per("balances.day", Grain::Month)];
    refused(&world, &query, "E_UNSAFE_REAGGREGATION");
    query.dimensions = vec![world.per("balances.day", Grain::Day)];
    world.same(&query, "SELECT day, SUM(balance) FROM balances GROUP BY 1 ORDER BY 1");
    query.dimensions = vec![world.by("balances.account")];
    query.time = range(&world, "balances.day", date(2026, 11, 2), date(2026, 11, 3), Grain::Day, false);
    world.same(&query, "VALUES ('a', 12.0), ('b', 6.0)");
}

#[test]
fn groups_add_up_to_the_total_and_filters_only_take_away() {
    let world = world();
    let dimensions: Vec<&str> =
        vec!["customers.region", "customers.name", "customers.is_vip", "orders.status", "orders.shipped_on"];
    let figure = |value: &serde_json::Value| value.as_f64().unwrap_or(0.0);
    for metric in ["net_sales", "order_count", "paid_sales", "paid_orders", "revenue"] {
        let (_, total) = world.answer(&asks(&world, &[metric], &[]));
        let total = figure(&total[0][0]);
        let mut queries: Vec<Query> = dimensions.iter().map(|path| asks(&world, &[metric], &[path])).collect();
        for grain in [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
            let dimensions = vec![world.per("orders.order_date", grain), world.by("customers.country")];
            queries.push(Query { dimensions, ..asks(&world, &[metric], &[]) });
        }
        for query in queries {
            let (statement, rows) = world.answer(&query);
            let sum: f64 = rows.iter().map(|row| figure(&row[query.dimensions.len()])).sum();
            assert!((sum - total).abs() < 1e-6, "{metric}: {sum} and {total}\n{}", statement.sql);
        }
        for (path, value) in [("customers.region", "EU"), ("orders.status", "paid"), ("customers.name", "Cy")] {
            let mut query = asks(&world, &[metric], &[]);
            query.filters = vec![only(&world, path, Op::Is, &[value])];
            let kept = figure(&world.answer(&query).1[0][0]);
            query.filters[0].op = Op::IsNot;
            let left = figure(&world.answer(&query).1[0][0]);
            assert!(kept <= total && (kept + left - total).abs() < 1e-6, "{metric} {path}: {kept}, {left}, {total}");
        }
    }
}
