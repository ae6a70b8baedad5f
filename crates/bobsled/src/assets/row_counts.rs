//! About how many rows tables have, as their last profiles counted.

use std::collections::HashMap;

use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::observation::TABLE_PROFILE;
use emporion_catalog::ports::Snapshot;
use serde_json::Value;

use super::relations::Relation;
use crate::error::Failure;
use crate::reach::Group;
use crate::read_context::ReadContext;

/// Those of many tables, asked for at once.
#[derive(Debug, Default)]
pub struct RowCounts(HashMap<RecordId, u64>);

impl RowCounts {
    pub async fn of(
        snapshot: &dyn Snapshot,
        account: AccountId,
        tables: impl Iterator<Item = RecordId>,
    ) -> Result<RowCounts, Failure> {
        let mut tables: Vec<RecordId> = tables.collect();
        tables.sort_unstable();
        tables.dedup();
        if tables.is_empty() {
            return Ok(RowCounts::default());
        }
        let newest = snapshot.newest_observations(account, &tables, &[TABLE_PROFILE]).await?;
        let counted = newest.into_iter().filter_map(|profile| Some((profile.record, row_count(&profile.value)?)));
        Ok(RowCounts(counted.collect()))
    }

    pub async fn of_relations<'r>(
        cx: &ReadContext<'_>,
        relations: impl Iterator<Item = &'r Relation>,
    ) -> Result<RowCounts, Failure> {
        let tables = relations.filter_map(|relation| Some(relation.record.as_ref()?.id));
        RowCounts::of(cx.snapshot, cx.caller.account(), tables).await
    }

    pub async fn of_groups(cx: &ReadContext<'_>, groups: &[Group]) -> Result<RowCounts, Failure> {
        RowCounts::of_relations(cx, groups.iter().flat_map(|group| &group.tables).map(|reach| &reach.relation)).await
    }

    pub fn of_table(&self, table: &RecordId) -> Option<u64> {
        self.0.get(table).copied()
    }

    pub fn of_relation(&self, relation: &Relation) -> Option<u64> {
        self.of_table(&relation.record.as_ref()?.id)
    }
}

fn row_count(profile: &Value) -> Option<u64> {
    let count = profile.get("rowCount")?;
    // Profilers of other doors write counts as fractions of nothing: 42.0.
    let count = count.as_i64().or_else(|| count.as_f64().map(|count| count as i64));
    count.and_then(|count| u64::try_from(count).ok())
}
