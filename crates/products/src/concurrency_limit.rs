//! Requests that make much more of what they are given, or find, than its text: models become trees that take many times as
//! much, documents take a processor. A few are served at a time, and of each user one, so that his wait among themselves.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::id::RecordId;
use emporion_catalog::keyed_semaphore::{KeyedPermit, KeyedSemaphore};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::Failure;
use crate::in_flight_limit::{InFlight, InFlightLimit};

/// Requests that are served at a time.
pub const SEATS: usize = 2;
/// Requests of one user that are served or wait.
const MOST_OF_ONE: u32 = 16;
pub struct ConcurrencyLimit {
    waiting: Arc<InFlightLimit>,
    of_users: KeyedSemaphore,
    seats: Semaphore,
    patience: Duration,
    refused: fn() -> Failure,
}

/// A request is served until this goes.
pub struct Permit<'a> {
    _seat: SemaphorePermit<'a>,
    _place: KeyedPermit<'a>,
    _waiting: InFlight,
}

impl ConcurrencyLimit {
    /// How long one waits for its turn before it is refused: it holds room for its body meanwhile, which others want.
    pub fn new(patience: Duration, refused: fn() -> Failure) -> ConcurrencyLimit {
        ConcurrencyLimit {
            waiting: Arc::new(InFlightLimit::new(MOST_OF_ONE)),
            of_users: KeyedSemaphore::default(),
            seats: Semaphore::new(SEATS),
            patience,
            refused,
        }
    }

    /// Errors: 429 where there was no seat for a while, and at once where many of the user's own wait.
    pub async fn permit(&self, user: RecordId) -> Result<Permit<'_>, Failure> {
        let waiting = self.waiting.try_acquire(user).ok_or_else(self.refused)?;
        let permit = async {
            // First among his own, so that nobody stands in the way of others more than once.
            let place = self.of_users.acquire(user).await;
            let seat = self.seats.acquire().await.map_err(|_| Failure::internal())?;
            Ok(Permit { _seat: seat, _place: place, _waiting: waiting })
        };
        tokio::time::timeout(self.patience, permit).await.unwrap_or_else(|_| Err((self.refused)()))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_of_each_user_and_a_few_of_all_are_served_at_a_time() {
        let limit = ConcurrencyLimit::new(Duration::from_secs(10), Failure::too_many_model_requests);
        let users: Vec<RecordId> = (0..SEATS + 1).map(|_| RecordId::fresh()).collect();
        let mut served: Vec<Permit<'_>> = Vec::new();
        for user in &users[..SEATS] {
            served.extend(limit.permit(*user).await.ok());
            assert!(limit.permit(*user).now_or_never().is_none(), "it is his own that he waits for");
        }
        assert_eq!(served.len(), SEATS);
        assert!(limit.permit(users[SEATS]).await.is_err(), "nobody left a seat while he waited");
        served.pop();
        assert!(limit.permit(users[SEATS]).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_many_takes_one_seat_from_the_others() {
        let limit = ConcurrencyLimit::new(Duration::from_secs(10), Failure::too_many_model_requests);
        let (many, other) = (RecordId::fresh(), RecordId::fresh());
        let _served = limit.permit(many).await.ok();
        let mut waiting: Vec<_> = (1..MOST_OF_ONE).map(|_| Box::pin(limit.permit(many))).collect();
        assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
        assert!(limit.permit(many).now_or_never().is_some_and(|permit| permit.is_err()), "no more of his wait");
        assert!(limit.permit(other).now_or_never().is_some_and(|permit| permit.is_ok()));
    }
}
