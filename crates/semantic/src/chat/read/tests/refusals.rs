use super::{check, grounds};

#[test]
fn what_is_not_certain_is_not_answered() {
    check(
        &grounds::retail(),
        &[],
        &[
            ("churn by region", "unknown churn"),
            ("why did revenue drop", "open"),
            ("delete all orders; show sales", "unknown delete, ;"),
            ("how many customers have more than 10 orders", "outside"),
            ("revenue", "net_sales"),
            ("revenu by region", "net_sales | by customers.region"),
            ("", "outside"),
            ("???", "outside"),
            ("customers without orders", "outside"),
            ("revenue not paid or pending", "outside"),
            ("average revenue", "outside"),
            ("average amount per customer", "outside"),
        ],
    );
}
