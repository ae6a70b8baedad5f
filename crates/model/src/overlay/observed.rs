//! Planned observations on top of stored ones.

use std::collections::BTreeMap;

use foldhash::HashMap;
use serde_json::Value;

use crate::id::{AccountId, Millis, RecordId};
use crate::observation::{Key, Noted, Observation, Observed, Range, Series};
use crate::ports::{Snapshot, StoreResult};

/// What is planned for one item; a time without a value is one that is taken away.
pub type PlannedItem = BTreeMap<Millis, Option<Value>>;

/// By record, then by series and item.
#[derive(Default)]
pub struct PlannedObservations(HashMap<RecordId, BTreeMap<(&'static str, String), PlannedItem>>);

impl PlannedObservations {
    pub fn apply(&mut self, record: RecordId, noted: &[Noted]) {
        let planned = self.0.entry(record).or_default();
        for Noted { key, value } in noted {
            let item = planned.entry((key.series.name(), key.item.clone())).or_default();
            item.insert(key.at, value.clone());
        }
    }

    pub fn of_item(&self, record: RecordId, series: Series, item: &str) -> PlannedItem {
        let planned = self.0.get(&record).and_then(|of| of.get(&(series.name(), item.to_owned())));
        planned.cloned().unwrap_or_default()
    }

    /// The items of these series that something is planned for.
    pub fn items(&self, records: &[RecordId], series: &[Series]) -> Vec<(RecordId, Series, String)> {
        let mut items = Vec::new();
        for record in records {
            let planned = self.0.get(record).into_iter().flat_map(BTreeMap::keys);
            for (name, item) in planned {
                let series = series.iter().find(|series| series.name() == *name);
                items.extend(series.map(|series| (*record, *series, item.clone())));
            }
        }
        items
    }

    pub fn at(&self, record: RecordId, key: &Key) -> Option<Option<Value>> {
        self.0.get(&record)?.get(&(key.series.name(), key.item.clone()))?.get(&key.at).cloned()
    }
}

/// The range as it will be when what is planned for the item is stored.
pub async fn range(below: &dyn Snapshot, planned: PlannedItem, range: &Range) -> StoreResult<Observed> {
    if planned.is_empty() {
        return below.observations(range).await;
    }
    let whole = Range { limit: u32::MAX, ..range.clone() };
    let mut found = below.observations(&whole).await?.found;
    found.retain(|known| !planned.contains_key(&known.at));
    let within = planned.into_iter().filter(|(at, _)| (range.from..=range.to).contains(at));
    found.extend(within.filter_map(|(at, value)| {
        let item = range.item.clone();
        Some(Observation { record: range.record, series: range.series, item, at, value: value? })
    }));
    found.sort_by_key(|observation| std::cmp::Reverse(observation.at));
    let total = found.len() as u64;
    found.truncate(range.limit as usize);
    Ok(Observed { found, total })
}

/// The newest of one item.
pub async fn newest(
    below: &dyn Snapshot,
    planned: PlannedItem,
    account: AccountId,
    (record, series, item): (RecordId, Series, String),
) -> StoreResult<Option<Observation>> {
    let all = Range { account, record, series, item, from: Millis(i64::MIN), to: Millis(i64::MAX), limit: 1 };
    Ok(range(below, planned, &all).await?.found.pop())
}
