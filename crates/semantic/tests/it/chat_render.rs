//! What answers say, on the rows that the statements answer.

use emporion_semantic::chat::query::{Compare, CompareTo, Grain, Limit, Op, Query, Share};
use emporion_semantic::chat::{Rendered, render};
use jiff::civil::date;
use serde_json::{Value, json};

use crate::chat_plan::{asks, only, range};
use crate::chat_world::{World, world};

fn told(world: &World, query: &Query) -> Rendered {
    let (statement, rows) = world.answer(query);
    render(&world.ground, query, &statement, &rows, false)
}

#[test]
fn who_stand_level_at_one_end_are_named_together() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &[]);
    query.dimensions = vec![world.by("customers.region")];
    let (statement, _) = world.answer(&query);
    let said = |figures: &[(&str, f64)]| {
        let rows: Vec<Vec<Value>> = figures.iter().map(|(name, figure)| vec![json!(name), json!(figure)]).collect();
        render(&world.ground, &query, &statement, &rows, false).text
    };
    let text = said(&[("Basel", 5.0), ("Genf", 5.0), ("Zug", 1.0)]);
    assert!(text.ends_with("The highest are Basel and Genf (5.00 EUR each), the lowest Zug (1.00 EUR)."), "{text}");
    let text = said(&[("Basel", 5.0), ("Genf", 1.0), ("Zug", 1.0), ("Bern", 1.0), ("Chur", 1.0)]);
    assert!(text.ends_with("The highest is Basel (5.00 EUR), the lowest 4 of them (1.00 EUR each)."), "{text}");
}

#[test]
fn the_ends_of_several_figures_are_said_of_each() {
    let world = world();
    let mut query = asks(&world, &["net_sales", "paid_sales"], &[]);
    query.dimensions = vec![world.by("customers.region")];
    let (statement, _) = world.answer(&query);
    let rows = vec![vec![json!("Basel"), json!(5.0), json!(1.5)], vec![json!("Zug"), json!(1.0), json!(2.5)]];
    let text = render(&world.ground, &query, &statement, &rows, false).text;
    let ends = "2 rows. Net sales is highest in Basel (5.00 EUR), lowest in Zug (1.00 EUR); \
         paid_sales is highest in Zug (2.5), lowest in Basel (1.5).";
    assert!(text.contains(ends), "{text}");
}

#[test]
fn texts_name_what_for_what_and_when() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &[]);
    assert_eq!(told(&world, &query).text, "Net sales: 352.99 EUR.");
    query.time = range(&world, "orders.order_date", date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false);
    assert_eq!(told(&world, &query).text, "Net sales in Q3 2026: 164.99 EUR.");
    query.compare = Some(Compare { to: CompareTo::SamePeriodLastYear, shows_change: true });
    assert_eq!(
        told(&world, &query).text,
        "Net sales in Q3 2026: 164.99 EUR, with nothing to compare it with in Q3 2025."
    );
    query.time = range(&world, "orders.order_date", date(2026, 10, 1), date(2026, 11, 1), Grain::Month, false);
    query.compare = Some(Compare { to: CompareTo::PreviousPeriod, shows_change: true });
    assert_eq!(
        told(&world, &query).text,
        "Net sales in October 2026: 66.50 EUR, down 36.7 % on September 2026 (105.00 EUR)."
    );
    let labels: Vec<String> = told(&world, &query).columns.into_iter().map(|column| column.label).collect();
    assert_eq!(labels, ["Net sales October 2026", "Net sales September 2026", "Change", "Change in per cent"]);
    query.dimensions = vec![world.by("customers.region")];
    query.filters = vec![only(&world, "orders.status", Op::Is, &["paid"])];
    assert_eq!(
        told(&world, &query).text,
        "Net sales by region where status is “paid” in October 2026, compared with September 2026: 2 rows. \
         The highest is US (50.00 EUR), the lowest (none) (4.00 EUR)."
    );
    query.filters = vec![only(&world, "orders.status", Op::Is, &["lost"])];
    assert_eq!(
        told(&world, &query).text,
        "There are no rows for net sales by region where status is “lost” in October 2026."
    );
    query.dimensions.clear();
    assert!(told(&world, &query).text.starts_with("There are no rows for net sales where"));
    let paid = asks(&world, &["paid_sales"], &[]);
    assert_eq!(told(&world, &paid).text, "paid_sales: 255.5. paid_sales counts only rows where status is “paid”.");
    let list = Query { listed: Some(world.dataset("products")), ..Query::default() };
    assert_eq!(told(&world, &list).text, "5 rows of products.");
}

#[test]
fn tables_charts_and_interpretations() {
    let world = world();
    let mut query = asks(&world, &["net_sales"], &["customers.region"]);
    query.limit = Some(Limit { rows: 2, is_per_group: false });
    query.time = range(&world, "orders.order_date", date(2026, 7, 1), date(2026, 10, 1), Grain::Quarter, false);
    let said = told(&world, &query);
    assert_eq!(said.columns[1].name, "net_sales");
    assert_eq!((said.columns[1].ty, said.columns[1].unit.as_deref()), ("NUMBER", Some("EUR")));
    assert_eq!(
        said.interpretation["time"],
        json!({"field": "orders.order_date", "from": "2026-07-01", "to": "2026-09-30", "grain": "quarter"})
    );
    assert_eq!((&said.interpretation["metrics"], &said.interpretation["limit"]), (&json!(["net_sales"]), &json!(2)));
    let chart = said.chart.expect("bars");
    assert_eq!((&chart["mark"]["type"], &chart["encoding"]["x"]["field"]), (&json!("bar"), &json!("net_sales")));
    assert_eq!(
        chart["data"]["values"],
        json!([{"region": "US", "net_sales": 75.0}, {"region": "EU", "net_sales": 59.99}])
    );

    query.limit = None;
    query.dimensions = vec![world.per("orders.order_date", Grain::Month)];
    query.compare = Some(Compare { to: CompareTo::PreviousPeriod, shows_change: true });
    let chart = told(&world, &query).chart.expect("lines");
    assert_eq!((&chart["mark"]["type"], &chart["encoding"]["color"]["field"]), (&json!("line"), &json!("Figure")));
    assert_eq!(chart["data"]["values"][1], json!({"month": "2026-07-01", "Figure": "Previous period", "Value": null}));
    query.compare = None;
    query.dimensions.push(world.by("orders.status"));
    assert_eq!(told(&world, &query).chart.expect("lines")["encoding"]["color"]["field"], json!("status"));
    query.dimensions.remove(0);
    query.share = Some(Share::OfTotal);
    let chart = told(&world, &query).chart.expect("bars");
    assert_eq!(
        (&chart["encoding"]["x"]["field"], &chart["encoding"]["x"]["axis"]["format"]),
        (&json!("share"), &json!(".0%"))
    );
    assert_eq!(told(&world, &asks(&world, &["net_sales"], &[])).chart, None);
}
