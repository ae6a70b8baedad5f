//! One look at the database for all who wait for one: who comes while a look is under way shares the next one, which begins
//! after he came.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::error::PostgresError;
use crate::invalidation::Version;

/// A look that was taken: the how manieth it was, and the version that it saw.
type Taken = (u64, Version);

#[derive(Default)]
pub struct CoalescedCheck {
    begun: AtomicU64,
    last: Mutex<Option<Taken>>,
}

impl CoalescedCheck {
    /// What a look that began after this call has seen: that of somebody else, or this one.
    pub async fn take(
        &self,
        look: impl Future<Output = Result<Version, PostgresError>>,
    ) -> Result<Version, PostgresError> {
        let before = self.begun.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        if let Some((_, version)) = last.filter(|(number, _)| *number > before) {
            return Ok(version);
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let version = look.await?;
        *last = Some((number, version));
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn who_waits_shares_the_next_look_and_never_one_that_began_before() {
        let (shared, let_go, begun) = (CoalescedCheck::default(), Notify::new(), AtomicU64::new(0));
        let look = async || {
            let version = begun.fetch_add(1, Ordering::SeqCst) + 1;
            let_go.notified().await;
            Ok(version)
        };
        let first = shared.take(look());
        let others = join_all((0..10).map(|_| shared.take(look())));
        let go_on = async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
                let_go.notify_one();
                tokio::task::yield_now().await;
            }
        };
        let (first, others, ()) = tokio::join!(first, others, go_on);
        assert_eq!(first.unwrap(), 1);
        assert_eq!(others.into_iter().map(Result::unwrap).collect::<Vec<_>>(), vec![2; 10]);
    }

    #[tokio::test]
    async fn a_look_that_fails_or_is_left_is_nobodys() {
        let shared = CoalescedCheck::default();
        let left = tokio::time::timeout(std::time::Duration::ZERO, shared.take(std::future::pending()));
        assert!(left.await.is_err());
        assert!(shared.take(async { Err(PostgresError::unavailable("away")) }).await.is_err());
        assert_eq!(shared.take(async { Ok(3) }).await.unwrap(), 3);
    }
}
