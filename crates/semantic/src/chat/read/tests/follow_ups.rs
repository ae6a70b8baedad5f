use super::{ask, grounds, line, thread};
use crate::chat::reading::Reading;

/// Asks one after the other; the last reading in one line.
fn dialogue(turns: &[&str], choices: &[&str]) -> String {
    let ground = grounds::retail();
    let stored = [("customers.city", "Berlin")];
    let mut last = None;
    let mut said = String::new();
    for turn in turns {
        let reading = ask(&ground, &stored, &thread(last.clone(), choices), turn);
        said = line(&ground, &reading);
        if let Reading::Query { query, .. } = reading {
            last = Some(*query);
        }
    }
    said
}

#[test]
fn messages_change_the_query_before() {
    let rows: [(&[&str], &str); 24] = [
        (
            &["Top 3 areas by turnover last quarter vs the quarter before", "and only EU, monthly"],
            "net_sales | by orders.order_date@month | where customers.region = EU | in orders.order_date 2026-07-01..2026-10-01 | vs before",
        ),
        (
            &["revenue by region in 2024", "what about 2025"],
            "net_sales | by customers.region | in orders.order_date 2025-01-01..2026-01-01",
        ),
        (
            &["revenue by region in 2024", "in 2025?"],
            "net_sales | by customers.region | in orders.order_date 2025-01-01..2026-01-01",
        ),
        (
            &["revenue by region in 2024", "by channel"],
            "net_sales | by orders.channel | in orders.order_date 2024-01-01..2025-01-01",
        ),
        (
            &["revenue by region in 2024", "only Germany"],
            "net_sales | by customers.region | where customers.country = Germany | in orders.order_date 2024-01-01..2025-01-01",
        ),
        (
            &["revenue in Germany in 2024", "what about France?"],
            "net_sales | where customers.country = France | in orders.order_date 2024-01-01..2025-01-01",
        ),
        (
            &["revenue in Germany", "same for Berlin"],
            "net_sales | where customers.city = Berlin; customers.country = Germany",
        ),
        (&["revenue by region", "top 2"], "net_sales | by customers.region | order m0 desc | limit 2"),
        (&["revenue by month", "by week"], "net_sales | by orders.order_date@week"),
        (&["revenue by region", "also by channel"], "net_sales | by customers.region, orders.channel"),
        (&["revenue by region", "add the channel"], "net_sales | by customers.region, orders.channel"),
        (&["revenue", "add the channel"], "outside"),
        (&["revenue by region", "and by channel"], "clarify scope: and by|adds / and by|replaces"),
        (&["revenue by region", "as a chart"], "net_sales | by customers.region"),
        (&["revenue by region", "why?"], "open"),
        (&["revenue by region", "sort by revenue ascending"], "net_sales | by customers.region | order m0 asc"),
        (
            &["revenue this month", "compared to last year"],
            "net_sales | in orders.order_date 2026-11-01..2026-11-21 | vs last year",
        ),
        (&["revenue by region in 2024", "how many customers are there"], "count customers"),
        (&["revenue by region", "what about average order value"], "average_order_value | by customers.region"),
        (&["revenue by region", "also order count"], "net_sales | order_count | by customers.region"),
        (&["revenue by region", "and only blorp"], "unknown blorp"),
        (
            &["revenue by region", "excluding returns"],
            "net_sales | by customers.region | where orders.status != returned",
        ),
        (&["revenue in Germany by region", "remove the filters"], "net_sales | by customers.region"),
        (
            &["list customers in Germany", "by month"],
            "count customers | by customers.signup_date@month | where customers.country = Germany",
        ),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(turns, wanted)| {
            let got = dialogue(turns, &[]);
            (got != *wanted).then(|| format!("{turns:?}\n  got    {got}\n  wanted {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n{} of {}", wrong.join("\n"), wrong.len(), rows.len());
}

#[test]
fn choices_are_kept() {
    let chosen = "georgia|value:customers.state=Georgia";
    assert_eq!(dialogue(&["turnover for Georgia"], &[chosen]), "net_sales | where customers.state = Georgia");
    let adds = dialogue(&["revenue by region", "and by channel"], &["and by|adds"]);
    assert_eq!(adds, "net_sales | by customers.region, orders.channel");
    assert_eq!(dialogue(&["revenue on 01/02/2026"], &[]), "net_sales | in orders.order_date 2026-02-01..2026-02-02");
}

#[test]
fn what_goes_on_changes_and_what_could_be_either_is_asked() {
    let q3 = "revenue by region in Q3 2026";
    let rows: [(&[&str], &str); 30] = [
        (&["revenue last month", "and the month before?"], "net_sales | in orders.order_date 2026-09-01..2026-10-01"),
        (&["revenue this month", "and the month before"], "net_sales | in orders.order_date 2026-10-01..2026-11-01"),
        (&["revenue in 2025", "and the month before"], "outside"),
        (&["revenue yesterday", "the day before"], "net_sales | in orders.order_date 2026-11-18..2026-11-19"),
        (
            &["revenue last month", "and the same month last year"],
            "net_sales | in orders.order_date 2025-10-01..2025-11-01",
        ),
        (
            &["revenue last month", "compare it with the same month last year"],
            "net_sales | in orders.order_date 2026-10-01..2026-11-01 | vs last year",
        ),
        (
            &["revenue in Q1 2026", "compared with Q1 2025"],
            "net_sales | in orders.order_date 2026-01-01..2026-04-01 | vs 2025-01-01..2025-04-01",
        ),
        (
            &["revenue by channel", "without cancelled orders"],
            "net_sales | by orders.channel | where orders.status != cancelled",
        ),
        (
            &["revenue by channel", "without cancelled orders, by region"],
            "net_sales | by customers.region | where orders.status != cancelled",
        ),
        (
            &[q3, "only customers in Germany"],
            "net_sales | by customers.region | where customers.country = Germany | in orders.order_date 2026-07-01..2026-10-01",
        ),
        (&[q3, "customers in Germany"], "clarify scope: scope|new / scope|change"),
        (
            &[q3, "show customers in Germany"],
            "list customers | by customers.customer_id, customers.customer_name, customers.signup_date, customers.country | where customers.country = Germany",
        ),
        (&[q3, "AOV"], "clarify scope: scope|new / scope|change"),
        (
            &[q3, "and AOV"],
            "net_sales | average_order_value | by customers.region | in orders.order_date 2026-07-01..2026-10-01",
        ),
        (&[q3, "now AOV"], "average_order_value | by customers.region | in orders.order_date 2026-07-01..2026-10-01"),
        (&[q3, "forget that. How many customers are there?"], "count customers"),
        (
            &[q3, "which of these are above 20,000?"],
            "net_sales | by customers.region | in orders.order_date 2026-07-01..2026-10-01 | having net_sales > 20000",
        ),
        (
            &["customers with more than 10 orders", "more than 20"],
            "order_count | by customers.customer_id, customers.customer_name | having order_count > 20",
        ),
        (
            &["list customers in Germany", "how many of them are active?"],
            "count customers | where customers.country = Germany; customers.is_active = true",
        ),
        (
            &["list orders over 100 by channel", "only paid ones"],
            "order_count | by orders.channel | where orders.status = paid; orders.amount > 100",
        ),
        (
            &["how many orders in 2025 are paid", "as a share of all orders"],
            "order_count | part orders.status = paid | in orders.order_date 2025-01-01..2026-01-01 | share",
        ),
        (&["how many orders in 2025 are paid", "as a share of all customers"], "outside"),
        (&["revenue by region", "as percentages of the total"], "net_sales | by customers.region | share"),
        (&["revenue by region", "by channel instead of region"], "net_sales | by orders.channel"),
        (&["revenue by region", "by channel instead of country"], "outside"),
        (&["revenue in Germany by region", "drop the country filter"], "net_sales | by customers.region"),
        (&["revenue in Germany by region", "drop the channel filter"], "outside"),
        (
            &["revenue in Germany", "compare it with France"],
            "net_sales | by customers.country | where customers.country = France,Germany",
        ),
        (&["revenue by state", "only Georgia"], "net_sales | by customers.state | where customers.state = Georgia"),
        (&["revenue by region", "their blorp"], "unknown blorp"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(turns, wanted)| {
            let got = dialogue(turns, &[]);
            (got != *wanted).then(|| format!("{turns:?}\n  got    {got}\n  wanted {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n{} of {}", wrong.join("\n"), wrong.len(), rows.len());
}
