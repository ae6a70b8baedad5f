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
            ("how many customers have more than 10 orders", "count customers | customers with order_count > 10"),
            ("revenue", "net_sales"),
            ("revenu by region", "clarify dimension: revenu|word:revenue"),
            ("", "outside"),
            ("???", "outside"),
            (
                "customers without orders",
                "list customers | by customers.customer_id, customers.customer_name, customers.signup_date | customers with count orders = 0",
            ),
            ("revenue not paid or pending", "outside"),
            ("average revenue", "outside"),
            (
                "average amount per customer",
                "clarify scope: average amount per customers|each / average amount per customers|all",
            ),
        ],
    );
}

#[test]
fn a_generated_model_answers_named_figures_and_counts_with_less_confidence() {
    let mut ground = grounds::retail();
    ground.is_hand_made = false;
    let rows = [
        ("orders by status", "order_count | by orders.status"),
        ("amount by status", "net_sales | by orders.status"),
        ("number of orders by status", "order_count | by orders.status"),
        ("average amount by status", "average orders.amount | by orders.status"),
    ];
    check(&ground, &[], &rows);
    let reading = super::ask(&ground, &[], &super::Thread::default(), "number of orders by status");
    let crate::chat::reading::Reading::Query { interpretation, .. } = reading else { panic!("no query") };
    assert_eq!(interpretation.confidence.level, crate::chat::reading::Level::Medium);
}

#[test]
fn a_repaired_word_is_said_and_lessens_confidence() {
    let reading = super::ask(&grounds::retail(), &[], &super::Thread::default(), "avrage order value by region");
    let crate::chat::reading::Reading::Query { interpretation, .. } = reading else { panic!("no query") };
    assert_eq!(interpretation.repairs.len(), 1);
    assert_eq!(interpretation.confidence.level, crate::chat::reading::Level::Medium);
}

#[test]
fn what_is_written_in_capitals_is_no_word_without_meaning() {
    check(
        &grounds::retail(),
        &[],
        &[
            (
                "revenue in 2024 for US",
                "net_sales | where customers.country = US | in orders.order_date 2024-01-01..2025-01-01",
            ),
            ("revenue for us", "net_sales"),
            ("revenue for ME", "unknown ME"),
            ("show ME revenue", "unknown ME"),
            ("show me revenue", "net_sales"),
            ("SHOW ME REVENUE", "net_sales"),
        ],
    );
}
