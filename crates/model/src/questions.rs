//! How many questions a piece of work puts to the store. On an engine behind a network each of them is a way there and
//! back, so what an operation costs anywhere is first of all their number.
//!
//! While a [`Questions`] is in force, an engine notes each question of a [`Snapshot`](crate::ports::Snapshot) that it
//! answers. What an overlay or a cache above the engine answers is none.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl Questions {
    /// Runs the work, counting what it asks. What is counted within counts for the count around this call, too.
    // Not `async`: that would keep the work twice, as an argument and within its scope.
    pub fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.scope(), work)
    }

    /// Work that another task carries on with, counted where this is called.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Arc::clone).unwrap_or_default();
        IN_FORCE.scope(around, work)
    }

    /// Does something at once, counting what it asks.
    pub fn while_doing<T>(&self, what: impl FnOnce() -> T) -> T {
        IN_FORCE.sync_scope(self.scope(), what)
    }

    fn scope(&self) -> Arc<Scope> {
        Arc::new(Scope { questions: self.clone(), around: IN_FORCE.try_with(Arc::clone).ok() })
    }

    /// How many there were so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes one: for engines, at each that they answer.
    pub fn asked() {
        let _ = IN_FORCE.try_with(|innermost| {
            let mut scope = Some(innermost);
            while let Some(Scope { questions, around }) = scope.map(Arc::as_ref) {
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
