//! Plans against statements written by hand, on real rows, through the guard.

use emporion_semantic::chat::PlanProblem;
use emporion_semantic::chat::ground::{FieldId, Type};
use emporion_semantic::chat::query::{Aggregate, Filter, Grain, Measure, Op, Query, Range, Share, TimeRange, Value};
use emporion_semantic::guard::Dialect;
use jiff::civil::{Date, date};

use crate::chat_world::{World, world, world_in};

pub fn range(world: &World, field: &str, from: Date, to: Date, grain: Grain, is_partial: bool) -> Option<TimeRange> {
    let range = Range { from: Some(from), to: Some(to), grain: Some(grain), is_partial };
    Some(TimeRange { field: world.field(field), range })
}

#[test]
fn a_metric_by_a_dimension_over_a_time() {
    let world = world();
    let query = Query {
        measures: vec![world.metric("net_sales")],
        dimensions: vec![world.by("customers.region")],
        time: range(&world, "orders.order_date", date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false),
        ..Query::default()
    };
    world.same(
        &query,
        "SELECT c.region, SUM(o.amount_cents / 100.0) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
         WHERE o.order_date >= '2026-07-01' AND o.order_date < '2026-10-01' GROUP BY c.region ORDER BY 2 DESC",
    );
}

pub fn asks(world: &World, measures: &[&str], dimensions: &[&str]) -> Query {
    Query {
        measures: measures.iter().map(|name| world.metric(name)).collect(),
        dimensions: dimensions.iter().map(|path| world.by(path)).collect(),
        is_dated_by_own: true,
        ..Query::default()
    }
}

pub fn only(world: &World, path: &str, op: Op, values: &[&str]) -> Filter {
    let values = values.iter().map(|text| Value::Text((*text).to_owned())).collect();
    Filter { field: world.field(path), op, values }
}

pub fn refused(world: &World, query: &Query, code: &str) {
    match world.plan(query) {
        Err(problem) => assert_eq!(problem.code(), code, "{}", problem.message(&world.ground)),
        Ok(statement) => panic!("{code} was wanted: {}", statement.sql),
    }
}

#[test]
fn the_ground_holds_what_may_be_asked_and_says_what_it_leaves_out() {
    let world = world();
    let left: Vec<&str> = world.left_out.iter().map(|left| left.part.as_str()).collect();
    assert_eq!(left, ["orders.broken", "no_key", "oldest", "orders.naughty"], "{:?}", world.left_out);
    let fields: Vec<String> = (0..world.ground.fields.len()).map(|at| world.ground.path(FieldId(at))).collect();
    for hidden in ["customers.email", "customers.mail_domain", "customers.age", "orders.naughty"] {
        assert!(!fields.iter().any(|field| field == hidden), "{hidden}");
    }
    assert!(world.ground.is_hand_made);
    let amount = world.ground.field(world.field("orders.amount"));
    assert_eq!((amount.ty, amount.unit.as_deref()), (Type::Number, Some("EUR")));
    assert!(world.ground.field(world.field("orders.id")).is_key);
    let orders = world.ground.dataset(world.dataset("orders"));
    assert_eq!(orders.default_time, Some(world.field("orders.order_date")));
    // Without a table, all that is made of it is gone, and the rest still answers.
    let less = world.ground.without(&[world.dataset("customers")]);
    assert!(!less.metrics.iter().any(|metric| metric.names.name == "sales_per_customer"));
    assert!(less.metrics.iter().any(|metric| metric.names.name == "net_sales") && less.joins.len() == 4);
}

