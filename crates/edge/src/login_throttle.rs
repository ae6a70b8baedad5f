//! Slows down guessing of passwords: after some failures in a row, a login name waits.
//!
//! Anybody can try any name, of any length: what is kept of one is a hash, and how many are kept is bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use emporion_catalog::name;
use sha2::{Digest, Sha256};

use crate::metrics::Metrics;

/// Failures in a row that cost nothing.
pub const FREE: u32 = 5;
/// How long the name then waits, in milliseconds.
pub const WAIT_MS: i64 = 60_000;
/// Names that are remembered, 32 bytes each. When there are more, those that wait for nothing are forgotten, then the one
/// that failed longest ago.
const MOST: usize = 10_000;

/// Failures by login name and place of the caller, so that nobody can lock another one out from elsewhere.
#[derive(Debug)]
pub struct Throttle {
    failures: Mutex<HashMap<Guesser, Failures>>,
    /// Tries of one guesser are made one after the other: those under way would otherwise not be counted.
    turns: Vec<tokio::sync::Mutex<()>>,
    counts: Counts,
}

/// How many guessers can be compared at once, if they do not meet in one place.
const TURNS: usize = 1_024;

impl Default for Throttle {
    fn default() -> Throttle {
        let turns = (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        Throttle { failures: Mutex::default(), turns, counts: Counts::default() }
    }
}

#[derive(Debug, Default)]
struct Counts {
    succeeded: AtomicU64,
    failed: AtomicU64,
    held_back: AtomicU64,
}

/// Who is guessing, as a hash of name and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guesser([u8; 16]);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: i64,
}

impl Guesser {
    /// The name, and the place it is tried from: an address, or the network that one subscriber has in IPv6.
    pub fn of(name: &str, client: Option<IpAddr>) -> Guesser {
        let place = match client {
            Some(IpAddr::V6(ip)) => Some(IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)))),
            other => other,
        };
        let digest = Sha256::new().chain_update(format!("{place:?} ")).chain_update(name::fold(name)).finalize();
        Guesser(digest[..16].try_into().expect("sixteen bytes of thirty-two"))
    }
}

impl Throttle {
    /// Publishes counters of logins, and how many names are remembered.
    pub fn publish(self: &Arc<Throttle>, metrics: &Metrics) {
        type Count = fn(&Counts) -> &AtomicU64;
        let counters: [(&str, &str, Count); 3] = [
            ("logins", "Logins with the right password", |counts| &counts.succeeded),
            ("logins_failed", "Logins with a wrong name or password", |counts| &counts.failed),
            ("logins_held_back", "Logins refused for earlier failures", |counts| &counts.held_back),
        ];
        for (name, help, of) in counters {
            let throttle = self.clone();
            metrics.counter(name, help, move || of(&throttle.counts).load(Ordering::Relaxed) as f64);
        }
        let throttle = self.clone();
        metrics.gauge("logins_remembered", "Login names with failures", move || throttle.known().len() as f64);
    }

    /// Waits until no other try of the guesser is under way. Held from before [`Throttle::allows`] until its outcome is
    /// told.
    pub async fn turn(&self, who: Guesser) -> tokio::sync::MutexGuard<'_, ()> {
        let at = usize::from(u16::from_le_bytes([who.0[0], who.0[1]])) % TURNS;
        self.turns[at].lock().await
    }

    /// Whether a further try is allowed now.
    pub fn allows(&self, who: Guesser, now_ms: i64) -> bool {
        let allowed = self.known().get(&who).is_none_or(|failures| !failures.waits(now_ms));
        if !allowed {
            self.counts.held_back.fetch_add(1, Ordering::Relaxed);
        }
        allowed
    }

    pub fn failed(&self, who: Guesser, now_ms: i64) {
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&who) {
            known.retain(|_, failures| failures.waits(now_ms));
            // A look at all of them costs less than the hash of the password that has just failed.
            let oldest = known.iter().min_by_key(|(_, failures)| failures.last_ms).map(|(who, _)| *who);
            if let Some(oldest) = oldest.filter(|_| known.len() >= MOST) {
                known.remove(&oldest);
            }
        }
        let failures = known.entry(who).or_insert(Failures { count: 0, last_ms: now_ms });
        if now_ms - failures.last_ms > WAIT_MS {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last_ms = now_ms;
    }

    pub fn succeeded(&self, who: Guesser) {
        self.counts.succeeded.fetch_add(1, Ordering::Relaxed);
        self.known().remove(&who);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Guesser, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn who(name: &str) -> Guesser {
        Guesser::of(name, None)
    }

    #[test]
    fn after_some_failures_a_name_waits_and_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            assert!(throttle.allows(who("a"), 0));
            throttle.failed(who("a"), 0);
        }
        assert!(!throttle.allows(who("A"), WAIT_MS));
        assert!(throttle.allows(who("b"), 0));
        assert!(throttle.allows(who("a"), WAIT_MS + 1));
        throttle.failed(who("a"), WAIT_MS + 1);
        assert!(throttle.allows(who("a"), WAIT_MS + 1), "after the wait the count begins anew");
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let throttle = Throttle::default();
        (0..FREE).for_each(|_| throttle.failed(who("a"), 0));
        throttle.succeeded(who("a"));
        assert!(throttle.allows(who("a"), 0));
    }

    #[test]
    fn names_are_kept_as_hashes_and_no_more_than_so_many() {
        let throttle = Throttle::default();
        assert_eq!(size_of::<(Guesser, Failures)>(), 32);
        (0..FREE).for_each(|_| throttle.failed(who("first"), 0));
        for number in 0..2 * MOST {
            throttle.failed(who(&format!("other {number}")), 1);
        }
        assert!(throttle.known().len() <= MOST);
        assert!(!throttle.allows(who("first"), 1), "a flood of other names frees nobody who waits");
        // Not even one of names that all wait.
        for number in 0..MOST {
            (0..FREE).for_each(|_| throttle.failed(who(&format!("waiting {number}")), 2));
        }
        assert_eq!(throttle.known().len(), MOST);
        assert!(!throttle.allows(who(&format!("waiting {}", MOST - 1)), 2));
    }

    #[test]
    fn a_place_is_an_address_or_the_network_of_one_subscriber() {
        let at = |text: &str| Guesser::of("a", Some(text.parse().expect("an address")));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("2001:db8::1"), at("2001:db8::2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
    }
}
