//! What views read, and what the views among that read: a part of a table that is kept from somebody is gone round also by
//! what lies between.

use std::collections::{HashMap, HashSet};

use crate::id::RecordId;
use crate::ports::{Snapshot, StoreResult};
use crate::record::{Edge, Record};
use crate::relation::{DERIVED_FROM, READS_FROM, Relation};

/// Whether it is called a view.
pub(crate) fn is_view(table: &Record) -> bool {
    let ty = table.body.get("table_type").and_then(|ty| ty.as_str()).unwrap_or_default();
    ty.to_ascii_lowercase().contains("view")
}

/// The same as [`of`] as crawls found it alone, whatever people say of lineage.
pub(crate) async fn crawled(
    snapshot: &dyn Snapshot,
    tables: impl Iterator<Item = RecordId>,
    steps: usize,
) -> StoreResult<HashMap<RecordId, Vec<RecordId>>> {
    follow(snapshot, tables, steps, &[READS_FROM]).await
}

/// Of each of the tables that is a view, and of each view that one of them comes to within so many steps: what it reads.
pub(crate) async fn of(
    snapshot: &dyn Snapshot,
    tables: impl Iterator<Item = RecordId>,
    steps: usize,
) -> StoreResult<HashMap<RecordId, Vec<RecordId>>> {
    follow(snapshot, tables, steps, &[DERIVED_FROM, READS_FROM]).await
}

async fn follow(
    snapshot: &dyn Snapshot,
    tables: impl Iterator<Item = RecordId>,
    steps: usize,
    relations: &[Relation],
) -> StoreResult<HashMap<RecordId, Vec<RecordId>>> {
    let is_meant = |edge: &Edge| edge.relation == READS_FROM || edge.is_of_a_view();
    let mut level: Vec<RecordId> = tables.collect();
    level.sort_unstable();
    level.dedup();
    let mut known: HashSet<RecordId> = level.iter().copied().collect();
    let mut reads: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for _ in 0..steps {
        let mut next = Vec::new();
        for edge in snapshot.edges_from(&level, Some(relations)).await? {
            let of_view = if is_meant(&edge) { reads.entry(edge.from).or_default() } else { continue };
            if !of_view.contains(&edge.to) {
                of_view.push(edge.to);
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