#[test]
fn single_figures() {
    let world = world();
    for (metric, gold) in [
        ("net_sales", "SELECT SUM(amount_cents) / 100.0 FROM orders"),
        ("order_count", "SELECT COUNT(*) FROM orders"),
        ("paid_sales", "SELECT SUM(amount_cents) / 100.0 FROM orders WHERE status = 'paid'"),
        ("average_order", "SELECT SUM(amount_cents) / 100.0 / COUNT(*) FROM orders"),
        ("buyers", "SELECT COUNT(DISTINCT customer_id) FROM orders"),
        ("revenue", "SELECT SUM(quantity * price) FROM order_lines"),
        ("paid_orders", "SELECT COUNT(*) FROM orders WHERE status = 'paid'"),
        ("mails", "SELECT COUNT(DISTINCT email) FROM customers"),
        ("last_order", "SELECT MAX(order_date) FROM orders"),
        // Two facts: orders are not counted once for each customer, nor customers for each order.
        (
            "sales_per_customer",
            "SELECT (SELECT SUM(amount_cents) / 100.0 FROM orders) / (SELECT COUNT(*) FROM customers)",
        ),
        ("cost_share", "SELECT (SELECT SUM(cost) FROM campaigns) / (SELECT SUM(amount_cents) / 100.0 FROM orders)"),
    ] {
        world.same(&asks(&world, &[metric], &[]), gold);
    }
    let of = |aggregate, path: &str| Query {
        measures: vec![Measure::Of { aggregate, field: world.field(path) }],
        ..Query::default()
    };
    world.same(&of(Aggregate::Average, "orders.amount"), "SELECT AVG(amount_cents / 100.0) FROM orders");
    world.same(&of(Aggregate::Sum, "orders.gross"), "SELECT SUM(amount_cents / 100.0 + tax) FROM orders");
    world.same(&of(Aggregate::Count, "orders.status"), "SELECT COUNT(status) FROM orders");
    world.same(&of(Aggregate::CountDistinct, "orders.status"), "SELECT COUNT(DISTINCT status) FROM orders");
    world.same(&of(Aggregate::Maximum, "orders.order_date"), "SELECT MAX(order_date) FROM orders");
    refused(&world, &of(Aggregate::Sum, "orders.id"), "E_NOT_A_NUMBER");
    refused(&world, &of(Aggregate::Sum, "orders.status"), "E_NOT_A_NUMBER");
    world.same(
        &of(Aggregate::Median, "orders.amount"),
        "SELECT AVG(amount_cents / 100.0) FROM (SELECT amount_cents, ROW_NUMBER() OVER (ORDER BY amount_cents) AS n, COUNT(*) OVER () AS m FROM orders WHERE amount_cents IS NOT NULL) WHERE n IN ((m + 1) / 2, (m + 2) / 2)",
    );
    let other = world_in(Dialect::MySql);
    refused(&other, &of(Aggregate::Median, "orders.amount"), "E_NOT_IN_DIALECT");
    let count = Query { measures: vec![Measure::CountOf(world.dataset("customers"))], ..Query::default() };
    world.same(&count, "SELECT COUNT(*) FROM customers");
}

#[test]
fn rows_are_never_multiplied() {
    let world = world();
    // Several facts, each over its own rows, side by side over what they share.
    world.same(
        &asks(&world, &["net_sales", "revenue"], &["customers.region"]),
        "SELECT region, SUM(a), SUM(b) FROM (
           SELECT c.region, o.amount_cents / 100.0 a, NULL b FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
           UNION ALL SELECT c.region, NULL, l.quantity * l.price FROM order_lines l LEFT JOIN orders o ON o.id = l.order_id
             LEFT JOIN customers c ON c.id = o.customer_id)
         GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST",
    );
    world.same(
        &asks(&world, &["sales_per_customer"], &["customers.region"]),
        "SELECT r, s / n FROM (SELECT region r, COUNT(*) n FROM customers GROUP BY 1) FULL JOIN
           (SELECT c.region q, SUM(amount_cents) / 100.0 s FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1)
           ON r IS q ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST",
    );
    // Three of them, in pairs.
    let mut three = asks(&world, &["net_sales", "revenue", "campaign_cost"], &[]);
    three.dimensions = vec![world.per("orders.order_date", Grain::Month)];
    let statement = world.same(
        &three,
        "SELECT m, SUM(a), SUM(b), SUM(c) FROM (
           SELECT strftime('%Y-%m-01', order_date) m, amount_cents / 100.0 a, NULL b, NULL c FROM orders
           UNION ALL SELECT strftime('%Y-%m-01', o.order_date), NULL, quantity * price, NULL FROM order_lines l
             LEFT JOIN orders o ON o.id = l.order_id
           UNION ALL SELECT strftime('%Y-%m-01', start_date), NULL, NULL, cost FROM campaigns)
         GROUP BY 1 ORDER BY 1 NULLS LAST",
    );
    assert_eq!(statement.assumptions, ["campaign_cost is dated by start_date."]);
    // The same rows under different filters.
    world.same(
        &asks(&world, &["net_sales", "paid_sales"], &["customers.region"]),
        "SELECT region, SUM(amount_cents) / 100.0, SUM(CASE WHEN status = 'paid' THEN amount_cents END) / 100.0
         FROM orders o LEFT JOIN customers c ON c.id = o.customer_id GROUP BY 1 ORDER BY 2 DESC",
    );
    // What one of them lacks.
    refused(
        &world,
        &asks(&world, &["net_sales", "campaign_cost"], &["customers.region"]),
        "E3013_NO_STITCHING_DIMENSION",
    );
    let mut filtered = asks(&world, &["net_sales", "campaign_cost"], &[]);
    filtered.filters = vec![only(&world, "customers.region", Op::Is, &["EU"])];
    refused(&world, &filtered, "E3013_NO_STITCHING_DIMENSION");
}

