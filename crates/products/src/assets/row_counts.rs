//! About how many rows tables have, as their last profiles counted.

use std::collections::HashMap;

use emporion_catalog::id::RecordId;
use emporion_catalog::observation::{Observation, TABLE_PROFILE};
use emporion_catalog::reading::{Reading, Through};
use emporion_catalog::record::Record;
use serde_json::Value;

use super::relations::Relation;
use crate::failure::Failure;
use crate::reach::Group;
use crate::read_context::ReadContext;

/// Those of many tables, asked for at once.
#[derive(Debug, Default)]
pub struct RowCounts(HashMap<RecordId, u64>);

impl RowCounts {
    /// Of tables that the caller sees.
    pub async fn of(reading: &Reading<'_>, tables: &[Record]) -> Result<RowCounts, Failure> {
        if tables.is_empty() {
            return Ok(RowCounts::default());
        }
        Ok(RowCounts::counted(reading.newest_observations(tables, &[TABLE_PROFILE]).await?))
    }

    pub async fn of_relations<'r>(
        cx: &ReadContext<'_>,
        relations: impl Iterator<Item = &'r Relation>,
    ) -> Result<RowCounts, Failure> {
        let tables: Vec<&Through> = relations.filter_map(|relation| relation.record.as_ref()).collect();
        Ok(RowCounts::counted(cx.reading.newest_of_assets(&tables, &[TABLE_PROFILE]).await?))
    }

    fn counted(newest: Vec<Observation>) -> RowCounts {
        RowCounts(newest.into_iter().filter_map(|profile| Some((profile.record, row_count(&profile.value)?))).collect())
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
