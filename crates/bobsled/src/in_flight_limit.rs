//! How many requests of one user are served at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use emporion_catalog::id::RecordId;

pub struct InFlightLimit {
    most: u32,
    served: Mutex<HashMap<RecordId, u32>>,
}

/// A request that is being served, until it is dropped.
pub struct InFlight {
    limit: Arc<InFlightLimit>,
    user: RecordId,
}

impl InFlightLimit {
    /// A limit of nothing would lock everybody out, so the least is one.
    pub fn new(most: u32) -> InFlightLimit {
        InFlightLimit { most: most.max(1), served: Mutex::default() }
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    /// `None`: as many as may be are being served for the user.
    pub fn begin(self: &Arc<InFlightLimit>, user: RecordId) -> Option<InFlight> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let count = served.entry(user).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(InFlight { limit: self.clone(), user })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut served = self.limit.served.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = served.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                served.remove(&self.user);
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
        let first = limit.begin(one);
        let second = limit.begin(one);
        assert!(first.is_some() && second.is_some() && limit.begin(one).is_none());
        assert!(limit.begin(other).is_some());
        drop(first);
        assert!(limit.begin(one).is_some());
        drop(second);
        assert!(limit.served.lock().expect("whole").is_empty(), "nothing is kept of who asks nothing");
    }
}
