//! Statements that are asked of data sources at a time: few of one user, so that his wait among themselves, and no more of
//! one source than it has connections for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use emporion_catalog::id::RecordId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;
use crate::in_flight_limit::{InFlight, InFlightLimit};

/// Statements of one user that a source works at.
pub const OF_USER: usize = 4;
/// Of one user that wait or are worked at.
const WAITING: u32 = 64;
/// Statements that one source works at.
const OF_SOURCE: usize = 20;
/// How long one waits for its turn before it is refused, if it may take that long at all.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct StatementSeats {
    waiting: Arc<InFlightLimit>,
    users: Seats,
    sources: Seats,
}

/// A statement is asked until this goes.
pub struct Seat {
    _of_source: Taken,
    _of_user: Taken,
    _waiting: InFlight,
}

impl Default for StatementSeats {
    fn default() -> StatementSeats {
        StatementSeats {
            waiting: Arc::new(InFlightLimit::new(WAITING)),
            users: Seats::of_each(OF_USER),
            sources: Seats::of_each(OF_SOURCE),
        }
    }
}

impl StatementSeats {
    /// Errors: 429 where there was no seat for as long as the statement may take, and at once where many of the user's own
    /// wait.
    pub async fn take(&self, user: RecordId, source: RecordId, timeout: Duration) -> Result<Seat, Failure> {
        let waiting = self.waiting.try_acquire(user).ok_or_else(|| Failure::too_many_statements(OF_USER))?;
        let seat = async {
            // First among his own, so that nobody stands in the way of others more than a few times.
            let of_user = self.users.take(user).await?;
            let of_source = self.sources.take(source).await?;
            Ok(Seat { _of_source: of_source, _of_user: of_user, _waiting: waiting })
        };
        let seat = tokio::time::timeout(timeout.min(PATIENCE), seat).await;
        seat.unwrap_or_else(|_| Err(Failure::too_many_statements(OF_USER)))
    }
}

/// As many seats for each of many.
struct Seats {
    of_each: usize,
    by_id: Arc<Mutex<HashMap<RecordId, Arc<Semaphore>>>>,
}

struct Taken {
    permit: Option<OwnedSemaphorePermit>,
    id: RecordId,
    by_id: Arc<Mutex<HashMap<RecordId, Arc<Semaphore>>>>,
}

impl Seats {
    fn of_each(of_each: usize) -> Seats {
        Seats { of_each, by_id: Arc::default() }
    }

    async fn take(&self, id: RecordId) -> Result<Taken, Failure> {
        // Made before anything is waited for: who goes away meanwhile leaves nothing behind.
        let mut taken = Taken { permit: None, id, by_id: self.by_id.clone() };
        let seats = {
            let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
            by_id.entry(id).or_insert_with(|| Arc::new(Semaphore::new(self.of_each))).clone()
        };
        taken.permit = Some(seats.acquire_owned().await.map_err(|_| Failure::internal())?);
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        // Its own hold on the seats goes first, so that the last one sees that nobody else has any.
        drop(self.permit.take());
        if by_id.get(&self.id).is_some_and(|seats| Arc::strong_count(seats) == 1) {
            by_id.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_user_has_a_few_and_leaves_room_for_others() {
        let seats = StatementSeats::default();
        let (user, other, source) = (RecordId::fresh(), RecordId::fresh(), RecordId::fresh());
        let mut taken = Vec::new();
        for _ in 0..OF_USER {
            let Ok(seat) = seats.take(user, source, SHORT).await else { panic!("no seat") };
            taken.push(seat);
        }
        let Err(refused) = seats.take(user, source, SHORT).await else { panic!("a seat") };
        assert!(refused.retry_after_s.is_some());
        assert!(seats.take(other, source, SHORT).await.is_ok());
        taken.pop();
        assert!(seats.take(user, source, SHORT).await.is_ok(), "one that waited and went away holds none");
        taken.clear();
        assert!(seats.users.by_id.lock().unwrap().is_empty() && seats.sources.by_id.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_source_has_as_many_as_its_connections() {
        let (seats, source) = (StatementSeats::default(), RecordId::fresh());
        let mut taken = Vec::new();
        for _ in 0..OF_SOURCE {
            let Ok(seat) = seats.take(RecordId::fresh(), source, SHORT).await else { panic!("no seat") };
            taken.push(seat);
        }
        assert!(seats.take(RecordId::fresh(), source, SHORT).await.is_err());
        assert!(seats.take(RecordId::fresh(), RecordId::fresh(), SHORT).await.is_ok(), "another source");
    }
}
