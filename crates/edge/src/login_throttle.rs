//! Slows down guessing of passwords: after some failures in a row, a login name waits.
//!
//! Anybody can try any name, of any length: what is kept of one is a hash, and how many are kept is bounded.
//!
//! One user has many names: his own and his address, in capitals or not, behind the name of his account or not. Failures
//! are counted twice, therefore: by what was typed, without what may stand around it, and by the users who are meant. Only
//! the first count is told of, and it knows nothing of what is stored: who waits for it learns nothing. By the second he
//! would learn which names belong together, so that it refuses in the words for a wrong password.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::keyed_semaphore::{KeyedPermit, KeyedSemaphore};
use emporion_catalog::name;
use sha2::{Digest, Sha256};

use crate::metrics::Metrics;
use crate::password_queue::PasswordQueue;
use crate::shared_login_failures;

/// Failures in a row that cost nothing.
pub const FREE: u32 = 5;
/// How long the name then waits, in milliseconds.
pub const WAIT_MS: i64 = 60_000;
/// Names that are remembered, 32 bytes each. When there are more, those that wait for nothing are forgotten, then the one
/// that failed longest ago.
const MOST: usize = 10_000;

/// Failures by login name and place of the caller, so that nobody can lock another one out from elsewhere.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Guesser, Failures>>,
    /// Tries of one guesser are made one after the other: those under way would otherwise not be counted.
    turns: KeyedSemaphore,
    /// Comparing takes a while, whoever asks for it.
    pub passwords: PasswordQueue,
    counts: Counts,
    shared: Shared,
}

/// Where nodes share what they count.
#[derive(Default)]
struct Shared(OnceLock<Arc<Catalog>>);

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.shared.0.get().is_some() { "Throttle of several nodes" } else { "Throttle of one node" })
    }
}

#[derive(Debug, Default)]
struct Counts {
    succeeded: AtomicU64,
    failed: AtomicU64,
    held_back: AtomicU64,
}

/// One thing that failures are counted by, as a hash: a name and a place, or a user and a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Guesser(pub [u8; 16]);

/// A try at a password.
#[derive(Debug, Clone)]
pub struct Try {
    /// What was typed; of one who has proved already who he is, nothing.
    spelled: Option<Guesser>,
    users: Vec<(RecordId, Guesser)>,
}

/// What becomes of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// He is told to wait.
    Waits,
    /// He is told that the password is wrong, after the time that comparing it takes.
    Unheard,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Failures {
    pub count: u32,
    pub last_ms: i64,
    /// That it waits stands in the audit trail.
    is_noted: bool,
}

impl Try {
    /// To log in: what was typed, and whom it means.
    pub fn to_log_in(login: &str, users: &[RecordId], client: Option<IpAddr>) -> Try {
        let spelled = Some(Guesser::of(&format!("name {}", bare(login)), client));
        Try { spelled, users: users.iter().map(|user| (*user, Guesser::of_user(*user, client))).collect() }
    }

    /// To prove anew that one is this user.
    pub fn again(user: RecordId, client: Option<IpAddr>) -> Try {
        Try { spelled: None, users: vec![(user, Guesser::of_user(user, client))] }
    }

    /// Those whose failures are asked of other nodes, and told to them: as many where nobody is meant, so that it takes as long.
    fn shared(&self) -> Vec<Guesser> {
        let nobody = self.spelled.filter(|_| self.users.is_empty());
        let nobody = nobody.map(|spelled| Guesser::of(&format!("nobody {:?}", spelled.0), None));
        self.guessers().chain(nobody).collect()
    }

    fn guessers(&self) -> impl Iterator<Item = Guesser> {
        self.spelled.into_iter().chain(self.users.iter().map(|(_, guesser)| *guesser))
    }
}

/// A login without the account before it and the host behind it: neither says whether there is such a user.
fn bare(login: &str) -> &str {
    let name = login.split_once('/').map_or(login, |(_, name)| name);
    name.rsplit_once('@').map_or(name, |(local, _)| local).trim()
}

impl Guesser {
    fn of_user(user: RecordId, client: Option<IpAddr>) -> Guesser {
        Guesser::of(&format!("user {user}"), client)
    }

