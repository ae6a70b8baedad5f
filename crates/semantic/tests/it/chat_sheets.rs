//! Rows of one thing with columns and figures of what belongs to it, beside statements written by hand.

use crate::chat_asked::{check, refused};

#[test]
fn columns_of_what_a_thing_leads_to() {
    let customers = "SELECT o.order_id, c.customer_id, c.name FROM orders o LEFT JOIN customers c USING (customer_id)";
    check(&[
        ("list all orders with the customer", customers),
        ("Show every order with the customer behind it, if there was one", customers),
        (
            "list the orders with customer name, region and amount",
            "SELECT order_id, name, region, amount FROM orders LEFT JOIN customers USING (customer_id)",
        ),
        (
            "Show the region and the amount of every order",
            "SELECT order_id, region, amount FROM orders LEFT JOIN customers USING (customer_id)",
        ),
        (
            "all amounts of the orders, with status and region",
            "SELECT order_id, amount, status, region FROM orders LEFT JOIN customers USING (customer_id)",
        ),
        (
            "list the paid orders with the customer",
            "SELECT o.order_id, c.name FROM orders o LEFT JOIN customers c USING (customer_id) WHERE status = 'paid'",
        ),
    ]);
    refused(&[
        "list orders of customers",
        "list the customers with the order date",
        "list the orders with blorvex and amount",
        "Show every customer with the order behind it",
    ]);
}

#[test]
fn figures_of_each_thing_beside_its_columns() {
    let each =
        "SELECT c.customer_id, name, region, (SELECT SUM(amount) FROM orders o WHERE o.customer_id = c.customer_id),
        (SELECT COUNT(*) FROM tickets t WHERE t.customer_id = c.customer_id) FROM customers c";
    let revenue =
        "SELECT c.customer_id, name, region, SUM(amount) FROM customers c LEFT JOIN orders USING (customer_id)";
    let all = format!("{revenue} GROUP BY 1, 2, 3");
    let with_open = format!("{revenue} WHERE c.customer_id IN (1, 3) GROUP BY 1, 2, 3");
    let new = format!("{revenue} WHERE signup_date >= '2026-01-01' GROUP BY 1, 2, 3");
    let named =
        "SELECT c.customer_id, name, SUM(amount) FROM customers c LEFT JOIN orders USING (customer_id) GROUP BY 1, 2";
    check(&[
        ("for each customer: name, region, revenue and number of tickets", each),
        ("list the customers with name, region, revenue and, next to it, the number of tickets", each),
        ("What is the revenue of each customer? Add name and region", &all),
        ("For the customers with open tickets, show customer name, region and revenue", &with_open),
        ("for every customer with a signup date in 2026: name, region and revenue", &new),
        ("revenue on every customer, by customer name", named),
        ("How much revenue has each customer? By customer name, please", named),
        (
            "for each order: order date, region and units",
            "SELECT o.order_id, order_date, region, SUM(quantity) FROM orders o LEFT JOIN customers USING (customer_id)
             LEFT JOIN items i ON i.order_id = o.order_id GROUP BY 1, 2, 3",
        ),
    ]);
    refused(&[
        "show region and revenue of customers",
        "for each product: title and revenue",
        "for each customer: name and revenue in 2025",
        "for each customer: blorvex and revenue",
        "revenue per customer by region and channel",
    ]);
}

#[test]
fn a_second_sentence_names_the_columns() {
    check(&[
        (
            "Which customers bought which products? Show customer name and product title",
            "SELECT DISTINCT name, title FROM items JOIN products USING (product_id) JOIN orders USING (order_id)
             JOIN customers USING (customer_id)",
        ),
        (
            "Which customers have had tickets? I want to see customer name and ticket priority",
            "SELECT DISTINCT name, priority FROM tickets JOIN customers USING (customer_id)",
        ),
        (
            "Which customers bought shoes? Show the ticket priority",
            "SELECT DISTINCT priority FROM tickets WHERE customer_id IN (SELECT customer_id FROM items
             JOIN products USING (product_id) JOIN orders USING (order_id) WHERE category = 'Shoes')",
        ),
        (
            "Which tickets have high priority? Show the customer name",
            "SELECT ticket_id, name FROM tickets JOIN customers USING (customer_id) WHERE priority = 'high'",
        ),
    ]);
    refused(&[
        // Of the orders with shoes, or of all orders of those who bought some.
        "Which customers bought shoes? Show the customer name and the order date",
        "Which customers bought which products in 2025? Show customer name and product title",
        "Which customers never bought which products? Show customer name and product title",
        "Which customers have had tickets? I want to see customer name and ticket blorvex",
    ]);
}
