//! What views read, and what the views among that read: a part of a table that is kept from somebody is gone round also by
//! what lies between.

use std::collections::{HashMap, HashSet};

use crate::id::RecordId;
use crate::ports::{Snapshot, StoreResult};
use crate::relation::DERIVED_FROM;

/// Of each of the tables that is a view, and of each view that one of them comes to within so many steps: what it reads.
pub(crate) async fn of(
    snapshot: &dyn Snapshot,
    tables: impl Iterator<Item = RecordId>,
    steps: usize,
) -> StoreResult<HashMap<RecordId, Vec<RecordId>>> {
    let mut level: Vec<RecordId> = tables.collect();
    level.sort_unstable();
    level.dedup();
    let mut known: HashSet<RecordId> = level.iter().copied().collect();
    let mut reads: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for _ in 0..steps {
        let mut next = Vec::new();
        for edge in snapshot.edges_from(&level, Some(&[DERIVED_FROM])).await? {
            if edge.is_of_a_view() {
                reads.entry(edge.from).or_default().push(edge.to);
                next.extend(known.insert(edge.to).then_some(edge.to));
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(reads)
}
