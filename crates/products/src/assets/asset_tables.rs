//! The tables behind data assets, as their reader may know them.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use super::product_assets::Item;
use super::row_counts::RowCounts;
use crate::failure::Failure;

/// Tables that the reader sees.
#[derive(Debug, Default)]
pub struct AssetTables {
    pub seen: HashMap<RecordId, Record>,
    /// Those whose rows are not to be counted for the caller: he sees only a part of them somewhere.
    pub uncounted: HashSet<RecordId>,
    pub rows: RowCounts,
}

impl AssetTables {
    /// Shape: the caller sees these records.
    pub async fn of(reading: &Reading<'_>, seen: Vec<Record>) -> Result<AssetTables, Failure> {
        let uncounted = reading.rows().uncounted(&seen.iter().collect::<Vec<_>>()).await?;
        let rows = RowCounts::of(reading, &seen).await?;
        Ok(AssetTables { rows, seen: seen.into_iter().map(|table| (table.id, table)).collect(), uncounted })
    }

    /// Those behind the live ones among the items, as far as the caller may see them.
    pub async fn behind(reading: &Reading<'_>, items: &[&Item]) -> Result<AssetTables, Failure> {
        let ids: Vec<RecordId> = items.iter().filter_map(|item| Some(item.live.as_ref()?.table)).collect();
        if ids.is_empty() {
            return Ok(AssetTables::default());
        }
        AssetTables::of(reading, reading.records(&ids, States::Alive).await?).await
    }
}
