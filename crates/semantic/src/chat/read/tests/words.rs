//! Units, orders, spelling and words that change nothing, each with what looks like it and is not.

use super::{check, grounds};

#[test]
fn units_agree_with_the_model_or_are_refused() {
    let mut ground = grounds::retail();
    let set = |ground: &mut crate::chat::Ground, name: &str, unit: &str| {
        ground
            .fields
            .iter_mut()
            .filter(|field| field.names.name == name)
            .for_each(|field| field.unit = Some(unit.into()));
    };
    set(&mut ground, "amount", "EUR");
    ground
        .metrics
        .iter_mut()
        .filter(|metric| metric.names.name == "net_sales")
        .for_each(|metric| metric.unit = Some("EUR".into()));
    let rows = [
        ("number of orders with an amount over 100 euros", "order_count | where orders.amount > 100"),
        ("number of orders with an amount over €100", "order_count | where orders.amount > 100"),
        ("number of orders with an amount over 100", "order_count | where orders.amount > 100"),
        ("number of orders with an amount over 100 dollars", "outside"),
        ("number of orders with an amount over 100 seconds", "outside"),
        ("number of products with a price over 100 euros", "count products | where products.price > 100"),
        ("number of products with a price over 100 dollars", "outside"),
        ("number of products with a price over 100 kg", "unknown kg"),
        ("orders over 100 days", "outside"),
        ("countries with revenue over 1000 EUR", "net_sales | by customers.country | having net_sales > 1000"),
        ("countries with revenue over $1000", "outside"),
        ("revenue in the last 30 days", "net_sales | in orders.order_date 2026-10-21..2026-11-20"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn orders_of_adjectives_sort_by_what_they_name() {
    let rows = [
        ("revenue by country, highest first", "net_sales | by customers.country | order m0 desc"),
        ("revenue by country, cheapest first", "outside"),
        (
            "revenue and units by country, most units first",
            "net_sales | units_sold | by customers.country | order m1 desc",
        ),
        ("revenue by country, newest first", "outside"),
        ("revenue by month, newest first", "net_sales | by orders.order_date@month | order d0 desc"),
        ("revenue by country alphabetically", "net_sales | by customers.country | order d0 asc"),
        ("revenue by month alphabetically", "outside"),
    ];
    check(&grounds::retail(), &[], &rows);
}

#[test]
fn misspelt_words_are_those_of_names_of_several_words() {
    let rows = [
        ("avrage order value by region", "average_order_value | by customers.region"),
        ("blurage order value by region", "unknown blurage, value"),
        ("custmers by region", "count customers | by customers.region"),
        (
            "How many custmers signed up each month this year?",
            "count customers | by customers.signup_date@month | in customers.signup_date 2026-01-01..2027-01-01",
        ),
        ("How many customers signed up in 2025?", "count customers | in customers.signup_date 2025-01-01..2026-01-01"),
        ("How many customers sign up per month?", "count customers | by customers.signup_date@month"),
    ];
    check(&grounds::retail(), &[], &rows);
}

#[test]
fn harmless_words_change_nothing_and_others_do() {
    let rows = [
        ("how many orders are still pending", "order_count | where orders.status = pending"),
        ("how many orders are not paid yet", "order_count | where orders.status != paid"),
        ("how many orders are not yet paid", "order_count | where orders.status != paid"),
        ("how many orders are yet paid", "unknown yet"),
        ("revenue this month, all channels together", "net_sales | in orders.order_date 2026-11-01..2026-12-01"),
        ("revenue still", "unknown still"),
        ("revenue for everything but web", "net_sales | where orders.channel != web"),
        ("revenue and units by region, side by side", "net_sales | units_sold | by customers.region"),
    ];
    check(&grounds::retail(), &[], &rows);
}
