//! Slows down guessing of passwords: after some failures in a row, a login name waits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Failures in a row that cost nothing.
pub const FREE: u32 = 5;
/// How long the name then waits, in milliseconds.
pub const WAIT_MS: i64 = 60_000;
/// Names that are remembered. When there are more, those that wait for nothing are forgotten, then all.
const MOST: usize = 10_000;

/// Failures by login name and place of the caller, so that nobody can lock another one out from elsewhere.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<String, Failures>>);

struct Failures {
    count: u32,
    last_ms: i64,
}

impl Throttle {
    /// Whether a further try is allowed now.
    pub fn allows(&self, who: &str, now_ms: i64) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(who).is_none_or(|failures| !failures.waits(now_ms))
    }

    pub fn failed(&self, who: &str, now_ms: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, failures| failures.waits(now_ms));
        }
        if known.len() >= MOST {
            known.clear();
        }
        let failures = known.entry(who.to_owned()).or_insert(Failures { count: 0, last_ms: now_ms });
        if now_ms - failures.last_ms > WAIT_MS {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last_ms = now_ms;
    }

    pub fn succeeded(&self, who: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

impl Failures {
    fn waits(&self, now_ms: i64) -> bool {
        self.count >= FREE && now_ms - self.last_ms <= WAIT_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_failures_a_name_waits_and_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            assert!(throttle.allows("a", 0));
            throttle.failed("a", 0);
        }
        assert!(!throttle.allows("a", WAIT_MS));
        assert!(throttle.allows("b", 0));
        assert!(throttle.allows("a", WAIT_MS + 1));
        throttle.failed("a", WAIT_MS + 1);
        assert!(throttle.allows("a", WAIT_MS + 1), "after the wait the count begins anew");
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let throttle = Throttle::default();
        (0..FREE).for_each(|_| throttle.failed("a", 0));
        throttle.succeeded("a");
        assert!(throttle.allows("a", 0));
    }
}
