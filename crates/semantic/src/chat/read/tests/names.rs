//! Names of figures as questions say them: taken apart, asked for as a duration, misspelt, one in another.

use super::{check, grounds};
use crate::chat::Ground;

fn named(synonyms: &[(&str, &[&str])]) -> Ground {
    let mut ground = grounds::retail();
    for (name, words) in synonyms {
        let metric = ground.metrics.iter_mut().find(|metric| metric.names.name == *name).expect("a metric");
        metric.names.synonyms.extend(words.iter().map(|word| (*word).to_owned()));
    }
    ground
}

#[test]
fn how_long_it_takes_is_a_time() {
    let ground = named(&[("average_order_value", &["average time to ship"])]);
    let rows = [
        ("How long does it take us on average to ship, by region?", "average_order_value | by customers.region"),
        ("how long does it take to ship an order, for each channel", "average_order_value | by orders.channel"),
        ("how long does it take to wrap an order", "unknown long, take, to, wrap"),
        ("how long does it last to ship", "unknown long, to"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn two_names_of_one_figure_make_one() {
    let ground = named(&[("net_sales", &["incoming sales", "sales including tax"])]);
    let rows = [
        ("incoming sales including tax by region", "net_sales | by customers.region"),
        ("incoming sales including shipping by region", "unknown including"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn of_several_words_the_one_that_makes_a_name_is_meant() {
    let ground = named(&[("units_sold", &["shipped pieces"]), ("order_count", &["snipped"])]);
    let rows = [
        ("sipped pieces by region", "unknown sipped, pieces"),
        ("sipped by region", "unknown sipped"),
        ("sipped orders by region", "unknown sipped"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn a_figure_is_named_by_what_we_did_for_what() {
    let ground = named(&[("units_sold", &["adverts spent"])]);
    let rows = [
        ("What have we spent on adverts, region by region?", "units_sold | by customers.region"),
        ("how much did we spend on adverts in 2025", "units_sold | in orders.order_date 2025-01-01..2026-01-01"),
        ("what have we spent on blorvex by region", "unknown spent, blorvex"),
        ("what have we spent under adverts by region", "unknown spent, adverts"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn a_number_is_that_of_the_thing() {
    let mut ground = grounds::retail();
    let field = ground.fields.iter_mut().find(|field| field.names.name == "order_date").expect("a field");
    field.names.synonyms.push("order code".into());
    let rows = [
        ("list all orders with code and status", "list orders | by orders.status, orders.order_date, orders.order_id"),
        ("list all products with code and category", "outside"),
        ("revenue by code", "outside"),
        ("revenue, code and status", "outside"),
    ];
    check(&ground, &[], &rows);
}
