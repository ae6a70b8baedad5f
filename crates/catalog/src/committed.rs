//! How far a piece of work has written the log, for whoever tells the one that asked for it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::id::Seq;

tokio::task_local! {
    static IN_FORCE: Arc<Scope>;
}

/// The newest line that was written. Copies know the same.
#[derive(Debug, Clone, Default)]
pub struct Committed(Arc<AtomicU64>);

/// A piece of work, which writes for the one around it, too.
#[derive(Debug)]
struct Scope {
    committed: Committed,
    around: Option<Arc<Scope>>,
}

impl Committed {
    /// Does the work, and notes what it writes.
    pub fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Arc::clone).ok();
        IN_FORCE.scope(Arc::new(Scope { committed: self.clone(), around }), work)
    }

    /// Work that another task carries on with, noted where this is called.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Arc::clone).ok();
        IN_FORCE.scope(Arc::new(Scope { committed: Committed::default(), around }), work)
    }

    /// The newest line; `None` where nothing was written.
    pub fn newest(&self) -> Option<Seq> {
        Some(Seq(self.0.load(Ordering::Relaxed))).filter(|seq| seq.0 > 0)
    }

    /// Tells the work around where this is called what this knows: it was noted where that is not around.
    pub fn tell(&self) {
        self.newest().into_iter().for_each(Committed::note);
    }

    /// Notes a commit.
    pub(crate) fn note(seq: Seq) {
        let _ = IN_FORCE.try_with(|innermost| {
            let mut scope = Some(innermost);
            while let Some(Scope { committed, around }) = scope.map(Arc::as_ref) {
                committed.0.fetch_max(seq.0, Ordering::Relaxed);
                scope = around.as_ref();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_within_is_known_around_it_too() {
        let (outer, inner) = (Committed::default(), Committed::default());
        outer
            .during(async {
                inner.during(async { Committed::note(Seq(7)) }).await;
                tokio::spawn(Committed::carried(async { Committed::note(Seq(3)) })).await.expect("no panic");
            })
            .await;
        let apart = Committed::default();
        let noted = apart.clone();
        tokio::spawn(async move { noted.during(async { Committed::note(Seq(8)) }).await }).await.expect("no panic");
        let told = Committed::default();
        told.during(async { apart.tell() }).await;
        assert_eq!(told.newest(), Some(Seq(8)));
        Committed::note(Seq(9));
        assert_eq!((outer.newest(), inner.newest()), (Some(Seq(7)), Some(Seq(7))));
        assert_eq!(Committed::default().newest(), None);
    }
}
