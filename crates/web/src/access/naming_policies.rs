//! The policies whose conditions name a record: a label, a role or a team. What is called otherwise, or gone, they mean nothing by.

use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use serde_json::Value;

use crate::fault::Fault;

/// Policies that are looked at.
const MOST: u32 = 1_000;

/// As far as the visitor sees them.
pub async fn of(reading: &Reading<'_>, record: &Record) -> Result<Vec<View>, Fault> {
    let catalog = reading.catalog();
    let query = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), catalog.kind("policy")) };
    let policies = reading.list(query, &Depth::bare()).await?.views;
    let names = |rules: &Value| match record.kind.name() {
        "role" | "team" => catalog.names_holder(rules, &record.fqn) || catalog.names_holder(rules, &record.name),
        _ => catalog.names_label(rules, &record.fqn),
    };
    Ok(policies.into_iter().filter(|policy| policy.field("rules").is_some_and(names)).collect())
}