#[test]
fn what_is_grouped_by_on_the_side_of_many() {
    let world = world();
    // Sums would count an order with each of its lines.
    refused(&world, &asks(&world, &["net_sales"], &["products.category"]), "E_UNSAFE_REAGGREGATION");
    refused(&world, &asks(&world, &["average_order"], &["products.category"]), "E_UNSAFE_REAGGREGATION");
    // Counts of distinct orders do not.
    world.same(
        &asks(&world, &["order_count"], &["products.category"]),
        "SELECT p.category, COUNT(DISTINCT o.id) FROM order_lines l JOIN orders o ON o.id = l.order_id
         LEFT JOIN products p ON p.id = l.product_id GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST",
    );
    world.same(
        &asks(&world, &["buyers"], &["products.category"]),
        "SELECT p.category, COUNT(DISTINCT o.customer_id) FROM order_lines l JOIN orders o ON o.id = l.order_id
         LEFT JOIN products p ON p.id = l.product_id GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST",
    );
    let mut share = asks(&world, &["order_count"], &["products.category"]);
    share.share = Some(Share::OfTotal);
    refused(&world, &share, "E_UNSAFE_REAGGREGATION");
    refused(&world, &asks(&world, &["net_sales"], &["flights.departed"]), "E_NO_PATH");
}

#[test]
fn filters_on_the_side_of_many() {
    let world = world();
    let mut query = asks(&world, &["order_count"], &["customers.region"]);
    query.filters = vec![only(&world, "products.category", Op::Is, &["tool"])];
    let statement = world.same(
        &query,
        "SELECT c.region, COUNT(*) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.id IN
           (SELECT order_id FROM order_lines l JOIN products p ON p.id = l.product_id WHERE category = 'tool')
         GROUP BY 1 ORDER BY 2 DESC, 1",
    );
    assert_eq!(statement.assumptions.len(), 1, "{:?}", statement.assumptions);
    query.measures = vec![world.metric("net_sales")];
    refused(&world, &query, "E_UNSAFE_REAGGREGATION");
    query.measures = vec![world.metric("order_count")];
    query.filters = vec![only(&world, "products.category", Op::IsNot, &["tool"])];
    refused(&world, &query, "E_UNSAFE_REAGGREGATION");
    // Customers who ordered in a month.
    let customers = Measure::CountOf(world.dataset("customers"));
    let time = range(&world, "orders.order_date", date(2026, 10, 1), date(2026, 11, 1), Grain::Month, false);
    let query = Query { measures: vec![customers], time: time.clone(), ..Query::default() };
    world.same(
        &query,
        "SELECT COUNT(*) FROM customers WHERE id IN (SELECT customer_id FROM orders
         WHERE order_date >= '2026-10-01' AND order_date < '2026-11-01')",
    );
    let through = Measure::CountThrough { what: world.dataset("customers"), through: world.join("bought") };
    let query =
        Query { measures: vec![through], time, dimensions: vec![world.by("customers.region")], ..Query::default() };
    world.same(
        &query,
        "SELECT c.region, COUNT(DISTINCT c.id) FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
         WHERE order_date >= '2026-10-01' AND order_date < '2026-11-01' GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST",
    );
    let all = Query { time: None, dimensions: Vec::new(), ..query };
    // Neither the order of nobody nor that of a customer who is gone.
    world.same(&all, "SELECT COUNT(*) FROM customers WHERE id IN (SELECT customer_id FROM orders)");
    let orders = Measure::CountThrough { what: world.dataset("orders"), through: world.join("bought") };
    let query = Query { measures: vec![orders], ..Query::default() };
    world.same(&query, "SELECT COUNT(*) FROM orders WHERE customer_id IN (SELECT id FROM customers)");
}

