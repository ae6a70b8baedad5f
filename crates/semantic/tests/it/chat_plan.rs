//! Plans against statements written by hand, on real rows, through the guard.

use emporion_semantic::chat::query::{Grain, Query, Range, TimeRange};
use jiff::civil::{Date, date};

use crate::chat_world::{World, world};

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
