//! How many questions of one user are answered at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use emporion_catalog::id::RecordId;

pub struct AtOnce {
    most: u32,
    running: Mutex<HashMap<RecordId, u32>>,
}

/// A question that is being answered, until it is dropped.
pub struct Running {
    among: Arc<AtOnce>,
    user: RecordId,
}

impl AtOnce {
    /// A limit of nothing would lock everybody out, so the least is one.
    pub fn new(most: u32) -> AtOnce {
        AtOnce { most: most.max(1), running: Mutex::default() }
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    /// `None`: as many as may be are being answered for the user.
    pub fn begin(self: &Arc<AtOnce>, user: RecordId) -> Option<Running> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(user).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Running { among: self.clone(), user })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.among.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many_at_a_time() {
        let among = Arc::new(AtOnce::new(2));
        let (one, other) = (RecordId::fresh(), RecordId::fresh());
        let first = among.begin(one);
        let second = among.begin(one);
        assert!(first.is_some() && second.is_some() && among.begin(one).is_none());
        assert!(among.begin(other).is_some());
        drop(first);
        assert!(among.begin(one).is_some());
        drop(second);
        assert!(among.running.lock().expect("whole").is_empty(), "nothing is kept of who asks nothing");
    }
}
