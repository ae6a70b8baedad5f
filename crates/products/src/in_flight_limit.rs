//! How many requests of one user are served, or wait to be, at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use emporion_catalog::id::RecordId;

pub struct InFlightLimit {
    most: u32,
    in_flight: Mutex<HashMap<RecordId, u32>>,
}

/// A request that counts, until this is dropped.
pub struct InFlight {
    limit: Arc<InFlightLimit>,
    user: RecordId,
}

impl InFlightLimit {
    /// A limit of nothing would lock everybody out, so the least is one.
    pub fn new(most: u32) -> InFlightLimit {
        InFlightLimit { most: most.max(1), in_flight: Mutex::default() }
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    /// `None`: the user has as many as he may already.
    pub fn try_acquire(self: &Arc<InFlightLimit>, user: RecordId) -> Option<InFlight> {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        let count = in_flight.entry(user).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(InFlight { limit: self.clone(), user })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut in_flight = self.limit.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_flight.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                in_flight.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many_at_a_time() {
        let limit = Arc::new(InFlightLimit::new(2));
        let (one, other) = (RecordId::fresh(), RecordId::fresh());
        let first = limit.try_acquire(one);
        let second = limit.try_acquire(one);
        assert!(first.is_some() && second.is_some() && limit.try_acquire(one).is_none());
        assert!(limit.try_acquire(other).is_some());
        drop(first);
        assert!(limit.try_acquire(one).is_some());
        drop(second);
        assert!(limit.in_flight.lock().expect("whole").is_empty(), "nothing is kept of who asks nothing");
    }
}
