//! Who crawls at the moment. Each crawl is held in memory, and two of one service would write over each other, so that
//! whatever crawls for a caller takes a turn first.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use emporion_catalog::Problem;
use emporion_catalog::id::AccountId;

/// CrawlLimiter at one moment.
const MOST: usize = 4;

/// The crawls of one server.
#[derive(Default)]
pub struct CrawlLimiter {
    taken: Mutex<HashSet<(AccountId, String)>>,
    finished: AtomicU64,
    failed: AtomicU64,
}

/// CrawlLimiter by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub running: u64,
    pub finished: u64,
    pub failed: u64,
}

/// Leave to crawl a service. It is given back when it is dropped, and then counted as failed unless it has finished.
pub struct CrawlPermit {
    limiter: Arc<CrawlLimiter>,
    of: (AccountId, String),
    has_finished: bool,
}

impl CrawlLimiter {
    /// Takes a turn, for the service of that name.
    ///
    /// Errors: `Conflict` while the service has one, and while too many are taken.
    pub fn take(self: &Arc<CrawlLimiter>, account: AccountId, service: &str) -> Result<CrawlPermit, Problem> {
        let of = (account, service.to_owned());
        let mut taken = self.taken();
        if taken.contains(&of) {
            return Err(Problem::conflict(format!("{service:?} is being ingested already")));
        }
        if taken.len() >= MOST {
            return Err(Problem::conflict(format!("{MOST} ingestions are running; try again later")));
        }
        taken.insert(of.clone());
        drop(taken);
        Ok(CrawlPermit { limiter: self.clone(), of, has_finished: false })
    }

    /// How many are taken, how many have finished since the start, and how many of all failed.
    pub fn counts(&self) -> Counts {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Counts { running: self.taken().len() as u64, finished: of(&self.finished), failed: of(&self.failed) }
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<(AccountId, String)>> {
        // Nothing under this lock can be left half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CrawlPermit {
    /// It came to its end.
    pub fn finished(mut self) {
        self.has_finished = true;
    }
}

impl Drop for CrawlPermit {
    fn drop(&mut self) {
        let ended = if self.has_finished { &self.limiter.finished } else { &self.limiter.failed };
        ended.fetch_add(1, Ordering::Relaxed);
        self.limiter.taken().remove(&self.of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_one_turn_and_a_server_four() {
        let limiter = Arc::new(CrawlLimiter::default());
        let (ours, theirs) = (AccountId::fresh(), AccountId::fresh());
        let refused = |account, service: &str| match limiter.take(account, service) {
            Err(Problem::Conflict { message }) => message,
            _ => panic!("a turn of {service}"),
        };
        let first = limiter.take(ours, "a").unwrap();
        assert!(refused(ours, "a").contains("\"a\" is being ingested already"));
        // The same name in another account is another service.
        let others = [limiter.take(theirs, "a"), limiter.take(ours, "b"), limiter.take(ours, "c")].map(Result::unwrap);
        assert!(refused(ours, "d").starts_with("4 ingestions are running"));
        assert_eq!(limiter.counts(), Counts { running: 4, finished: 0, failed: 0 });
        first.finished();
        drop(limiter.take(ours, "a").unwrap());
        drop(others);
        assert_eq!(limiter.counts(), Counts { running: 0, finished: 1, failed: 4 });
    }
}
