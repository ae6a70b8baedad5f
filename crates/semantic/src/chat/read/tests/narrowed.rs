//! What a description, a name or a relationship does not say of days and states: taken as little as it is said.

use super::grounds::{Builder, fleet};
use super::{ask, check};
use crate::chat::ground::{Ground, Type};
use crate::chat::reading::{Level, Reading, Thread};

/// A dataset, its fields with what is said of them; the first date is its time.
type Told<'a> = (&'a str, &'a [(&'a str, Type, &'a str)]);

/// Each dataset has a key, and each of `joins` leads from one to another by the key of the latter.
fn ground(datasets: &[Told<'_>], metrics: &[(&str, &str, &str)], joins: &[(&str, &str)]) -> Ground {
    let mut build = Builder::default();
    let key = |name: &str| format!("{}_id", name.trim_end_matches('s'));
    for (name, fields) in datasets {
        let id = build.dataset(name, &key(name), &[]);
        build.field(id, &key(name), Type::Number, &[], &[]);
        for (field, ty, said) in *fields {
            let field = build.field(id, field, *ty, &[], &[]);
            build.0.fields[field.0].names.description = (!said.is_empty()).then(|| (*said).to_owned());
            if *ty == Type::Date && build.0.datasets[id.0].default_time.is_none() {
                build.0.datasets[id.0].default_time = Some(field);
            }
        }
    }
    let of = |build: &Builder, name: &str| {
        let at = build.0.datasets.iter().position(|it| it.names.name == name).expect("a dataset");
        crate::chat::ground::DatasetId(at)
    };
    for (name, expression, home) in metrics {
        let home = of(&build, home);
        build.metric(name, expression, home, &[]);
    }
    for (from, to) in joins {
        let (one, other, key) = (of(&build, from), of(&build, to), key(to));
        build.join(&format!("{from}_{to}"), one, other, (&key, &key), &[]);
    }
    build.0.is_hand_made = true;
    build.0
}

/// What a reading takes for granted.
fn notes(ground: &Ground, question: &str) -> Vec<String> {
    match ask(ground, &[], &Thread::default(), question) {
        Reading::Query { interpretation, .. } if interpretation.confidence.level == Level::Medium => {
            interpretation.confidence.reasons
        }
        other => panic!("{other:?}"),
    }
}

fn shops() -> Ground {
    let stores = [
        ("store_name", Type::Text, ""),
        ("opened_on", Type::Date, ""),
        ("closed_on", Type::Date, "Empty while in business"),
        ("renovated_on", Type::Date, "Empty for new stores"),
    ];
    let orders = [
        ("ordered_on", Type::Date, ""),
        ("cancelled_on", Type::Date, ""),
        ("delivered_on", Type::Date, "Empty while in transit"),
        ("amount", Type::Number, ""),
    ];
    let customers = [
        ("signed_up_on", Type::Date, ""),
        ("first_order_on", Type::Date, "Empty for customers who have not ordered yet"),
    ];
    let tickets = [("opened_on", Type::Date, ""), ("closed_on", Type::Date, "Empty for open tickets")];
    let payments = [
        ("paid_on", Type::Date, ""),
        ("card_number", Type::Text, "Empty for cash payments"),
        ("method", Type::Text, ""),
    ];
    ground(
        &[
            ("stores", &stores),
            ("orders", &orders),
            ("order_lines", &[("quantity", Type::Number, "")]),
            ("customers", &customers),
            ("tickets", &tickets),
            ("payments", &payments),
        ],
        &[("revenue", "SUM(orders.amount)", "orders")],
        &[("orders", "stores"), ("orders", "customers"), ("order_lines", "orders")],
    )
}

fn staff() -> Ground {
    let employees = [
        ("hired_on", Type::Date, ""),
        ("left_on", Type::Date, ""),
        ("visa_until", Type::Date, "Empty for EU citizens"),
        ("probation_end", Type::Date, ""),
        ("parental_leave_start", Type::Date, ""),
    ];
    let contracts = [("signed_on", Type::Date, ""), ("contract_end", Type::Date, "")];
    let subscriptions =
        [("started_on", Type::Date, ""), ("trial_end", Type::Date, ""), ("cancelled_on", Type::Date, "")];
    let datasets: [Told<'_>; 4] = [
        ("employees", &employees),
        ("contracts", &contracts),
        ("subscriptions", &subscriptions),
        ("shifts", &[("worked_on", Type::Date, "")]),
    ];
    ground(&datasets, &[], &[("shifts", "employees")])
}

#[test]
fn a_day_is_that_of_what_is_asked_for() {
    let rows = [
        (
            "revenue by store as of 30 June 2024",
            "revenue | by stores.store_id, stores.store_name | in orders.ordered_on …..2024-07-01",
        ),
        ("revenue as of 30 June 2024", "revenue | in orders.ordered_on …..2024-07-01"),
        (
            "how many stores as of 30 June 2024",
            "count stores | where stores.opened_on not empty 2024-07-01; stores.closed_on empty 2024-06-30",
        ),
        ("how many orders as of 30 June 2024", "count orders | in orders.ordered_on …..2024-07-01"),
        (
            "orders placed as of 30 June 2024",
            "list orders | by orders.order_id, orders.ordered_on | in orders.ordered_on …..2024-07-01",
        ),
        ("for each store, the revenue as of 30 June 2024", "outside"),
        (
            "how many customers did we have as of 30 June 2024",
            "count customers | in customers.signed_up_on …..2024-07-01",
        ),
        ("how many tickets as of 30 June 2024", "count tickets | in tickets.opened_on …..2024-07-01"),
    ];
    check(&shops(), &[], &rows);
    check(
        &fleet(),
        &[],
        &[(
            "trips by driver as of 30 June 2024",
            "count trips | by drivers.driver_id, drivers.driver_name | in trips.trip_date …..2024-07-01",
        )],
    );
    // Whether only those that were open, is not said.
    let told = notes(&shops(), "how many tickets as of 30 June 2024");
    assert_eq!(told, ["Took all with tickets.opened_on by that day, whatever their closed_on."]);
}

#[test]
fn an_end_is_one_that_is_said_to_be_of_the_thing_itself() {
    check(
        &shops(),
        &[],
        &[
            (
                "stores still with us",
                "list stores | by stores.store_id, stores.store_name, stores.opened_on, stores.closed_on | where stores.closed_on empty 2026-11-20",
            ),
            ("how many customers are still with us", "unknown still"),
        ],
    );
    let rows = [
        (
            "employees as of 31 December 2024",
            "list employees | by employees.employee_id, employees.hired_on | in employees.hired_on …..2025-01-01",
        ),
        (
            "employees still with us",
            "list employees | by employees.employee_id, employees.hired_on, employees.left_on | where employees.left_on empty 2026-11-20",
        ),
        ("how many subscriptions ended in March 2025", "outside"),
        ("employees who started in 2024", "outside"),
        ("how many contracts ended in 2025", "count contracts | in contracts.contract_end 2025-01-01..2026-01-01"),
        (
            "contracts that ran out in 2025",
            "list contracts | by contracts.contract_id, contracts.signed_on, contracts.contract_end | in contracts.contract_end 2025-01-01..2026-01-01",
        ),
    ];
    check(&staff(), &[], &rows);
    let told = notes(&staff(), "employees as of 31 December 2024");
    assert!(
        told.contains(&"Took all with employees.hired_on by that day, whatever their left_on.".to_owned()),
        "{told:?}"
    );
}

#[test]
fn a_period_beside_a_relationship_is_not_that_of_the_thing() {
    let rows = [
        ("how many lorries were replaced in 2024", "outside"),
        ("how many drivers were trained in 2024", "outside"),
        ("how many lorries were replaced by AB1 in 2024", "outside"),
        ("how many drivers were not trained by anyone in 2024", "outside"),
        (
            "drivers hired in 2024 who trained somebody",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on | in drivers.hired_on 2024-01-01..2025-01-01 | drivers with count drivers >= 1",
        ),
    ];
    check(&fleet(), &[], &rows);
}

#[test]
fn what_is_open_on_a_day_did_not_begin_on_it() {
    let rows = [
        ("how many open tickets on 30 June 2024", "outside"),
        ("how many open tickets did we have on 1 March", "outside"),
        (
            "how many tickets open on 30 June 2024",
            "count tickets | where tickets.opened_on not empty 2024-07-01; tickets.closed_on empty 2024-06-30",
        ),
        (
            "open tickets opened on 30 June 2024",
            "clarify scope: (tickets, tickets.closed_on is empty, from 2024-06-30 to before 2024-07-01) / (tickets.opened_on, tickets.closed_on is empty, from 2024-06-30 to before 2024-07-01)",
        ),
    ];
    check(&shops(), &[], &rows);
    check(&fleet(), &[], &[("open faults on 30 June 2024", "outside")]);
}

#[test]
fn a_state_says_no_more_than_its_description() {
    let rows = [
        ("how many orders are in transit", "unknown transit"),
        ("how many cash payments", "unknown cash"),
        ("how many tickets are open", "count tickets | where tickets.closed_on empty"),
        ("how many tickets are still open", "count tickets | where tickets.closed_on empty 2026-11-20"),
        ("how many drivers are still employed", "count drivers | where drivers.left_on empty 2026-11-20"),
    ];
    check(&shops(), &[], &rows[..4]);
    check(&fleet(), &[], &rows[4..]);
    let told = notes(&shops(), "how many tickets are open");
    assert_eq!(told, ["Took rows without tickets.closed_on for those that are open."]);
}

#[test]
fn what_was_paid_on_a_day_is_not_unpaid_on_it() {
    let ground = ground(&[("invoices", &[("issued_on", Type::Date, ""), ("paid_on", Type::Date, "")])], &[], &[]);
    let rows = [
        (
            "how many invoices are unpaid as of today",
            "count invoices | where invoices.issued_on not empty 2026-11-21; invoices.paid_on empty 2026-11-21",
        ),
        (
            "how many invoices were unpaid on 30 June 2024",
            "count invoices | where invoices.issued_on not empty 2024-07-01; invoices.paid_on empty 2024-07-01",
        ),
        ("how many invoices are still unpaid", "count invoices | where invoices.paid_on empty 2026-11-21"),
        ("how many invoices are not paid", "count invoices | where invoices.paid_on empty 2026-11-21"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn those_with_us_have_not_left() {
    let rows = [
        ("how many drivers are with us", "count drivers | where drivers.left_on empty 2026-11-20"),
        (
            "drivers with us",
            "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on, drivers.left_on | where drivers.left_on empty 2026-11-20",
        ),
        ("how many drivers here", "unknown here"),
        ("how many trips here", "count trips"),
        ("how many drivers were hired in 2024 and when", "outside"),
        ("drivers in our register", "list drivers | by drivers.driver_id, drivers.driver_name, drivers.hired_on"),
    ];
    check(&fleet(), &[], &rows);
}

#[test]
fn nobody_did_what_is_not_so() {
    let parcels = [("sent_on", Type::Date, ""), ("collected", Type::Boolean, ""), ("courier", Type::Text, "")];
    let ground = ground(&[("parcels", &parcels)], &[], &[]);
    check(
        &ground,
        &[],
        &[
            (
                "list parcels nobody collected",
                "list parcels | by parcels.parcel_id, parcels.sent_on, parcels.collected | where parcels.collected = false",
            ),
            ("list parcels nobody courier", "unknown nobody"),
        ],
    );
}

#[test]
fn the_oldest_is_not_what_was_opened_first() {
    let emails = [("sent_at", Type::Date, ""), ("opened_at", Type::Date, "")];
    let clients = [("client_name", Type::Text, ""), ("client_since", Type::Date, ""), ("founded_on", Type::Date, "")];
    let patients = [("registered_on", Type::Date, ""), ("birth_date", Type::Date, "")];
    let ground = ground(&[("emails", &emails), ("clients", &clients), ("patients", &patients)], &[], &[]);
    let rows = [
        ("oldest email", "list emails | by emails.sent_at, emails.email_id | order d0 asc | limit 1"),
        (
            "who is our oldest client",
            "clarify scope: (ranked clients by clients.founded_on) / (ranked clients by clients.client_since)",
        ),
        ("newest patient", "list patients | by patients.registered_on, patients.patient_id | order d0 desc | limit 1"),
    ];
    check(&ground, &[], &rows);
}

#[test]
fn a_verb_or_a_place_says_which_figure_and_which_way() {
    let mut ground = ground(
        &[
            ("agents", &[("agent_name", Type::Text, "")]),
            ("policies", &[("written_on", Type::Date, "")]),
            ("patients", &[("registered_on", Type::Date, ""), ("smoker", Type::Boolean, ""), ("ward", Type::Text, "")]),
            ("orders", &[("placed_on", Type::Date, "")]),
            ("warehouses", &[("town", Type::Text, "")]),
            ("shipments", &[("shipped_on", Type::Date, "")]),
        ],
        &[("premium", "SUM(policies.premium)", "policies"), ("ordered value", "SUM(orders.value)", "orders")],
        &[("policies", "agents"), ("shipments", "warehouses")],
    );
    ground.metrics[1].unit = Some("EUR".to_owned());
    let town = ground.fields.iter().position(|field| field.names.name == "town").expect("a field");
    ground.fields[town].values = vec!["Leeds".into()];
    let rows = [
        ("which agent collected the most premium", "unknown collected"),
        (
            "which agent took in the most premium",
            "premium | by agents.agent_id, agents.agent_name | order m0 desc | limit 1",
        ),
        ("patients whose smoker is not recorded", "outside"),
        (
            "patients whose ward is not recorded",
            "list patients | by patients.patient_id, patients.registered_on, patients.ward | where patients.ward empty",
        ),
        ("what did we order in March 2025", "outside"),
        ("how many shipments sent to the Leeds warehouse", "unknown sent, to"),
    ];
    check(&ground, &[], &rows);
}
