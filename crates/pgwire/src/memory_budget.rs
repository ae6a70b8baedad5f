//! Room for what is kept between messages: of answers, and of what clients prepare and bind.

use std::sync::Arc;

use parking_lot::Mutex;
use pgwire::error::PgWireError;

use crate::failures::{self, TOO_LARGE};

/// Bytes of all connections of a user, of one of them, and of what is prepared there.
const MOST_OF_USER: usize = 128 << 20;
const MOST_OF_CONNECTION: usize = 32 << 20;
const MOST_PREPARED: usize = 8 << 20;

/// For so many bytes, of which the room that it lies in has room as well.
pub struct MemoryBudget {
    most: usize,
    taken: Mutex<usize>,
    within: Option<Arc<MemoryBudget>>,
}

/// A part of a room. It is free again when this is dropped.
pub struct Reservation {
    room: Arc<MemoryBudget>,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.room.give_back(self.bytes);
    }
}

impl MemoryBudget {
    fn of(most: usize, within: Option<&Arc<MemoryBudget>>) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget { most, taken: Mutex::default(), within: within.cloned() })
    }

    pub fn of_user() -> Arc<MemoryBudget> {
        MemoryBudget::of(MOST_OF_USER, None)
    }

    pub fn of_connection(user: &Arc<MemoryBudget>) -> Arc<MemoryBudget> {
        MemoryBudget::of(MOST_OF_CONNECTION, Some(user))
    }

    pub fn of_prepared(user: &Arc<MemoryBudget>) -> Arc<MemoryBudget> {
        MemoryBudget::of(MOST_PREPARED, Some(user))
    }

    /// Errors: where there is not as much.
    pub fn take(self: &Arc<MemoryBudget>, bytes: usize) -> Result<Reservation, PgWireError> {
        if !self.has_taken(bytes) {
            let message = "your cursors, portals and prepared statements keep too much";
            return Err(failures::hinted(TOO_LARGE, message, "Close some, or ask for fewer rows."));
        }
        Ok(Reservation { room: self.clone(), bytes })
    }

    fn has_taken(&self, bytes: usize) -> bool {
        let mut taken = self.taken.lock();
        let fits = bytes <= self.most - *taken && self.within.as_ref().is_none_or(|room| room.has_taken(bytes));
        if fits {
            *taken += bytes;
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        *self.taken.lock() -= bytes;
        if let Some(room) = &self.within {
            room.give_back(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_as_large_as_what_it_lies_in() {
        let all = MemoryBudget::of(10, None);
        let (one, other) = (MemoryBudget::of(8, Some(&all)), MemoryBudget::of(8, Some(&all)));
        let kept = one.take(7).expect("there is room");
        assert!(one.take(2).is_err() && other.take(4).is_err());
        let rest = other.take(3).expect("there is room");
        drop(kept);
        assert!(other.take(6).is_err(), "of its own there is less");
        assert!(one.take(7).is_ok());
        drop(rest);
        assert_eq!(*all.taken.lock(), 0);
    }
}