    /// The name, and the place it is tried from: an address, or the network that one subscriber has in IPv6.
    fn of(name: &str, client: Option<IpAddr>) -> Guesser {
        let place = match client {
            Some(IpAddr::V6(ip)) => Some(IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)))),
            other => other,
        };
        let digest = Sha256::new().chain_update(format!("{place:?} ")).chain_update(name::fold(name)).finalize();
        Guesser(digest[..16].try_into().expect("sixteen bytes of thirty-two"))
    }
}

impl Throttle {
    /// From now on all nodes over this catalogue's store count together.
    pub fn share(&self, catalog: Arc<Catalog>) {
        let _ = self.shared.0.set(catalog);
    }

    /// Publishes counters of logins, and how many names are remembered.
    pub fn publish(self: &Arc<Throttle>, metrics: &Metrics) {
        type Count = fn(&Counts) -> &AtomicU64;
        let counters: [(&str, &str, Count); 3] = [
            ("logins", "Logins by password or provider", |counts| &counts.succeeded),
            ("logins_failed", "Logins that proved nobody", |counts| &counts.failed),
            ("logins_held_back", "Logins refused for earlier failures", |counts| &counts.held_back),
        ];
        for (name, help, of) in counters {
            let throttle = self.clone();
            metrics.counter(name, help, move || of(&throttle.counts).load(Ordering::Relaxed) as f64);
        }
        let throttle = self.clone();
        metrics.gauge("logins_remembered", "Names and users with failures, by place", move || {
            throttle.known().len() as f64
        });
    }

