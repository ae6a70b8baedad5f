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
    let rows: [(&[&str], &str); 22] = [
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
        (&["list customers in Germany", "by month"], "outside"),
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
