//! Lists of rows, and of the values of fields.

use emporion_semantic::chat::LISTED_ROWS;
use emporion_semantic::chat::query::{By, Filter, Grain, Having, Limit, Measure, Op, Query, Value};
use jiff::civil::date;

use crate::chat_figures::by;
use crate::chat_plan::{only, range, refused};
use crate::chat_world::world;

#[test]
fn lists_of_rows_and_of_values() {
    let world = world();
    let more = Filter { field: world.field("orders.amount"), op: Op::More, values: vec![Value::Number("40".into())] };
    let mut query = Query {
        listed: Some(world.dataset("orders")),
        dimensions: vec![world.by("customers.region")],
        filters: vec![more],
        time: range(&world, "orders.order_date", date(2026, 8, 1), date(2026, 11, 1), Grain::Month, false),
        ..Query::default()
    };
    let statement = world.same(
        &query,
        "SELECT o.id, order_date, amount_cents / 100.0, region FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
         WHERE amount_cents > 4000 AND order_date >= '2026-08-01' AND order_date < '2026-11-01' ORDER BY order_date DESC",
    );
    assert_eq!(statement.limit, Some(LISTED_ROWS));
    query.order = by(By::Dimension(0), false);
    query.limit = Some(Limit { rows: 2, is_per_group: false });
    world.same(&query, "VALUES (4, '2026-08-15T12:00:00', 50.0, 'EU'), (5, '2026-09-30 23:59:59.999999', 75.0, 'US')");
    let values = Query { dimensions: vec![world.by("customers.region")], ..Query::default() };
    world.same(&values, "VALUES ('APAC'), ('EU'), ('US'), (NULL)");
    // Those with so many orders of a kind, in a time; none is also a number of them.
    let orders = |op, digits: &str| Having {
        measure: Measure::CountOf(world.dataset("orders")),
        op,
        values: vec![Value::Number(digits.into())],
    };
    let mut many = Query {
        listed: Some(world.dataset("customers")),
        filters: vec![
            only(&world, "orders.status", Op::Is, &["paid"]),
            only(&world, "customers.region", Op::IsNotEmpty, &[]),
        ],
        having: vec![orders(Op::AtLeast, "2")],
        ..Query::default()
    };
    let gold = |condition: &str| {
        format!(
            "SELECT id, name, signed_up, region FROM customers c WHERE region IS NOT NULL AND
             (SELECT COUNT(*) FROM orders WHERE customer_id = c.id AND status = 'paid') {condition} ORDER BY 3 DESC NULLS LAST"
        )
    };
    world.same(&many, &gold(">= 2"));
    many.having = vec![orders(Op::Less, "2")];
    world.same(&many, &gold("< 2"));
    many.having = vec![Having { measure: Measure::CountOf(world.dataset("customers")), ..orders(Op::More, "1") }];
    refused(&world, &many, "E_COMBINATION");
    let values = Query { listed: None, dimensions: vec![world.by("customers.region")], ..many.clone() };
    refused(&world, &values, "E_COMBINATION");
    many.having = vec![Having { measure: world.metric("seats_flown"), ..orders(Op::More, "1") }];
    refused(&world, &many, "E_NO_PATH");
    // Customers with such an order, each once.
    let tools = Query {
        listed: Some(world.dataset("customers")),
        filters: vec![only(&world, "products.category", Op::Is, &["toy"])],
        ..Query::default()
    };
    world.same(
        &tools,
        "SELECT id, name, signed_up FROM customers WHERE id IN (SELECT customer_id FROM orders o JOIN order_lines l ON l.order_id = o.id
         JOIN products p ON p.id = l.product_id WHERE category = 'toy') ORDER BY signed_up DESC",
    );
}
