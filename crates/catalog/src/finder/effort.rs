//! What searching costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the searches of one request have cost so far, in steps: those that share it together cost no more than one may.
#[derive(Debug, Clone, Default)]
pub struct Effort(Arc<AtomicU64>);

impl Effort {
    /// Adds to it, and answers what it was before.
    pub fn add(&self, steps: u64) -> u64 {
        self.0.fetch_add(steps, Ordering::Relaxed)
    }

    /// Adds to it where it stays below `most`, and says whether it does.
    pub fn add_within(&self, steps: u64, most: u64) -> bool {
        let more = |spent: u64| spent.checked_add(steps).filter(|sum| *sum < most);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// Searches are the same whatever they have cost.
impl PartialEq for Effort {
    fn eq(&self, _: &Effort) -> bool {
        true
    }
}

impl Eq for Effort {}
