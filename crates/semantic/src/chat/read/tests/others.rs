use super::{check, grounds};

#[test]
fn subscriptions_without_synonyms() {
    check(
        &grounds::subscriptions(),
        &[("accounts.name", "Acme")],
        &[
            ("mrr by plan", "mrr | by plans.id, plans.plan_name"),
            ("mrr by industry", "mrr | by accounts.industry"),
            ("how many accounts are in Finance", "count accounts | where accounts.industry = Finance"),
            (
                "number of subscriptions started in 2025",
                "count subscriptions | in subscriptions.started_at 2025-01-01..2026-01-01",
            ),
            (
                "number of subscriptions cancelled last month",
                "count subscriptions | in subscriptions.cancelled_at 2026-10-01..2026-11-01",
            ),
            (
                "number of subscriptions last month",
                "clarify time: time of subscriptions|field:subscriptions.started_at / time of subscriptions|field:subscriptions.cancelled_at",
            ),
            (
                "total tax per month in 2025",
                "sum invoices.tax | by invoices.issued_on@month | in invoices.issued_on 2025-01-01..2026-01-01",
            ),
            ("average invoice total by plan name", "average invoices.total | by plans.plan_name"),
            (
                "accounts with more than 100 seats",
                "list accounts | by accounts.id, accounts.name, accounts.seats | where accounts.seats > 100",
            ),
            (
                "accounts with at least 3 subscriptions",
                "count subscriptions | by accounts.id, accounts.name | having count subscriptions >= 3",
            ),
            (
                "invoices for Acme",
                "list invoices | by invoices.id, invoices.issued_on, accounts.name | where accounts.name = Acme",
            ),
            (
                "top 5 accounts by total tax",
                "sum invoices.tax | by accounts.id, accounts.name | order m0 desc | limit 5",
            ),
            (
                "how many subscriptions are on the Pro or Enterprise plan",
                "count subscriptions | where plans.plan_name = Enterprise,Pro",
            ),
            (
                "subscriptions that were not cancelled",
                "list subscriptions | by subscriptions.id, subscriptions.cancelled_at | where subscriptions.cancelled_at empty 2026-11-21",
            ),
            ("mrr excluding Basic", "mrr | where plans.plan_name != Basic"),
            ("which industry has the most accounts", "count accounts | by accounts.industry | order m0 desc | limit 1"),
            ("retention by plan", "unknown retention"),
            ("mrr per seat", "mrr over sum accounts.seats"),
            (
                "invoices over 500",
                "clarify dimension: number of invoices|field:invoices.total / number of invoices|field:invoices.tax",
            ),
            ("largest invoice total", "maximum invoices.total"),
            ("sum of monthly price", "sum plans.monthly_price"),
            (
                "number of accounts per industry with more than 5 accounts",
                "count accounts | by accounts.industry | having count accounts > 5",
            ),
        ],
    );
}

#[test]
fn a_hospital() {
    check(
        &grounds::hospital(),
        &[("doctors.full_name", "Ann Lee")],
        &[
            ("how many patients are female", "count patients | where patients.gender = female"),
            ("number of female patients", "count patients | where patients.gender = female"),
            ("average length of stay by ward", "average visits.length_of_stay | by visits.ward"),
            ("average age of patients", "average patients.age"),
            (
                "number of visits per ward and month in 2025",
                "count visits | by visits.ward, visits.admitted_on@month | in visits.admitted_on 2025-01-01..2026-01-01",
            ),
            (
                "how many emergency visits were there last week",
                "count visits | where visits.emergency = true | in visits.admitted_on 2026-11-09..2026-11-16",
            ),
            ("how many non emergency visits", "count visits | where visits.emergency != true"),
            ("how many patients were discharged yesterday", "outside"),
            (
                "visits discharged yesterday",
                "list visits | by visits.visit_id, visits.admitted_on, visits.discharged_on | in visits.discharged_on 2026-11-19..2026-11-20",
            ),
            (
                "which doctor had the most visits in 2025",
                "count visits | by doctors.doctor_id, doctors.full_name | in visits.admitted_on 2025-01-01..2026-01-01 | order m0 desc | limit 1",
            ),
            ("total cost of visits in the ICU", "sum visits.cost | where visits.ward = ICU"),
            (
                "total cost by specialty in FY26",
                "sum visits.cost | by doctors.specialty | in visits.admitted_on 2025-07-01..2026-07-01",
            ),
            ("patients older than 60", "unknown older"),
            (
                "patients with age over 60",
                "list patients | by patients.patient_id, patients.age | where patients.age > 60",
            ),
            ("how many patients have blood type O", "count patients | where patients.blood_type = O"),
            (
                "visits of Ann Lee",
                "list visits | by visits.visit_id, visits.admitted_on, doctors.full_name | where doctors.full_name = Ann Lee",
            ),
            ("what percentage of visits are emergency", "count visits | part visits.emergency = true | share"),
            ("percentage of visits by ward", "count visits | by visits.ward | share"),
            ("median cost of surgery visits", "median visits.cost | where visits.ward = Surgery"),
            (
                "doctors in cardiology or oncology",
                "list doctors | by doctors.doctor_id, doctors.full_name, doctors.specialty | where doctors.specialty = Cardiology,Oncology",
            ),
            (
                "visits without a doctor",
                "list visits | by visits.visit_id, visits.admitted_on, visits.doctor_id | where visits.doctor_id empty",
            ),
            (
                "visits not in the ICU",
                "list visits | by visits.visit_id, visits.admitted_on, visits.ward | where visits.ward != ICU",
            ),
            ("number of visits month over month", "count visits | by visits.admitted_on@month | vs before"),
            ("visits in 2024 and 2025", "outside"),
            (
                "visits in 2024 and 2025 by year",
                "count visits | by visits.admitted_on@year | in visits.admitted_on 2024-01-01..2026-01-01",
            ),
        ],
    );
}
