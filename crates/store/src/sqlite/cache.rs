//! Records that were asked for more than once, kept decoded: what many others refer to (domains, owners, terms) is read
//! with each of them.
//!
//! Nothing stale is ever answered. Time is counted in *generations*: the writer publishes the next one after each
//! commit and before its acknowledgement, and a snapshot bears the one that was published when it began, so that it
//! holds at least the commits up to that one. Before a commit becomes visible, the writer drops the records it changes
//! and forbids their part of the cache to every snapshot of the generations before (`change`). So an entry was read by
//! a snapshot that held all changes of the record up to the entry's generation, there was none since, and a snapshot
//! of that generation or a later one would read the same.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use parking_lot::Mutex;
use serde_json::Value;

/// Parts with a lock of their own.
const PARTS: usize = 64;
/// Ids per part that are remembered as asked for once.
const ASKED: usize = 512;

/// Counts commits.
pub type Generation = u64;

pub struct Cache {
    parts: Vec<Mutex<Part>>,
    /// Per part and half.
    half_bytes: usize,
    published: AtomicU64,
}

struct Part {
    /// Snapshots before this generation may not put anything here.
    changed: Generation,
    /// What was used lately, and what was used before that; when the first is full it becomes the second.
    young: HashMap<RecordId, Entry>,
    old: HashMap<RecordId, Entry>,
    young_bytes: usize,
    /// Traces of ids that were asked for once: only the second question brings a record in, so that a walk through a
    /// large store leaves the cache as it is.
    asked: Box<[u32; ASKED]>,
}

#[derive(Clone)]
struct Entry {
    record: Arc<Record>,
    generation: Generation,
    bytes: usize,
}

impl Cache {
    pub fn new(bytes: usize) -> Cache {
        let part = || Part {
            changed: 0,
            young: HashMap::new(),
            old: HashMap::new(),
            young_bytes: 0,
            asked: Box::new([0; ASKED]),
        };
        Cache {
            parts: std::iter::repeat_with(|| Mutex::new(part())).take(PARTS).collect(),
            half_bytes: bytes / PARTS / 2,
            published: AtomicU64::new(0),
        }
    }

    /// The generation that a snapshot bears which has not begun to read yet.
    pub fn generation(&self) -> Generation {
        self.published.load(Ordering::Acquire)
    }

    /// The record as a snapshot of the generation would read it.
    pub fn get(&self, id: RecordId, generation: Generation) -> Option<Arc<Record>> {
        let mut part = self.part(id).lock();
        if let Some(entry) = part.young.get(&id) {
            return (entry.generation <= generation).then(|| entry.record.clone());
        }
        let entry = part.old.remove(&id)?;
        let record = (entry.generation <= generation).then(|| entry.record.clone());
        part.keep(id, entry, self.half_bytes);
        record
    }

    /// Offers what a snapshot of the generation has read.
    pub fn put(&self, record: &Record, generation: Generation) {
        let id = record.id;
        let mut part = self.part(id).lock();
        if part.changed > generation || !part.asked_before(id) {
            return;
        }
        let bytes = 512 + record.body.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        // What would push everything else out stays out.
        if bytes <= self.half_bytes / 4 {
            let entry = Entry { record: Arc::new(record.clone()), generation, bytes };
            part.keep(id, entry, self.half_bytes);
        }
    }

    /// Called by the writer before a commit that changes these records.
    pub fn change(&self, ids: &[RecordId]) {
        let next = self.generation() + 1;
        for id in ids {
            let mut part = self.part(*id).lock();
            part.changed = next;
            if let Some(entry) = part.young.remove(id) {
                part.young_bytes -= entry.bytes;
            }
            part.old.remove(id);
        }
    }

    /// Called by the writer after each commit, before it is acknowledged.
    pub fn publish(&self) {
        self.published.fetch_add(1, Ordering::Release);
    }

    fn part(&self, id: RecordId) -> &Mutex<Part> {
        &self.parts[trace(id) as usize % PARTS]
    }
}

impl Part {
    fn keep(&mut self, id: RecordId, entry: Entry, half_bytes: usize) {
        if self.young_bytes + entry.bytes > half_bytes {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += entry.bytes;
        if let Some(replaced) = self.young.insert(id, entry) {
            self.young_bytes -= replaced.bytes;
        }
    }

    fn asked_before(&mut self, id: RecordId) -> bool {
        let trace = trace(id);
        let slot = &mut self.asked[trace as usize / PARTS % ASKED];
        std::mem::replace(slot, trace) == trace
    }
}

/// The last bits of an id are its random ones.
fn trace(id: RecordId) -> u32 {
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_be_bytes([a, b, c, d])
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
    use emporion_catalog::id::{AccountId, Millis, Revision};
    use emporion_catalog::record::{Actor, Body, Stamp, State, Visibility};
    use emporion_catalog::registry::Registry;

    use super::*;

    fn record(revision: u64) -> Record {
        let stamp = Stamp { at: Millis(1), by: Actor { id: RecordId::fresh(), name: "ann".into() } };
        Record {
            id: RecordId::fresh(),
            account: AccountId::GLOBAL,
            kind: Registry::standard().expect("domain"),
            name: "d".into(),
            fqn: "d".into(),
            parent: None,
            revision: Revision(revision),
            version: 1,
            content_revision: 1,
            created: stamp.clone(),
            updated: stamp,
            state: State::Alive,
            visibility: Visibility::Open,
            body: Body::new(),
            change: None,
        }
    }

    fn put_twice(cache: &Cache, record: &Record, generation: Generation) {
        cache.put(record, generation);
        cache.put(record, generation);
    }

    #[test]
    fn only_the_second_question_brings_a_record_in() {
        let cache = Cache::new(1 << 20);
        let record = record(1);
        cache.put(&record, 0);
        assert!(cache.get(record.id, 0).is_none());
        cache.put(&record, 0);
        assert_eq!(*cache.get(record.id, 0).unwrap(), record);
    }

    #[test]
    fn an_older_snapshot_is_not_told_what_a_newer_one_read() {
        let cache = Cache::new(1 << 20);
        let record = record(2);
        cache.change(&[record.id]);
        cache.publish();
        put_twice(&cache, &record, 1);
        assert!(cache.get(record.id, 0).is_none());
        assert!(cache.get(record.id, 1).is_some());
        assert!(cache.get(record.id, 7).is_some());
    }

    #[test]
    fn what_a_snapshot_read_before_a_change_is_not_kept_after_it() {
        let cache = Cache::new(1 << 20);
        let record = record(1);
        put_twice(&cache, &record, 0);
        cache.change(&[record.id]);
        assert!(cache.get(record.id, 0).is_none());
        // A slow reader of the old state comes too late, both before the commit is published and after it.
        put_twice(&cache, &record, 0);
        cache.publish();
        put_twice(&cache, &record, 0);
        assert!(cache.get(record.id, 1).is_none());
    }

    #[test]
    fn the_cache_stays_within_its_bounds() {
        let cache = Cache::new(1 << 20);
        let kept = record(1);
        for _ in 0..20_000 {
            let other = record(1);
            put_twice(&cache, &other, 0);
            put_twice(&cache, &kept, 0);
            assert!(cache.get(kept.id, 0).is_some(), "what is used stays");
        }
        let entries = |part: &Mutex<Part>| {
            let part = part.lock();
            part.young.len() + part.old.len()
        };
        let entries: usize = cache.parts.iter().map(entries).sum();
        assert!((500..=(1 << 20) / 512).contains(&entries), "{entries}");
    }
}
