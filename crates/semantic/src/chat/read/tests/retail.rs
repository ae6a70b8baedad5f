use super::{check, grounds};

const STORED: [(&str, &str); 3] =
    [("customers.city", "Berlin"), ("products.product_name", "Trail Runner"), ("customers.city", "New York")];

#[test]
fn a_shop() {
    check(
        &grounds::retail(),
        &STORED,
        &[
            (
                "revenue by region in 2024",
                "net_sales | by customers.region | in orders.order_date 2024-01-01..2025-01-01",
            ),
            ("how many orders did we get last month", "order_count | in orders.order_date 2026-10-01..2026-11-01"),
            (
                "revenue by region and month in 2024",
                "net_sales | by customers.region, orders.order_date@month | in orders.order_date 2024-01-01..2025-01-01",
            ),
            (
                "which 5 products sold the most by units sold",
                "units_sold | by products.product_id, products.product_name | order m0 desc | limit 5",
            ),
            (
                "what was the average amount of paid orders in Q3 compared to Q2",
                "average orders.amount | where orders.status = paid | in orders.order_date 2026-07-01..2026-10-01 | vs 2026-04-01..2026-07-01",
            ),
            (
                "orders over 1000 last week",
                "list orders | by orders.order_id, orders.order_date, orders.amount | where orders.amount > 1000 | in orders.order_date 2026-11-09..2026-11-16",
            ),
            (
                "customers with more than 10 orders",
                "order_count | by customers.customer_id, customers.customer_name | having order_count > 10",
            ),
            ("share of revenue by channel", "net_sales | by orders.channel | share"),
            (
                "top 3 cities per country by revenue",
                "net_sales | by customers.country, customers.city | order m0 desc | limit 3 per group",
            ),
            (
                "list customers in Germany",
                "list customers | by customers.customer_id, customers.customer_name, customers.signup_date, customers.country | where customers.country = Germany",
            ),
            ("revenue excluding returns", "net_sales | where orders.status != returned"),
            ("year over year growth of revenue", "net_sales | by orders.order_date@year | vs before"),
            (
                "total sales for 2023 vs 2024",
                "net_sales | in orders.order_date 2024-01-01..2025-01-01 | vs 2023-01-01..2024-01-01",
            ),
            ("number of distinct products sold", "count products through i2p"),
            ("highest order amount", "maximum orders.amount"),
            ("when was the last order", "maximum orders.order_date"),
            ("which region has the lowest sales", "net_sales | by customers.region | order m0 asc | limit 1"),
            (
                "do we have orders without a customer",
                "list orders | by orders.order_id, orders.order_date, orders.customer_id | where orders.customer_id empty",
            ),
            ("sales in the first half of 2025", "net_sales | in orders.order_date 2025-01-01..2025-07-01"),
            ("what percentage of orders are cancelled", "order_count | part orders.status = cancelled | share"),
            ("running total of revenue by month", "net_sales | by orders.order_date@month | running"),
            ("median order amount", "median orders.amount"),
            (
                "orders with amount between 10 and 20",
                "list orders | by orders.order_id, orders.order_date, orders.amount | where orders.amount between 10,20",
            ),
            ("revenue of not cancelled orders", "net_sales | where orders.status != cancelled"),
            ("revenue from paid or pending orders", "net_sales | where orders.status = paid,pending"),
            ("revenue neither from Germany nor France", "net_sales | where customers.country != France,Germany"),
            ("how many active customers do we have", "count customers | where customers.is_active = true"),
            ("revenue in Berlin", "net_sales | where customers.city = Berlin"),
            ("revenue in New York", "net_sales | where customers.city = New York"),
            (
                "turnover for Georgia",
                "clarify value: georgia|value:customers.state=georgia / georgia|value:customers.country=georgia",
            ),
            ("turnover for the state Georgia", "net_sales | where customers.state = Georgia"),
            (
                "how many customers bought last month",
                "count customers through o2c | in orders.order_date 2026-10-01..2026-11-01",
            ),
            (
                "Top 3 areas by turnover last quarter vs the quarter before",
                "net_sales | by customers.region | in orders.order_date 2026-07-01..2026-10-01 | vs before | order m0 desc | limit 3",
            ),
            ("how many orders were shipped last week", "order_count | in orders.ship_date 2026-11-09..2026-11-16"),
            ("monthly revenue", "net_sales | by orders.order_date@month"),
            ("revenue trend", "net_sales | by orders.order_date@month"),
            ("which countries do we have", "by customers.country"),
            (
                "which customers have the most orders",
                "order_count | by customers.customer_id, customers.customer_name | order m0 desc | limit 10",
            ),
            ("the latest 5 orders", "list orders | by orders.order_date, orders.order_id | order d0 desc | limit 5"),
            (
                "revenue this month vs last year",
                "net_sales | in orders.order_date 2026-11-01..2026-11-21 | vs last year",
            ),
            (
                "revenue in Germany vs France",
                "net_sales | by customers.country | where customers.country = France,Germany",
            ),
            (
                "compare revenue in Germany and France",
                "net_sales | by customers.country | where customers.country = France,Germany",
            ),
            ("average order value by channel", "average_order_value | by orders.channel"),
            (
                "which month had the highest revenue in 2024",
                "net_sales | by orders.order_date@month | in orders.order_date 2024-01-01..2025-01-01 | order m0 desc | limit 1",
            ),
            (
                "orders that are not paid",
                "list orders | by orders.order_id, orders.order_date, orders.status | where orders.status != paid",
            ),
            ("revenue by category", "outside"),
            (
                "units sold by category for shoes and hats",
                "units_sold | by products.category | where products.category = Hats,Shoes",
            ),
            ("revenue by region where revenue over 1000", "net_sales | by customers.region | having net_sales > 1000"),
        ],
    );
}
