//! A bounded memory of what is asked for often: in parts with a lock each, so that workers seldom wait for one another.
//!
//! What was used lately stays, and only the second question brings a thing in: a walk through a large store leaves the
//! cache as it is. Whether what it holds is still so is not its business.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use foldhash::{fast, quality};
use parking_lot::Mutex;

/// Parts with a lock of their own.
const PARTS: usize = 64;
/// Keys per part that are remembered as asked for once.
const ASKED: usize = 512;

pub struct SegmentedLru<K, V> {
    parts: Vec<Mutex<Part<K, V>>>,
    /// Of which some bits are used: all of them are mixed well.
    hasher: quality::RandomState,
    /// Per part and half.
    half_bytes: usize,
}

struct Part<K, V> {
    /// What was used lately, and what was used before that; when the first is full it becomes the second.
    young: HashMap<K, Entry<V>, fast::RandomState>,
    old: HashMap<K, Entry<V>, fast::RandomState>,
    young_bytes: usize,
    /// Traces of keys that were asked for once.
    asked: Box<[u32; ASKED]>,
}

struct Entry<V> {
    value: V,
    bytes: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> SegmentedLru<K, V> {
    /// Holds things of about so many bytes together.
    pub fn new(bytes: usize) -> SegmentedLru<K, V> {
        SegmentedLru::in_parts(bytes, PARTS)
    }

    /// The fewer the parts, the larger the largest thing that is taken: an eighth of a part.
    pub fn in_parts(bytes: usize, parts: usize) -> SegmentedLru<K, V> {
        let part =
            || Part { young: HashMap::default(), old: HashMap::default(), young_bytes: 0, asked: Box::new([0; ASKED]) };
        SegmentedLru {
            parts: std::iter::repeat_with(|| Mutex::new(part())).take(parts).collect(),
            hasher: quality::RandomState::default(),
            half_bytes: bytes / parts / 2,
        }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let mut part = self.part(self.trace(key)).lock();
        if let Some(entry) = part.young.get(key) {
            return Some(entry.value.clone());
        }
        let (key, entry) = part.old.remove_entry(key)?;
        let value = entry.value.clone();
        part.keep(key, entry, self.half_bytes);
        Some(value)
    }

    /// Whether the key was asked for before; notes that it is now.
    pub fn wants(&self, key: &K) -> bool {
        let trace = self.trace(key);
        self.part(trace).lock().asked_before(trace)
    }

    /// Whether a thing of so many bytes is small enough: what would push everything else out stays out.
    pub fn takes(&self, bytes: usize) -> bool {
        bytes <= self.half_bytes / 4
    }

    /// Takes a thing of about so many bytes, where it is small enough.
    pub fn keep(&self, key: K, value: V, bytes: usize) {
        if self.takes(bytes) {
            self.part(self.trace(&key)).lock().keep(key, Entry { value, bytes }, self.half_bytes);
        }
    }

    pub fn remove(&self, key: &K) {
        let mut part = self.part(self.trace(key)).lock();
        if let Some(entry) = part.young.remove(key) {
            part.young_bytes -= entry.bytes;
        }
        part.old.remove(key);
    }

    #[expect(clippy::cast_possible_truncation, reason = "a trace is a part of the hash")]
    fn trace(&self, key: &K) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    fn part(&self, trace: u32) -> &Mutex<Part<K, V>> {
        &self.parts[trace as usize % self.parts.len()]
    }
}

impl<K: Hash + Eq, V> Part<K, V> {
    fn keep(&mut self, key: K, entry: Entry<V>, half_bytes: usize) {
        if self.young_bytes + entry.bytes > half_bytes {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += entry.bytes;
        if let Some(replaced) = self.young.insert(key, entry) {
            self.young_bytes -= replaced.bytes;
        }
    }

    fn asked_before(&mut self, trace: u32) -> bool {
        let slot = &mut self.asked[trace as usize / PARTS % ASKED];
        std::mem::replace(slot, trace) == trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_second_question_is_wanted() {
        let cache: SegmentedLru<&str, u8> = SegmentedLru::new(1 << 20);
        assert!(!cache.wants(&"a"));
        assert!(cache.wants(&"a"));
        cache.keep("a", 1, 10);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.remove(&"a");
        assert_eq!(cache.get(&"a"), None);
    }

    #[test]
    fn the_shelf_stays_within_its_bounds_and_keeps_what_is_used() {
        let cache: SegmentedLru<u32, u32> = SegmentedLru::new(1 << 20);
        for number in 0..20_000 {
            cache.keep(number, number, 512);
            cache.keep(u32::MAX, 7, 512);
            assert_eq!(cache.get(&u32::MAX), Some(7));
        }
        let entries = |part: &Mutex<Part<u32, u32>>| {
            let part = part.lock();
            part.young.len() + part.old.len()
        };
        let entries: usize = cache.parts.iter().map(entries).sum();
        assert!((500..=(1 << 20) / 512).contains(&entries), "{entries}");
    }

    #[test]
    fn what_would_push_everything_else_out_stays_out() {
        let cache: SegmentedLru<u8, u8> = SegmentedLru::new(128 * 1024);
        cache.keep(1, 1, 1024);
        assert_eq!(cache.get(&1), None);
    }
}
