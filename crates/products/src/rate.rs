//! Rate limiting per token: so many requests a minute.

use emporion_edge::token_bucket::TokenBuckets;
use sha2::{Digest, Sha256};

const MINUTE_MS: u32 = 60_000;

/// So many requests a minute for every token.
pub struct RateLimiter {
    per_minute: u32,
    buckets: TokenBuckets<[u8; 16]>,
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
    pub fn new(per_minute: u32) -> RateLimiter {
        let per_minute = per_minute.max(1);
        RateLimiter { per_minute, buckets: TokenBuckets::new(per_minute, MINUTE_MS) }
    }

    /// Counts one request of a token.
    pub fn count(&self, token: &str, now_ms: i64) -> Standing {
        // Whole tokens are not kept in memory longer than their request.
        let digest = Sha256::digest(token.as_bytes());
        let key: [u8; 16] = digest[..16].try_into().expect("sixteen bytes of thirty-two");
        let taken = self.buckets.take(key, now_ms);
        let seconds = |ms: f64| (ms / 1000.0).ceil() as u64;
        Standing {
            is_over: !taken.is_admitted,
            limit: self.per_minute,
            remaining: taken.left as u32,
            retry_after_s: if taken.is_admitted { 0 } else { seconds(taken.next_ms).max(1) },
            reset_s: seconds(taken.full_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_how_many_requests_are_left_and_how_long_to_wait() {
        let limiter = RateLimiter::new(3);
        let standings: Vec<Standing> = (0..4).map(|_| limiter.count("t", 1_000)).collect();
        assert_eq!(standings.iter().map(|s| s.is_over).collect::<Vec<_>>(), [false, false, false, true]);
        assert_eq!(standings[0].remaining, 2);
        assert_eq!((standings[3].retry_after_s, standings[3].reset_s), (20, 60));
        assert!(limiter.count("t", 20_000).is_over);
        assert!(!limiter.count("t", 21_000).is_over);
        assert!(!limiter.count("another", 1_000).is_over);
    }
}
