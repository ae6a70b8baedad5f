//! Times, relationships and figures of which there are several.

use super::{check, grounds};
use crate::chat::reading::Reading;

#[test]
fn a_time_is_declared_or_asked_for() {
    check(
        &grounds::market(),
        &[],
        &[
            // The order that a line belongs to says when; when its product was launched does not.
            (
                "revenue by month in 2026",
                "revenue | by orders.ordered_on@month | in orders.ordered_on 2026-01-01..2027-01-01",
            ),
            ("revenue by shipped on month", "revenue | by orders.shipped_on@month"),
            (
                "refunds in 2026",
                "clarify time: time of returns|field:returns.requested_on / time of returns|field:returns.refunded_on",
            ),
            ("revenue and refunds by month", "outside"),
            ("number of products in 2026", "count products | in products.launched_on 2026-01-01..2027-01-01"),
        ],
    );
}

#[test]
fn a_role_says_by_which_relationship() {
    check(
        &grounds::market(),
        &[],
        &[
            ("revenue by account manager", "revenue | by people.person_id | via account_manager"),
            ("revenue by team of the account manager", "revenue | by people.team | via account_manager"),
            ("revenue by account manager team", "revenue | by people.team | via account_manager"),
            ("revenue of orders sold by the Inside team", "revenue | where people.team = Inside | via order_seller"),
            ("revenue sold by the Inside team", "revenue | where people.team = Inside | via order_seller"),
            ("revenue sold by brand", "outside"),
        ],
    );
}

#[test]
fn what_is_called_so_is_meant() {
    check(
        &grounds::market(),
        &[],
        &[
            ("orders by channel", "order_count | by orders.channel"),
            ("orders yesterday", "order_count | in orders.ordered_on 2026-11-19..2026-11-20"),
            (
                "show orders yesterday",
                "list orders | by orders.order_id, orders.ordered_on | in orders.ordered_on 2026-11-19..2026-11-20",
            ),
            (
                "list orders of the web channel",
                "list orders | by orders.order_id, orders.ordered_on, orders.channel | where orders.channel = web",
            ),
            (
                "which orders were shipped on 2026-10-01",
                "list orders | by orders.order_id, orders.ordered_on, orders.shipped_on | in orders.shipped_on 2026-10-01..2026-10-02",
            ),
            ("unique customers by channel", "unique_customers | by orders.channel"),
            ("orders and revenue by channel", "order_count | revenue | by orders.channel"),
            ("revenue, refunds and orders by channel", "revenue | refunds | order_count | by orders.channel"),
            ("customers and revenue by channel", "outside"),
            ("how many subscribers", "count customers | where customers.membership = subscriber"),
            (
                "subscribers with more than 3 orders",
                "order_count | by customers.customer_id | where customers.membership = subscriber | having order_count > 3",
            ),
            (
                "which subscribers have more than 3 orders",
                "order_count | by customers.customer_id | where customers.membership = subscriber | having order_count > 3",
            ),
            ("orders over 3 lines", "count order_lines | by orders.order_id | having count order_lines > 3"),
        ],
    );
}

#[test]
fn what_could_be_one_for_each_or_an_average_is_not_answered() {
    check(
        &grounds::market(),
        &[],
        &[
            ("revenue per customer by month", "outside"),
            ("revenue per customer by channel in 2026", "outside"),
            ("revenue of the Alpina order", "outside"),
            ("orders per customer per month", "order_count | by customers.customer_id, orders.ordered_on@month"),
            (
                "number of customers in 2026",
                "clarify metric: count of customers|dataset:customers / count of customers|metric:unique_customers",
            ),
            (
                "for each membership, what percentage of its orders this year were web",
                "order_count | by customers.membership | part orders.channel = web | in orders.ordered_on 2026-01-01..2027-01-01 | share",
            ),
        ],
    );
}

#[test]
fn a_name_is_looked_for_in_other_fields_or_the_answer_says_that_it_was_not() {
    let read = |others: usize, stored: &[(&str, &str)]| {
        let mut ground = grounds::market();
        let brand = ground.fields.iter().find(|field| field.names.name == "brand").cloned().expect("it is there");
        for n in 0..others {
            let mut field = brand.clone();
            (field.names.name, field.expression) = (format!("note_{n}"), format!("note_{n}"));
            (field.is_enumerated, field.values) = (false, Vec::new());
            ground.fields.push(field);
        }
        super::ask(&ground, stored, &Default::default(), "revenue for Alpina")
    };
    let notes = |reading: Reading| match reading {
        Reading::Query { interpretation, .. } => interpretation.assumptions,
        other => panic!("{other:?}"),
    };
    let is_said = |notes: Vec<String>| notes.iter().any(|note| note.contains("other fields were not searched"));
    assert!(!is_said(notes(read(0, &[]))) && !is_said(notes(read(3, &[]))));
    assert!(is_said(notes(read(41, &[]))));
    let twice = read(3, &[("products.note_1", "Alpina")]);
    assert!(matches!(&twice, Reading::Clarify(asked) if asked.options.len() == 2), "{twice:?}");
}
