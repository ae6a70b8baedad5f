//! The trail of reads, sign-ins and refusals, for programs: `GET /emporion/v1/audit`.

use emporion_catalog::Problem;
use emporion_catalog::audit_trail::{AuditFilter, InvalidPeriod, parse_place, print_place, printed};
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use serde_json::{Value, json};

/// Lines of an answer, where nobody says how many; and at most.
const PAGE: usize = 100;
pub const MOST: usize = 1_000;

/// The newest lines that are asked for, and where to go on.
///
/// Errors: `Forbidden` for who does not administer the account; `Invalid` for what is no day, number or place.
pub async fn list(
    catalog: &Catalog,
    caller: &Caller,
    asked: impl Fn(&str) -> Option<String>,
) -> Result<Value, Problem> {
    let bad = |period| match period {
        InvalidPeriod::NoDay(name) => Problem::invalid(name, "must be a day, such as 2026-11-28"),
        InvalidPeriod::EndsBefore => Problem::invalid("until", "must not be before from"),
    };
    let filter = AuditFilter::of_parameters(|name| asked(name).unwrap_or_default()).map_err(bad)?;
    let limit = match asked("limit").map(|limit| limit.parse()) {
        None => PAGE,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Problem::invalid("limit", format!("must be a whole number from 1 to {MOST}"))),
    };
    let before = match asked("before") {
        None => None,
        Some(place) => {
            Some(parse_place(&place).ok_or_else(|| Problem::invalid("before", "must be a place in the trail"))?)
        }
    };
    let found = catalog.find_audit_events(caller, &filter, before, limit).await?;
    let lines: Vec<Value> = found.events.iter().map(|event| Value::Object(printed(event))).collect();
    Ok(json!({"lines": lines, "next": found.next.map(print_place)}))
}
