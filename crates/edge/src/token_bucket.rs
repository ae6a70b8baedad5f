//! Token buckets: so many requests at once for each key, and evenly so many more in a time, so that a burst is served and
//! a flood is not.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;

/// Buckets kept at once; full ones are forgotten first, since a fresh one is just as full.
const MOST_BUCKETS: usize = 100_000;

/// A bucket for each key.
pub struct TokenBuckets<K> {
    capacity: f64,
    /// The time in which an empty bucket fills.
    fill_ms: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at_ms: i64,
}

/// What a request found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken {
    /// There was a token, and it was taken.
    pub is_admitted: bool,
    /// Tokens left.
    pub left: f64,
    /// Until the next request is admitted; 0 while one is.
    pub next_ms: f64,
    /// Until the bucket is full again.
    pub full_ms: f64,
}

impl<K: Eq + Hash> TokenBuckets<K> {
    /// A bucket of nothing would keep everybody out, so the least capacity is one.
    pub fn new(capacity: u32, fill_ms: u32) -> TokenBuckets<K> {
        let (capacity, fill_ms) = (f64::from(capacity.max(1)), f64::from(fill_ms.max(1)));
        TokenBuckets { capacity, fill_ms, buckets: Mutex::default() }
    }

    /// Takes a token out of the key's bucket, where there is one. A clock that goes back gives nothing away.
    pub fn take(&self, key: K, now_ms: i64) -> Taken {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| self.level(*bucket, now_ms) < self.capacity);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.capacity, at_ms: now_ms });
        let level = self.level(*bucket, now_ms);
        let is_admitted = level >= 1.0;
        let left = if is_admitted { level - 1.0 } else { level };
        *bucket = Bucket { tokens: left, at_ms: now_ms };
        let until = |wanted: f64| (wanted - left).max(0.0) * self.fill_ms / self.capacity;
        Taken { is_admitted, left, next_ms: until(1.0), full_ms: until(self.capacity) }
    }

    fn level(&self, bucket: Bucket, now_ms: i64) -> f64 {
        let passed_ms = now_ms.saturating_sub(bucket.at_ms).max(0) as f64;
        (bucket.tokens + passed_ms * self.capacity / self.fill_ms).min(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_refills_for_each_key_alone() {
        let buckets = TokenBuckets::new(2, 1000);
        let admits = |key: &'static str, at| buckets.take(key, at).is_admitted;
        assert!(admits("a", 0) && admits("a", 0));
        assert!(!admits("a", 0));
        assert!(admits("b", 0));
        assert!(!admits("a", 400));
        assert!(admits("a", 600));
        assert!(!admits("a", 600));
    }

    #[test]
    fn a_bucket_holds_no_more_than_its_capacity() {
        let buckets = TokenBuckets::new(1, 1000);
        assert!(buckets.take((), 0).is_admitted);
        assert!(buckets.take((), 60_000).is_admitted);
        assert!(!buckets.take((), 60_000).is_admitted);
    }

    #[test]
    fn what_is_left_and_how_long_it_takes_is_told() {
        let buckets = TokenBuckets::new(3, 60_000);
        let taken: Vec<Taken> = (0..4).map(|_| buckets.take((), 1_000)).collect();
        assert_eq!(taken.iter().map(|one| one.is_admitted).collect::<Vec<_>>(), [true, true, true, false]);
        assert!((taken[0].left - 2.0).abs() < 1e-9);
        assert!((taken[3].next_ms - 20_000.0).abs() < 1e-6 && (taken[3].full_ms - 60_000.0).abs() < 1e-6);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let buckets = TokenBuckets::new(1, 60_000);
        assert!(buckets.take((), 60_000).is_admitted);
        assert!(!buckets.take((), 0).is_admitted);
    }
}
