//! How many questions a piece of work puts to the store. On an engine behind a network each of them is a way there and
//! back, so what an operation costs anywhere is first of all their number.
//!
//! While a [`Questions`] is in force, an engine notes each question of a [`Snapshot`](crate::ports::Snapshot) that it
//! answers. What an overlay or a cache above the engine answers is none.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

tokio::task_local! {
    static IN_FORCE: Arc<Scope>;
}

/// Counts questions. Copies count together.
#[derive(Debug, Clone, Default)]
pub struct Questions(Arc<AtomicU64>);

/// A piece of work, which counts for the one around it, too.
#[derive(Debug, Default)]
struct Scope {
    questions: Questions,
    around: Option<Arc<Scope>>,
    /// Of a request: how far the store was, and when it was told so.
    learned: Option<Mutex<Option<(Instant, u64)>>>,
}

impl Scope {
    /// What the request has learned that all of this is done for.
    fn learned(&self) -> Option<MutexGuard<'_, Option<(Instant, u64)>>> {
        let mut scope = self;
        while let Some(around) = &scope.around {
            scope = around;
        }
        Some(scope.learned.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Questions {
    /// Runs the work, counting what it asks. What is counted within counts for the count around this call, too.
    // Not `async`: that would keep the work twice, as an argument and within its scope.
    pub fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.scope(None), work)
    }

    /// The same for a request: it may rely for a while on what it has learned of the store, since it began before.
    pub fn during_request<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.scope(Some(Mutex::default())), work)
    }

    /// Work that another task carries on with, counted where this is called.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Arc::clone).unwrap_or_default();
        IN_FORCE.scope(around, work)
    }

    /// Does something at once, counting what it asks.
    pub fn while_doing<T>(&self, what: impl FnOnce() -> T) -> T {
        IN_FORCE.sync_scope(self.scope(None), what)
    }

    fn scope(&self, learned: Option<Mutex<Option<(Instant, u64)>>>) -> Arc<Scope> {
        let around = IN_FORCE.try_with(Arc::clone).ok();
        Arc::new(Scope { questions: self.clone(), around, learned })
    }

    /// How many there were so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes how far the store was when it was asked just now, for an engine that others write to.
    pub fn learned(version: u64) {
        let _ = IN_FORCE.try_with(|scope| scope.learned().map(|mut last| *last = Some((Instant::now(), version))));
    }

    /// The request relies no more on what it has learned: it has looked at a later state.
    pub fn forget() {
        let _ = IN_FORCE.try_with(|scope| scope.learned().map(|mut last| *last = None));
    }

    /// What the request was told last, if that is no longer ago. Outside of requests nothing ever is.
    pub fn learned_within(time: Duration) -> Option<u64> {
        let last = IN_FORCE.try_with(|scope| scope.learned().and_then(|last| *last)).ok().flatten();
        last.filter(|(at, _)| at.elapsed() < time).map(|(_, version)| version)
    }

    /// Notes one: for engines, at each that they answer.
    pub fn asked() {
        let _ = IN_FORCE.try_with(|innermost| {
            let mut scope = Some(innermost);
            while let Some(Scope { questions, around, .. }) = scope.map(Arc::as_ref) {
                questions.0.fetch_add(1, Ordering::Relaxed);
                scope = around.as_ref();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_has_learned_holds_for_all_of_it_and_for_a_while() {
        let long = Duration::from_secs(60);
        Questions::learned(1);
        assert_eq!(Questions::learned_within(long), None, "there is none");
        let request = async {
            assert_eq!(Questions::learned_within(long), None);
            Questions::default().during_request(async { Questions::learned(2) }).await;
            assert_eq!(Questions::learned_within(long), Some(2));
            assert_eq!(Questions::learned_within(Duration::ZERO), None);
            Questions::forget();
            assert_eq!(Questions::learned_within(long), None);
        };
        Questions::default().during_request(request).await;
        let other = async {
            Questions::learned(3);
            assert_eq!(Questions::learned_within(long), None, "this work may last for days");
        };
        Questions::default().during(other).await;
    }

    #[tokio::test]
    async fn what_is_asked_within_counts_around_it_too() {
        let (outer, inner) = (Questions::default(), Questions::default());
        outer
            .during(async {
                Questions::asked();
                inner.during(async { Questions::asked() }).await;
                tokio::spawn(Questions::carried(async { Questions::asked() })).await.expect("no panic");
            })
            .await;
        Questions::asked();
        assert_eq!((outer.count(), inner.count()), (3, 1));
    }
}
