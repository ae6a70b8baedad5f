//! How many requests a user may make: a bucket each that refills evenly and holds one second's worth.

use std::collections::HashMap;

use emporion_catalog::id::RecordId;
use parking_lot::Mutex;

/// Full buckets are forgotten when there are more than this.
const MOST_BUCKETS: usize = 100_000;

pub struct Throttle {
    per_second: f64,
    buckets: Mutex<HashMap<RecordId, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

impl Throttle {
    pub fn new(requests_per_second: u32) -> Throttle {
        Throttle { per_second: f64::from(requests_per_second), buckets: Mutex::default() }
    }

    /// Takes one request out of the user's bucket; `false` when it is empty.
    pub fn admits(&self, user: RecordId, now_ms: i64) -> bool {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| self.level(*bucket, now_ms) < self.per_second);
        }
        let full = Bucket { left: self.per_second, at_ms: now_ms };
        let bucket = buckets.entry(user).or_insert(full);
        let level = self.level(*bucket, now_ms);
        let admitted = level >= 1.0;
        *bucket = Bucket { left: if admitted { level - 1.0 } else { level }, at_ms: now_ms };
        admitted
    }

    fn level(&self, bucket: Bucket, now_ms: i64) -> f64 {
        let passed = (now_ms - bucket.at_ms).max(0) as f64 / 1000.0;
        (bucket.left + passed * self.per_second).min(self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_refills_for_each_user_alone() {
        let throttle = Throttle::new(2);
        let (one, other) = (RecordId::fresh(), RecordId::fresh());
        assert!(throttle.admits(one, 0) && throttle.admits(one, 0));
        assert!(!throttle.admits(one, 0));
        assert!(throttle.admits(other, 0));
        assert!(!throttle.admits(one, 400));
        assert!(throttle.admits(one, 600));
        assert!(!throttle.admits(one, 600));
    }

    #[test]
    fn a_bucket_holds_no_more_than_a_second() {
        let throttle = Throttle::new(1);
        let user = RecordId::fresh();
        assert!(throttle.admits(user, 0));
        assert!(throttle.admits(user, 60_000));
        assert!(!throttle.admits(user, 60_000));
    }
}