#[test]
fn two_ways_are_asked_back_and_chosen() {
    let world = world();
    let mut query = asks(&world, &["seats_flown"], &["airports.city"]);
    match world.plan(&query) {
        Err(PlanProblem::AmbiguousPath { ways, .. }) => assert_eq!(ways.len(), 2),
        other => panic!("{other:?}"),
    }
    query.via = vec![world.join("to_airport")];
    world.same(
        &query,
        "SELECT city, SUM(seats) FROM flights LEFT JOIN airports ON code = destination GROUP BY 1 ORDER BY 2 DESC, 1",
    );
    query.via = vec![world.join("from_airport")];
    world.same(
        &query,
        "SELECT city, SUM(seats) FROM flights LEFT JOIN airports ON code = origin GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST",
    );
}

#[test]
fn conditions_of_every_kind() {
    let world = world();
    let count = |filters: Vec<Filter>| Query { filters, ..asks(&world, &["order_count"], &[]) };
    let of =
        |path: &str, op: Op, values: &[Value]| vec![Filter { field: world.field(path), op, values: values.to_vec() }];
    let number = |digits: &str| Value::Number(digits.to_owned());
    let text = |text: &str| Value::Text(text.to_owned());
    let cases: Vec<(Vec<Filter>, &str)> = vec![
        (of("orders.status", Op::Is, &[text("paid")]), "status = 'paid'"),
        (of("orders.status", Op::Is, &[text("paid"), text("open")]), "status IN ('paid', 'open')"),
        (of("orders.status", Op::IsNot, &[text("paid")]), "status IS NOT 'paid'"),
        (
            of("orders.status", Op::IsNot, &[text("paid"), text("open")]),
            "status NOT IN ('paid', 'open') OR status IS NULL",
        ),
        (of("orders.status", Op::IsEmpty, &[]), "status IS NULL"),
        (of("orders.status", Op::IsNotEmpty, &[]), "status IS NOT NULL"),
        (of("orders.amount", Op::More, &[number("30")]), "amount_cents > 3000"),
        (of("orders.amount", Op::AtLeast, &[number("30")]), "amount_cents >= 3000"),
        (of("orders.amount", Op::Less, &[number("10.5")]), "amount_cents < 1050"),
        (of("orders.amount", Op::AtMost, &[number("10.5")]), "amount_cents <= 1050"),
        (of("orders.amount", Op::Between, &[number("7"), number("30")]), "amount_cents BETWEEN 700 AND 3000"),
        (of("orders.shipped_on", Op::Is, &[Value::Date(date(2026, 10, 1))]), "shipped_on = '2026-10-01'"),
        (of("orders.order_date", Op::Is, &[Value::Date(date(2026, 9, 30))]), "date(order_date) = '2026-09-30'"),
        (of("orders.order_date", Op::IsNot, &[Value::Date(date(2026, 9, 30))]), "date(order_date) IS NOT '2026-09-30'"),
        (of("orders.order_date", Op::More, &[Value::Date(date(2026, 9, 30))]), "order_date >= '2026-10-01'"),
        (of("orders.order_date", Op::AtMost, &[Value::Date(date(2026, 9, 30))]), "order_date < '2026-10-01'"),
        (
            of("orders.order_date", Op::Between, &[Value::Date(date(2026, 9, 30)), Value::Date(date(2026, 10, 31))]),
            "order_date >= '2026-09-30' AND order_date < '2026-11-01'",
        ),
        (of("customers.is_vip", Op::Is, &[Value::Boolean(true)]), "customer_id IN (1, 5)"),
        (of("customers.region", Op::IsEmpty, &[]), "customer_id IS NULL OR customer_id NOT IN (1, 2, 3, 5, 6)"),
        (of("customers.name", Op::Contains, &[text("N")]), "customer_id = 1"),
        (of("customers.name", Op::StartsWith, &[text("b"), text("c")]), "customer_id IN (2, 3)"),
        (of("customers.name", Op::EndsWith, &[text("I")]), "customer_id = 4"),
    ];
    for (filters, gold) in cases {
        world.same(&count(filters), &format!("SELECT COUNT(*) FROM orders WHERE {gold}"));
    }
    for bad in [
        of("orders.amount", Op::Is, &[text("much")]),
        of("orders.status", Op::Is, &[Value::Date(date(2026, 1, 1))]),
        of("orders.status", Op::Is, &[]),
        of("customers.is_vip", Op::Is, &[text("maybe")]),
        of("orders.order_date", Op::Is, &[text("yesterday")]),
        of("orders.status", Op::Contains, &[text("")]),
    ] {
        refused(&world, &count(bad), "E_BAD_VALUE");
    }
    // Signs of patterns are letters like any other, and values are never text of the statement.
    let products = |op, value: &str| Query {
        measures: vec![Measure::CountOf(world.dataset("products"))],
        filters: vec![only(&world, "products.title", op, &[value])],
        ..Query::default()
    };
    for (op, value, count) in [
        (Op::Contains, "0%_O", 1),
        (Op::Contains, "%", 1),
        (Op::Contains, "_", 1),
        (Op::EndsWith, "off!", 1),
        (Op::Contains, "a", 2),
        (Op::Is, "x' OR '1'='1", 0),
    ] {
        let (statement, rows) = world.answer(&products(op, value));
        assert_eq!(rows, [[serde_json::json!(count)]], "{value}");
        assert!(!statement.sql.contains(value) || value.len() == 1, "{}", statement.sql);
    }
}

