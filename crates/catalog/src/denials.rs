//! Which right was lacking last in a piece of work, for whoever tells of it: what a caller gets may be the answer to what is
//! not there.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::id::RecordId;

tokio::task_local! {
    static IN_FORCE: Denials;
}

/// What was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A record that the caller may not know of.
    Hidden { kind: &'static str, fqn: String, id: RecordId },
    /// Something that he may not do.
    Forbidden { action: &'static str, kind: &'static str },
}

/// The last of them. Copies know the same.
#[derive(Debug, Clone, Default)]
pub struct Denials(Arc<Mutex<Option<Denial>>>);

impl Denials {
    /// Does the work, and takes down what is denied.
    pub fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.clone(), work)
    }

    /// Work that another task carries on with.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Clone::clone).unwrap_or_default();
        IN_FORCE.scope(around, work)
    }

    pub fn last(&self) -> Option<Denial> {
        self.0.lock().clone()
    }

    pub(crate) fn note(denial: impl FnOnce() -> Denial) {
        let _ = IN_FORCE.try_with(|denials| *denials.0.lock() = Some(denial()));
    }
}
