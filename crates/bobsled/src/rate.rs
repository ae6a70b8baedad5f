//! Rate limiting per token: a bucket that refills steadily, so that a burst is served and a flood is not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Buckets kept at once; full ones are forgotten first, since a fresh one is just as full.
const MOST_BUCKETS: usize = 100_000;
const MINUTE_MS: f64 = 60_000.0;

/// So many requests a minute for every token.
pub struct RateLimiter {
    per_minute: u32,
    buckets: Mutex<HashMap<[u8; 16], Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    requests: f64,
    at_ms: i64,
}

/// Where a token stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub is_over: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the next request is possible; 0 while one is.
    pub retry_after_s: u64,
    /// Until the bucket is full again.
    pub reset_s: u64,
}

impl RateLimiter {
    /// A limit of nothing would lock everybody out, so the least is one.
    pub fn new(per_minute: u32) -> RateLimiter {
        RateLimiter { per_minute: per_minute.max(1), buckets: Mutex::default() }
    }

    /// Counts one request of a token.
    pub fn count(&self, token: &str, now_ms: i64) -> Standing {
        let limit = f64::from(self.per_minute);
        // Whole tokens are not kept in memory longer than their request.
        let digest = Sha256::digest(token.as_bytes());
        let key: [u8; 16] = digest[..16].try_into().expect("sixteen bytes of thirty-two");
        // A panic cannot leave the map half-changed, so a poisoned lock is as good as any.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let refilled = |bucket: &Bucket| {
            let passed_ms = now_ms.saturating_sub(bucket.at_ms).max(0) as f64;
            (bucket.requests + passed_ms * limit / MINUTE_MS).min(limit)
        };
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| refilled(bucket) < limit);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { requests: limit, at_ms: now_ms });
        let mut requests = refilled(bucket);
        let is_over = requests < 1.0;
        if !is_over {
            requests -= 1.0;
        }
        *bucket = Bucket { requests, at_ms: now_ms };
        let seconds_until = |wanted: f64| ((wanted - requests).max(0.0) * 60.0 / limit).ceil() as u64;
        Standing {
            is_over,
            limit: self.per_minute,
            remaining: requests as u32,
            retry_after_s: if is_over { seconds_until(1.0).max(1) } else { 0 },
            reset_s: seconds_until(limit),
        }
    }
}

impl Standing {
    /// The headers that every answer to the token carries.
    pub fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", self.reset_s.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_then_refused_until_the_bucket_refills() {
        let limiter = RateLimiter::new(3);
        let standings: Vec<Standing> = (0..4).map(|_| limiter.count("t", 1_000)).collect();
        assert_eq!(standings.iter().map(|s| s.is_over).collect::<Vec<_>>(), [false, false, false, true]);
        assert_eq!(standings[0].remaining, 2);
        assert_eq!((standings[3].retry_after_s, standings[3].reset_s), (20, 60));
        assert!(limiter.count("t", 20_000).is_over);
        assert!(!limiter.count("t", 21_000).is_over);
    }

    #[test]
    fn every_token_has_its_own_bucket() {
        let limiter = RateLimiter::new(1);
        assert!(!limiter.count("a", 0).is_over);
        assert!(!limiter.count("b", 0).is_over);
        assert!(limiter.count("a", 0).is_over);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let limiter = RateLimiter::new(1);
        assert!(!limiter.count("a", 60_000).is_over);
        assert!(limiter.count("a", 0).is_over);
    }
}
