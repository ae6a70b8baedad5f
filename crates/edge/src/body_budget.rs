//! The room for bodies: how many bytes of them may be in memory at once, over all connections.
//!
//! Who has proven nothing gets a part of it, so that a flood from nobody does not keep callers out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// How much is known of who sends a body, before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Anybody: the route is open to all.
    Nobody,
    /// A caller is named, and only the body shows whether that is true (its hash is signed).
    Claimed,
    Proven,
}

impl Standing {
    /// The part of the room that bodies of this standing may take.
    fn part_of(self, all: usize) -> usize {
        match self {
            Standing::Nobody => all / 8,
            Standing::Claimed => all / 2,
            Standing::Proven => all,
        }
    }
}

/// Shared by all connections.
#[derive(Debug)]
pub struct BodyBudget {
    all: usize,
    /// Bytes taken, by standing.
    taken: Mutex<[usize; 3]>,
    refused: AtomicU64,
}

/// Bytes that a body has taken; they are free again when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: Arc<BodyBudget>,
    standing: Standing,
    bytes: usize,
}

impl BodyBudget {
    pub fn new(all: usize) -> Arc<BodyBudget> {
        Arc::new(BodyBudget { all, taken: Mutex::default(), refused: AtomicU64::new(0) })
    }

    /// Takes nothing yet.
    pub fn hold(self: &Arc<BodyBudget>, standing: Standing) -> Held {
        Held { budget: self.clone(), standing, bytes: 0 }
    }

    pub fn taken(&self) -> usize {
        self.taken.lock().iter().sum()
    }

    /// How often there was no room.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Held {
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Makes it at least so many bytes. Answers whether there was room.
    pub fn cover(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let mut taken = self.budget.taken.lock();
        let own = taken[self.standing as usize] + more;
        let all = taken.iter().sum::<usize>() + more;
        if own > self.standing.part_of(self.budget.all) || all > self.budget.all {
            drop(taken);
            self.budget.refused.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        taken[self.standing as usize] = own;
        self.bytes = bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.taken.lock()[self.standing as usize] -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bodies_share_one_room_and_give_it_back() {
        let budget = BodyBudget::new(100);
        let mut one = budget.hold(Standing::Proven);
        assert!(one.cover(60) && one.cover(10), "it has 60 already");
        let mut other = budget.hold(Standing::Proven);
        assert!(!other.cover(41) && other.cover(40));
        assert_eq!((budget.taken(), budget.refused()), (100, 1));
        drop(one);
        assert!(other.cover(100));
        drop(other);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn who_has_proven_less_leaves_room_for_who_has_proven_more() {
        let budget = BodyBudget::new(800);
        let (mut nobody, mut claimed, mut proven) =
            (budget.hold(Standing::Nobody), budget.hold(Standing::Claimed), budget.hold(Standing::Proven));
        assert!(!nobody.cover(101) && nobody.cover(100));
        assert!(!claimed.cover(401) && claimed.cover(400));
        assert!(!proven.cover(301) && proven.cover(300));
    }
}
