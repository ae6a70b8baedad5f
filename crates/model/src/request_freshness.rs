//! How far a store was that other nodes write to, too, as a request was told: it began before, and may rely on that for a while
//! instead of asking again. Other work (followers, jobs) lasts, and has none.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Told = Arc<Mutex<Option<(Instant, u64)>>>;

tokio::task_local! {
    static REQUEST: Option<Told>;
}

/// What the request knows that is under way.
pub struct RequestFreshness;

impl RequestFreshness {
    /// Runs a request. One within another is a part of it.
    pub fn during<T>(request: impl Future<Output = T>) -> impl Future<Output = T> {
        REQUEST.scope(Some(present().unwrap_or_default()), request)
    }

    /// Work of the request that another task carries on with.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        REQUEST.scope(present(), work)
    }

    /// Notes how far the store was when it was asked just now.
    pub fn note(version: u64) {
        set(Some((Instant::now(), version)));
    }

    /// The request relies no more on what it was told: it has looked at a later state.
    pub fn forget() {
        set(None);
    }

    /// What the request was told last, if that is no longer ago.
    pub fn noted_within(time: Duration) -> Option<u64> {
        let told = *present()?.lock().unwrap_or_else(PoisonError::into_inner);
        told.filter(|(at, _)| at.elapsed() < time).map(|(_, version)| version)
    }
}

fn present() -> Option<Told> {
    REQUEST.try_with(Clone::clone).ok().flatten()
}

fn set(told: Option<(Instant, u64)>) {
    if let Some(present) = present() {
        *present.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_was_told_holds_for_all_of_it_and_for_a_while() {
        let long = Duration::from_secs(60);
        RequestFreshness::note(1);
        assert_eq!(RequestFreshness::noted_within(long), None, "there is none");
        let request = async {
            assert_eq!(RequestFreshness::noted_within(long), None);
            RequestFreshness::during(async { RequestFreshness::note(2) }).await;
            assert_eq!(RequestFreshness::noted_within(long), Some(2));
            assert_eq!(RequestFreshness::noted_within(Duration::ZERO), None);
            let carried = RequestFreshness::carried(async { RequestFreshness::forget() });
            tokio::spawn(carried).await.expect("no panic");
            assert_eq!(RequestFreshness::noted_within(long), None);
        };
        RequestFreshness::during(request).await;
        RequestFreshness::carried(async { RequestFreshness::note(3) }).await;
        let other = async { assert_eq!(RequestFreshness::noted_within(long), None) };
        RequestFreshness::during(other).await;
    }
}
