//! Verbs of questions: those that a model declares, in all their forms, and those that say nothing of their own.

use crate::chat_asked::{check, refused};

#[test]
fn who_did_it_is_what_the_relationship_leads_to() {
    check(&[
        ("how many orders has each customer bought", "SELECT customer_id, COUNT(*) FROM orders GROUP BY 1"),
        ("how much revenue has each customer bought in 2025", "VALUES (1, 150.0), (2, 500.0)"),
        ("units sold by product", "SELECT product_id, SUM(quantity) FROM items GROUP BY 1"),
    ]);
    check(&[
        (
            "how many customers bought something in 2026",
            "SELECT COUNT(DISTINCT customer_id) FROM orders WHERE order_date >= '2026-01-01'",
        ),
        (
            "how many customers bought more than 1 orders in 2026",
            "SELECT COUNT(*) FROM (SELECT customer_id FROM orders WHERE order_date >= '2026-01-01' AND customer_id IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1)",
        ),
        (
            "median amount by channel",
            "SELECT channel, AVG(amount) FROM (SELECT channel, amount, ROW_NUMBER() OVER (PARTITION BY channel ORDER BY amount) AS n, COUNT(*) OVER (PARTITION BY channel) AS m FROM orders WHERE amount IS NOT NULL) WHERE n IN ((m + 1) / 2, (m + 2) / 2) GROUP BY 1",
        ),
        (
            "customers who have never bought anything",
            "SELECT customer_id FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)",
        ),
    ]);
    refused(&[
        "how many customers bought something else in 2026",
        "how many customers something in 2026",
        "revenue of anything",
    ]);
    // Items are sold of products: no customer sells them, and no ticket is bought.
    refused(&[
        "how many items has each customer sold",
        "how many tickets has each customer bought",
        "how much revenue has each product bought",
    ]);
}

#[test]
fn what_we_did_is_what_happened() {
    check(&[
        ("how many tickets did we close in 2026", "SELECT 2"),
        ("which tickets did we close in 2026", "VALUES (3), (5)"),
        ("how many orders have we got so far", "SELECT 12"),
        ("how many customers are there altogether", "SELECT 6"),
        ("how much revenue do we take per order on average", "SELECT SUM(amount) / COUNT(*) FROM orders"),
    ]);
    refused(&[
        "how many tickets will we close",
        "how many tickets did we reopen in 2026",
        "how much revenue do we blorvex per order on average",
        "how many orders have we got in 2026 so far this month",
    ]);
}

#[test]
fn those_who_did_it_bear_conditions() {
    check(&[
        (
            "revenue of orders bought by EU customers",
            "SELECT SUM(amount) FROM orders JOIN customers USING (customer_id) WHERE region = 'EU'",
        ),
        (
            "number of orders bought by customers in the EU",
            "SELECT COUNT(*) FROM orders JOIN customers USING (customer_id) WHERE region = 'EU'",
        ),
        (
            "revenue, region by region",
            "SELECT region, SUM(amount) FROM orders LEFT JOIN customers USING (customer_id) GROUP BY 1",
        ),
    ]);
    // Of each of them, or of all.
    refused(&["number of orders bought by customers"]);
    refused(&["number of tickets bought by EU customers", "revenue, region by channel by region"]);
}

#[test]
fn what_brings_a_figure_about_is_what_it_is_of() {
    check(&[
        (
            "What revenue did the orders of each region generate?",
            "SELECT region, SUM(amount) FROM orders LEFT JOIN customers USING (customer_id) GROUP BY 1",
        ),
        (
            "How much revenue have customers generated, by region?",
            "SELECT region, SUM(amount) FROM orders JOIN customers USING (customer_id) GROUP BY 1",
        ),
    ]);
    refused(&[
        "How much revenue have products generated, by title?",
        "How many tickets did revenue generate",
        "revenue generated",
    ]);
}

#[test]
fn without_those_that_have_none_is_with_those_that_have_one() {
    check(&[
        (
            "revenue by region, without the orders that have no customer",
            "SELECT region, SUM(amount) FROM orders JOIN customers USING (customer_id) GROUP BY 1",
        ),
        ("number of orders excluding orders without a customer", "SELECT 11"),
    ]);
    refused(&[
        "revenue by region, without the orders that have no ticket",
        "revenue without the orders that have blorvex",
    ]);
}
