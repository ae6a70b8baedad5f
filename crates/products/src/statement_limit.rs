//! Statements that are asked of data sources at a time: few of one user, so that his wait among themselves, and no more of
//! one source than it has connections for.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::id::RecordId;
use emporion_catalog::keyed_semaphore::{KeyedPermit, KeyedSemaphore};

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

pub struct StatementLimit {
    waiting: Arc<InFlightLimit>,
    of_users: KeyedSemaphore,
    of_sources: KeyedSemaphore,
}

/// A statement is asked until this goes.
pub struct StatementPermit<'a> {
    _of_source: KeyedPermit<'a>,
    _of_user: KeyedPermit<'a>,
    _waiting: InFlight,
}

impl Default for StatementLimit {
    fn default() -> StatementLimit {
        StatementLimit {
            waiting: Arc::new(InFlightLimit::new(WAITING)),
            of_users: KeyedSemaphore::new(OF_USER),
            of_sources: KeyedSemaphore::new(OF_SOURCE),
        }
    }
}

impl StatementLimit {
    /// Errors: 429 where its turn did not come for as long as the statement may take, and at once where many of the user's own
    /// wait.
    pub async fn permit(
        &self,
        user: RecordId,
        source: RecordId,
        timeout: Duration,
    ) -> Result<StatementPermit<'_>, Failure> {
        let waiting = self.waiting.try_acquire(user).ok_or_else(|| Failure::too_many_statements(OF_USER))?;
        let permit = async {
            // First among his own, so that nobody stands in the way of others more than a few times.
            let of_user = self.of_users.acquire(user).await;
            let of_source = self.of_sources.acquire(source).await;
            StatementPermit { _of_source: of_source, _of_user: of_user, _waiting: waiting }
        };
        let permit = tokio::time::timeout(timeout.min(PATIENCE), permit).await;
        permit.map_err(|_| Failure::too_many_statements(OF_USER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_user_has_a_few_and_leaves_room_for_others() {
        let limit = StatementLimit::default();
        let (user, other, source) = (RecordId::fresh(), RecordId::fresh(), RecordId::fresh());
        let mut taken = Vec::new();
        for _ in 0..OF_USER {
            let Ok(permit) = limit.permit(user, source, SHORT).await else { panic!("no permit") };
            taken.push(permit);
        }
        let Err(refused) = limit.permit(user, source, SHORT).await else { panic!("a permit") };
        assert!(refused.retry_after_s.is_some());
        assert!(limit.permit(other, source, SHORT).await.is_ok());
        taken.pop();
        assert!(limit.permit(user, source, SHORT).await.is_ok(), "one that waited and went away holds none");
        taken.clear();
        assert!(limit.of_users.is_empty() && limit.of_sources.is_empty());
    }

    #[tokio::test]
    async fn a_source_has_as_many_as_its_connections() {
        let (limit, source) = (StatementLimit::default(), RecordId::fresh());
        let mut taken = Vec::new();
        for _ in 0..OF_SOURCE {
            let Ok(permit) = limit.permit(RecordId::fresh(), source, SHORT).await else { panic!("no permit") };
            taken.push(permit);
        }
        assert!(limit.permit(RecordId::fresh(), source, SHORT).await.is_err());
        assert!(limit.permit(RecordId::fresh(), RecordId::fresh(), SHORT).await.is_ok(), "another source");
    }
}