    /// Waits until no other try is under way that is counted with this one. Held from before [`Throttle::judge`] until
    /// its outcome is told.
    pub async fn turn(&self, tried: &Try) -> Vec<KeyedPermit<'_>> {
        // All take theirs in the same order, so that no two wait for each other.
        let guessers: BTreeSet<Guesser> = tried.guessers().collect();
        let mut held = Vec::with_capacity(guessers.len());
        for guesser in guessers {
            held.push(self.turns.acquire(guesser).await);
        }
        if let Some(catalog) = self.shared.0.get() {
            match shared_login_failures::known(catalog, &tried.shared(), catalog.now().0).await {
                Ok(counted) => self.take_in(counted),
                Err(problem) => tracing::warn!(%problem, "what other nodes know of failed logins could not be asked"),
            }
        }
        held
    }

    fn take_in(&self, counted: Vec<(Guesser, Failures)>) {
        let mut known = self.known();
        for (who, counted) in counted {
            let failures = known.get(&who).map_or(counted, |own| own.with(counted));
            // One who has succeeded elsewhere is forgotten here as well.
            match failures.count {
                0 => drop(known.remove(&who)),
                _ => drop(known.insert(who, failures)),
            }
        }
    }

    /// The try has proved nobody: counted here and, before this answers, for all nodes.
    pub async fn refuse(&self, tried: &Try, now_ms: i64) {
        self.failed(tried, now_ms);
        self.tell(tried.shared(), now_ms, |who, before| self.counted(who, before, now_ms)).await;
    }

    /// What all nodes count of a failure that is counted here: no less than this one does.
    fn counted(&self, who: Guesser, before: Option<Failures>, now_ms: i64) -> Failures {
        let mut failures = before.unwrap_or(Failures::of(0, now_ms));
        failures.add(now_ms);
        self.known().get(&who).map_or(failures, |own| own.with(failures))
    }

    async fn tell(&self, of: Vec<Guesser>, now_ms: i64, change: impl Fn(Guesser, Option<Failures>) -> Failures) {
        if let Some(catalog) = self.shared.0.get()
            && let Err(problem) = shared_login_failures::keep(catalog, &of, now_ms, change).await
        {
            tracing::warn!(%problem, "other nodes could not be told of a login");
        }
    }

    /// Whether a further try is allowed now.
    pub fn judge(&self, tried: &Try, now_ms: i64) -> Verdict {
        let known = self.known();
        let waits = |who: &Guesser| known.get(who).is_some_and(|failures| failures.waits(now_ms));
        let verdict = match &tried.spelled {
            Some(spelled) if waits(spelled) => Verdict::Waits,
            _ if !tried.users.iter().any(|(_, who)| waits(who)) => return Verdict::Allowed,
            Some(_) => Verdict::Unheard,
            None => Verdict::Waits,
        };
        self.counts.held_back.fetch_add(1, Ordering::Relaxed);
        verdict
    }

    /// Whether the try is the first that is held back by some wait: whoever goes on trying is noted once.
    pub fn is_first_held_back(&self, tried: &Try, now_ms: i64) -> bool {
        let mut known = self.known();
        let mut is_first = false;
        for who in tried.guessers() {
            if let Some(failures) = known.get_mut(&who).filter(|failures| failures.waits(now_ms)) {
                is_first |= !std::mem::replace(&mut failures.is_noted, true);
            }
        }
        is_first
    }

    fn failed(&self, tried: &Try, now_ms: i64) {
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        tried.guessers().for_each(|who| self.count(who, now_ms));
    }

    fn count(&self, who: Guesser, now_ms: i64) {
        let mut known = self.known();
        if known.len() >= MOST && !known.contains_key(&who) {
            known.retain(|_, failures| failures.waits(now_ms));
            // A look at all of them costs less than the hash of the password that has just failed.
            let oldest = known.iter().min_by_key(|(_, failures)| failures.last_ms).map(|(who, _)| *who);
            if let Some(oldest) = oldest.filter(|_| known.len() >= MOST) {
                known.remove(&oldest);
            }
        }
        known.entry(who).or_insert(Failures::of(0, now_ms)).add(now_ms);
    }

    /// The try has proved who this user is. It says nothing of the others whom it could have meant.
    pub async fn admit(&self, tried: &Try, user: RecordId, now_ms: i64) {
        let forgotten = self.succeeded(tried, user);
        if !forgotten.is_empty() {
            self.tell(forgotten, now_ms, |_, _| Failures::of(0, now_ms)).await;
        }
    }

    /// Answers of whom failures were known.
    fn succeeded(&self, tried: &Try, user: RecordId) -> Vec<Guesser> {
        self.counts.succeeded.fetch_add(1, Ordering::Relaxed);
        let mut known = self.known();
        let own = tried.users.iter().filter(|(of, _)| *of == user).map(|(_, who)| *who);
        tried.spelled.into_iter().chain(own).filter(|who| known.remove(who).is_some()).collect()
    }

    /// A login that no password had a part in.
    pub fn came_otherwise(&self, succeeded: bool) {
        let count = if succeeded { &self.counts.succeeded } else { &self.counts.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Guesser, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    pub(crate) fn of(count: u32, last_ms: i64) -> Failures {
        Failures { count, last_ms, is_noted: false }
    }

    /// What holds of the failures that are counted here and of those that the store has. That may have thrown some out, or
    /// not have been told of them: where it has fewer they are not forgotten here, but after a success (none, and later), or a
    /// pause.
    fn with(self, counted: Failures) -> Failures {
        let has_paused = self.last_ms.abs_diff(counted.last_ms) > WAIT_MS.unsigned_abs();
        let is_own = match counted.count {
            0 => self.last_ms >= counted.last_ms,
            _ if has_paused => self.last_ms > counted.last_ms,
            _ => (self.count, self.last_ms) >= (counted.count, counted.last_ms),
        };
        match is_own {
            true => self,
            false => Failures { is_noted: self.is_noted && self.last_ms == counted.last_ms, ..counted },
        }
    }

    fn add(&mut self, now_ms: i64) {
        if self.waits(now_ms) {
            // Nothing was compared: whoever goes on trying does not make the wait longer.
            return;
        }
        if now_ms - self.last_ms > WAIT_MS {
            (self.count, self.is_noted) = (0, false);
        }
        self.count += 1;
        self.last_ms = now_ms;
    }

    fn waits(&self, now_ms: i64) -> bool {
        self.count >= FREE && now_ms - self.last_ms <= WAIT_MS
    }
}

#[cfg(test)]
mod tests;
