//! Records and edges that were asked for more than once, kept decoded: what many others refer to (domains, owners, terms)
//! is read with each of them.
//!
//! Nothing stale is ever answered: an entry serves a snapshot only if it was read at the snapshot's version or an
//! earlier one and nothing has changed it since ([`InvalidationTable`]); then the snapshot would read the same.

use std::sync::Arc;

use emporion_model::dependency::Dependency;
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::record::{Card, Edge, Record};
use emporion_model::segmented_lru::SegmentedLru;
use serde_json::Value;

use crate::invalidation::{InvalidationTable, Version};

/// A source with more edges than this is asked for those that are wanted.
pub const MOST_EDGES: usize = 64;

pub struct Cache {
    records: SegmentedLru<RecordId, Kept<(Record, Arc<Card>)>>,
    edges: SegmentedLru<RecordId, Kept<Edges>>,
    /// Which record bore an FQN when it was last asked for: a hint that only the record itself confirms.
    bearers: SegmentedLru<(AccountId, &'static str, Box<str>), RecordId>,
    pub invalidations: InvalidationTable,
}

/// The living edges of a source, in their order.
pub enum Edges {
    All(Vec<Edge>),
    TooMany,
}

struct Kept<T> {
    what: Arc<T>,
    version: Version,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        Kept { what: self.what.clone(), version: self.version }
    }
}

impl Cache {
    pub fn new(bytes: usize) -> Cache {
        Cache {
            records: SegmentedLru::new(bytes / 8 * 5),
            edges: SegmentedLru::new(bytes / 4),
            bearers: SegmentedLru::new(bytes / 8),
            invalidations: InvalidationTable::default(),
        }
    }

    /// The record that bears the FQN, as a snapshot of the version would read it.
    pub fn bearer(
        &self,
        account: AccountId,
        kind: Kind,
        fqn: &str,
        version: Version,
    ) -> Option<Arc<(Record, Arc<Card>)>> {
        let id = self.bearers.get(&(account, kind.name(), fqn.into()))?;
        let found = self.record(id, version)?;
        let Record { account: of, kind: is, fqn: bears, state, .. } = &found.0;
        (*of == account && *is == kind && bears == fqn && state.holds_name()).then_some(found)
    }

    pub fn put_bearer(&self, record: &Record) {
        let key = (record.account, record.kind.name(), record.fqn.as_str().into());
        if self.bearers.wants(&key) {
            self.bearers.keep(key, record.id, 128 + record.fqn.len());
        }
    }

    /// The record as a snapshot of the version would read it.
    pub fn record(&self, id: RecordId, version: Version) -> Option<Arc<(Record, Arc<Card>)>> {
        self.find(&self.records, id, version)
    }

    /// The edges as a snapshot of the version would read them.
    pub fn edges(&self, source: RecordId, version: Version) -> Option<Arc<Edges>> {
        self.find(&self.edges, source, version)
    }

    /// Whether it is worth reading all edges of the source.
    pub fn wants_edges(&self, source: RecordId) -> bool {
        self.edges.wants(&source)
    }

    /// Offers what a snapshot of the version has read.
    pub fn put_record(&self, record: &Record, version: Version) {
        if self.records.wants(&record.id) {
            let card = Arc::new(Card::of(record));
            let bytes = 1_024 + record.body.weight();
            let what = Arc::new((record.clone(), card));
            self.records.keep(record.id, Kept { what, version }, bytes);
        }
    }

    /// Offers all edges that a snapshot of the version has read of the source.
    pub fn put_edges(&self, source: RecordId, edges: Edges, version: Version) -> Arc<Edges> {
        let bytes = match &edges {
            Edges::All(edges) => {
                let of = |edge: &Edge| edge.attributes.values().map(|value| 64 + size(value)).sum::<usize>();
                edges.iter().map(|edge| size_of::<Edge>() + edge.at.len() + of(edge)).sum()
            }
            Edges::TooMany => 0,
        };
        let what = Arc::new(edges);
        self.edges.keep(source, Kept { what: what.clone(), version }, 128 + bytes);
        what
    }

    fn find<T>(&self, cache: &SegmentedLru<RecordId, Kept<T>>, id: RecordId, version: Version) -> Option<Arc<T>> {
        let kept = cache.get(&id)?;
        let holds = kept.version <= version && self.invalidations.is_unchanged(kept.version, [Dependency::record(id)]);
        holds.then_some(kept.what)
    }
}

/// About how much room a value takes.
fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| 64 + name.len() + size(value)).sum(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use emporion_model::id::Revision;
    use emporion_model::testing;

    use super::*;
    use crate::invalidation::Changes;

    fn record(revision: u64) -> Record {
        Record { revision: Revision(revision), ..testing::record("domain", None, "d") }
    }

    fn put_twice(cache: &Cache, record: &Record, version: Version) {
        cache.put_record(record, version);
        cache.put_record(record, version);
    }

    fn change(cache: &Cache, id: RecordId) {
        let mut changes = Changes::default();
        changes.record(id);
        cache.invalidations.change(&changes);
    }

    #[test]
    fn only_the_second_question_brings_a_record_in() {
        let cache = Cache::new(1 << 20);
        let record = record(1);
        cache.put_record(&record, 0);
        assert!(cache.record(record.id, 0).is_none());
        cache.put_record(&record, 0);
        assert_eq!(cache.record(record.id, 0).unwrap().0, record);
    }

    #[test]
    fn an_older_snapshot_is_not_told_what_a_newer_one_read() {
        let cache = Cache::new(1 << 20);
        let record = record(2);
        change(&cache, record.id);
        cache.invalidations.publish();
        put_twice(&cache, &record, 1);
        assert!(cache.record(record.id, 0).is_none());
        assert!(cache.record(record.id, 1).is_some());
        assert!(cache.record(record.id, 7).is_some());
    }

    #[test]
    fn what_a_snapshot_read_before_a_change_does_not_serve_after_it() {
        let cache = Cache::new(1 << 20);
        let record = record(1);
        put_twice(&cache, &record, 0);
        cache.put_edges(record.id, Edges::All(Vec::new()), 0);
        assert!(cache.edges(record.id, 0).is_some());
        change(&cache, record.id);
        assert!(cache.record(record.id, 0).is_none() && cache.edges(record.id, 0).is_none());
        // A slow reader of the old state comes too late, both before the commit is published and after it.
        put_twice(&cache, &record, 0);
        cache.invalidations.publish();
        put_twice(&cache, &record, 0);
        assert!(cache.record(record.id, 1).is_none());
    }
}
