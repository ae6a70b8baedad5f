//! Whether something is used: what was observed of that stands beside a record, and not in it.

use std::collections::HashSet;

use emporion_catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::observation::{Observation, USAGE};
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use serde_json::Value;

use super::Document;

/// What is certified stands before what is not.
pub const CERTIFIED: u64 = 2;
/// What stands last in the standing of a document.
pub(super) const USED: u64 = 1;

/// Those of the records of which the newest count of uses tells some. Whoever notes another count makes a line in the
/// log, as with any change of the record.
pub async fn used(catalog: &Catalog, views: &[View]) -> Result<HashSet<RecordId>, Problem> {
    let newest = catalog.newest_of(views, USAGE).await?;
    Ok(newest.iter().filter(|day| tells_uses(day)).map(|day| day.record).collect())
}

fn tells_uses(day: &Observation) -> bool {
    let count = day.value.pointer("/daily_stats/count").and_then(Value::as_u64);
    day.item.is_empty() && count.is_some_and(|count| count > 0)
}

/// The same of a record that was observed to be used, or not.
pub fn observed(document: Document, is_used: bool) -> Document {
    Document { standing: document.standing | (u64::from(is_used) * USED), ..document }
}
