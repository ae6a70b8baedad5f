//! Every kind of statement in every dialect.

use emporion_semantic::chat::query::{
    By, CompareTo, Filter, Grain, Having, Limit, Measure, Member, Op, Query, Share, Value,
};
use emporion_semantic::guard::Dialect;
use jiff::civil::date;

use crate::chat_figures::{by, compared};
use crate::chat_plan::{asks, only, range};
use crate::chat_world::{World, world_in};

/// Every kind of statement, for the other dialects.
fn all(world: &World) -> Vec<Query> {
    let time = range(world, "orders.order_date", date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false);
    let mut all = Vec::new();
    for grain in [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
        for to in [CompareTo::PreviousPeriod, CompareTo::SamePeriodLastYear] {
            let mut query = asks(world, &["net_sales", "revenue", "campaign_cost"], &[]);
            query.dimensions = vec![world.per("orders.order_date", grain)];
            query.time = time.clone();
            all.push(query.clone());
            all.push(Query { compare: compared(to), ..query });
        }
    }
    let mut top = asks(world, &["net_sales", "paid_orders"], &["customers.region"]);
    top.limit = Some(Limit { rows: 3, is_per_group: false });
    top.filters = vec![
        only(world, "customers.name", Op::Contains, &["a\\_%'b"]),
        only(world, "orders.status", Op::IsNot, &["paid", "open"]),
    ];
    all.push(top.clone());
    all.push(Query { share: Some(Share::OfTotal), ..top });
    let mut far = asks(world, &["order_count"], &["products.category"]);
    all.push(far.clone());
    far.dimensions.clear();
    far.filters = vec![only(world, "products.category", Op::Is, &["tool"])];
    all.push(far.clone());
    all.push(Query { listed: Some(world.dataset("orders")), measures: Vec::new(), ..far });
    let number = |digits: &str| vec![Value::Number(digits.to_owned())];
    for grain in [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
        let mut plain = asks(world, &["average_order", "buyers", "last_order"], &[]);
        plain.dimensions = vec![world.per("orders.order_date", grain), world.by("orders.status")];
        all.push(plain.clone());
        plain.having = vec![Having { measure: world.metric("order_count"), op: Op::More, values: number("1") }];
        all.push(plain.clone());
        plain.limit = Some(Limit { rows: 1, is_per_group: true });
        all.push(plain);
    }
    let mut values = asks(world, &["net_sales"], &["orders.status"]);
    values.compare = compared(CompareTo::Values {
        field: world.field("customers.region"),
        first: Value::Text("EU".into()),
        second: Value::Text("US".into()),
    });
    values.order = by(By::Change(0), true);
    all.push(values.clone());
    all.push(Query { limit: Some(Limit { rows: 1, is_per_group: false }), ..values });
    let through = Measure::CountThrough { what: world.dataset("customers"), through: world.join("bought") };
    all.push(Query { measures: vec![through], dimensions: vec![world.by("customers.country")], ..Query::default() });
    all.push(asks(world, &["sales_per_customer", "cost_share"], &[]));
    let dated =
        |op| Filter { field: world.field("orders.order_date"), op, values: vec![Value::Date(date(2026, 9, 30))] };
    for op in [Op::Is, Op::IsNot, Op::More, Op::AtMost] {
        all.push(Query { filters: vec![dated(op)], ..asks(world, &["order_count"], &[]) });
    }
    let vip = Filter { field: world.field("customers.is_vip"), op: Op::Is, values: vec![Value::Boolean(true)] };
    all.push(Query { filters: vec![vip], ..asks(world, &["order_count"], &["customers.is_vip"]) });
    let mut part = asks(world, &["net_sales"], &[]);
    part.share = Some(Share::OfTotal);
    part.part = vec![only(world, "customers.region", Op::Is, &["EU"])];
    all.push(part.clone());
    all.push(Query { dimensions: vec![world.by("orders.status")], ..part });
    let (customers, orders) = (world.dataset("customers"), world.dataset("orders"));
    let member = |op, digits: &str| Member {
        kin: None,
        of: customers,
        measure: Measure::CountOf(orders),
        filters: vec![only(world, "orders.status", Op::Is, &["paid"])],
        time: range(world, "orders.order_date", date(2026, 8, 1), date(2026, 11, 1), Grain::Month, false),
        op,
        values: vec![Value::Number(digits.into())],
    };
    for (op, digits) in [(Op::Is, "0"), (Op::AtLeast, "1"), (Op::More, "3"), (Op::Less, "2")] {
        all.push(Query { listed: Some(customers), members: vec![member(op, digits)], ..Query::default() });
        all.push(Query { members: vec![member(op, digits)], ..asks(world, &["net_sales"], &["customers.region"]) });
    }
    let few = Query {
        measures: vec![Measure::CountOf(orders)],
        dimensions: vec![world.by("customers.id")],
        ..Query::default()
    };
    let few = Query { all_of: Some(customers), order: by(By::Measure(0), false), ..few };
    all.push(Query { limit: Some(Limit { rows: 2, is_per_group: false }), ..few });
    for of in [customers, orders] {
        let per = Measure::Per { measure: Box::new(world.metric("net_sales")), of };
        all.push(Query { measures: vec![per], dimensions: vec![world.by("orders.status")], ..Query::default() });
    }
    let amounts =
        Filter { field: world.field("orders.amount"), op: Op::Between, values: [number("5"), number("50")].concat() };
    all.push(Query { listed: Some(world.dataset("orders")), filters: vec![amounts], ..Query::default() });
    let mut running = asks(world, &["net_sales"], &[]);
    running.dimensions = vec![world.per("orders.order_date", Grain::Month)];
    running.is_cumulative = true;
    all.push(running);
    all.push(Query { dimensions: vec![world.by("customers.region")], ..Query::default() });
    all
}

#[test]
fn statements_pass_the_guard_in_every_dialect() {
    for dialect in [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql] {
        for fiscal in [false, true] {
            let mut world = world_in(dialect);
            world.ground.calendar.is_fiscal = fiscal;
            world.ground.calendar.fiscal_start = 4;
            world.ground.calendar.week_starts_on_sunday = fiscal;
            for query in all(&world) {
                let statement =
                    world.plan(&query).unwrap_or_else(|problem| panic!("{}", problem.message(&world.ground)));
                let sql = world.guarded(&statement);
                // For whoever wants to look at them, or to run them elsewhere.
                if std::env::var_os("CHAT_SQL").is_some() {
                    eprintln!("{dialect:?} {sql}\n");
                }
                if dialect == Dialect::Sqlite {
                    let rows = world.rows(&sql);
                    assert!(rows.iter().all(|row| row.len() == statement.columns.len()));
                }
            }
        }
    }
}