#[test]
fn times_in_grains() {
    let world = world();
    for (grain, gold) in [
        (Grain::Day, "date(order_date)"),
        (Grain::Week, "date(order_date, '-' || ((strftime('%w', order_date) + 6) % 7) || ' days')"),
        (Grain::Month, "strftime('%Y-%m-01', order_date)"),
        (
            Grain::Quarter,
            "strftime('%Y-', order_date) || printf('%02d-01', ((strftime('%m', order_date) - 1) / 3) * 3 + 1)",
        ),
        (Grain::Year, "strftime('%Y-01-01', order_date)"),
    ] {
        let mut query = asks(&world, &["net_sales"], &[]);
        query.dimensions = vec![world.per("orders.order_date", grain)];
        let gold = format!("SELECT {gold}, SUM(amount_cents) / 100.0 FROM orders GROUP BY 1 ORDER BY 1 NULLS LAST");
        world.same(&query, &gold);
    }
    let mut sundays = world;
    sundays.ground.calendar.week_starts_on_sunday = true;
    sundays.ground.calendar.is_fiscal = true;
    sundays.ground.calendar.fiscal_start = 10;
    let mut query = asks(&sundays, &["net_sales"], &[]);
    query.dimensions = vec![sundays.per("orders.order_date", Grain::Week)];
    sundays.same(
        &query,
        "SELECT date(order_date, '-' || strftime('%w', order_date) || ' days'), SUM(amount_cents) / 100.0 FROM orders
         GROUP BY 1 ORDER BY 1 NULLS LAST",
    );
    query.dimensions = vec![sundays.per("orders.order_date", Grain::Year)];
    sundays.same(
        &query,
        "SELECT CASE WHEN order_date < '2025-10-01' THEN '2024-10-01' WHEN order_date < '2026-10-01' THEN '2025-10-01'
           WHEN order_date IS NOT NULL THEN '2026-10-01' END, SUM(amount_cents) / 100.0 FROM orders GROUP BY 1 ORDER BY 1 NULLS LAST",
    );
}
