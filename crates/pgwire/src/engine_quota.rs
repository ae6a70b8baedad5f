//! Turns at engines: a user has one at a time, and an account half of them, so that what waits, waits behind its own.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What takes long has as many turns at least: it shares the cores with what is short.
const LEAST_LONG: usize = 4;

/// How long a piece of work takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryLength {
    Short,
    Long,
}

/// Of the whole door, of an account within it, or of a user within that.
pub struct EngineQuota {
    counts: (usize, usize),
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    within: Option<Arc<EngineQuota>>,
}

/// One that was taken, of all that it is a part of.
pub struct EnginePermit {
    _taken: Vec<OwnedSemaphorePermit>,
}

impl EngineQuota {
    fn new(counts: (usize, usize), within: Option<Arc<EngineQuota>>) -> EngineQuota {
        let [short, long] = [counts.0, counts.1].map(|count| Arc::new(Semaphore::new(count)));
        EngineQuota { counts, short, long, within }
    }

    /// Of what is short, one for each core.
    pub fn of_door() -> EngineQuota {
        let cores = available_parallelism().map_or(1, usize::from);
        EngineQuota::new((cores, cores.max(LEAST_LONG)), None)
    }

    pub fn of_account(door: Arc<EngineQuota>) -> EngineQuota {
        let (short, long) = door.counts;
        EngineQuota::new(((short / 2).max(1), (long / 2).max(1)), Some(door))
    }

    pub fn of_user(account: Arc<EngineQuota>) -> EngineQuota {
        EngineQuota::new((1, 1), Some(account))
    }

    /// Waits for one. Who waits for his own holds none of the others'.
    pub async fn take(&self, length: QueryLength) -> EnginePermit {
        let (mut taken, mut next) = (Vec::new(), Some(self));
        while let Some(turns) = next {
            let of = if length == QueryLength::Short { &turns.short } else { &turns.long };
            // Nobody closes it.
            taken.extend(of.clone().acquire_owned().await.ok());
            next = turns.within.as_deref();
        }
        EnginePermit { _taken: taken }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_asks_for_much_waits_behind_his_own() {
        let door = Arc::new(EngineQuota::new((2, 4), None));
        let [account, other] = [(); 2].map(|()| Arc::new(EngineQuota::of_account(door.clone())));
        let [one, two, three] = [(); 3].map(|()| EngineQuota::of_user(account.clone()));
        let stranger = EngineQuota::of_user(other);
        let take = |of: &EngineQuota, length| of.take(length).now_or_never();
        let first = take(&one, QueryLength::Long).expect("there are four");
        assert!(take(&one, QueryLength::Long).is_none(), "one has one");
        assert!(take(&one, QueryLength::Short).is_some(), "what is short waits for nothing that is long");
        let second = take(&two, QueryLength::Long).expect("an account has two");
        assert!(take(&three, QueryLength::Long).is_none());
        let third = take(&stranger, QueryLength::Long).expect("the other half");
        drop(first);
        assert!(take(&three, QueryLength::Long).is_some());
        drop((second, third));
        assert_eq!(door.long.available_permits(), 4);
    }
}
