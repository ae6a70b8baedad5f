//! The policies whose conditions name a record: a label, a role or a team. What is called otherwise, or gone, they mean nothing by.

use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use crate::fault::Fault;

/// As far as the visitor sees them.
pub async fn of(reading: &Reading<'_>, record: &Record) -> Result<Vec<Record>, Fault> {
    let catalog = reading.catalog();
    let mut policies = reading.all(ListQuery::of(reading.account(), catalog.kind("policy"))).await?;
    policies
        .retain(|policy| policy.body.get("rules").is_some_and(|rules| catalog.names(rules, record.kind, &record.fqn)));
    Ok(policies)
}
