//! Which right was lacking last in a piece of work, for whoever tells of it: what a caller gets may be the answer to what is
//! not there.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::Record;

tokio::task_local! {
    static IN_FORCE: Denials;
}

/// What was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A record that the caller may not know of.
    Hidden { kind: &'static str, fqn: String, id: RecordId },
    /// Something that he may not do, and the record that it is about, where that is one.
    Forbidden { action: &'static str, kind: &'static str, of: Option<(RecordId, String)> },
}

/// What a reading of rows is called where it is denied.
const QUERY_ROWS: &str = "QueryRows";

/// The last of them. Copies know the same.
#[derive(Debug, Clone, Default)]
pub struct Denials(Arc<Mutex<Denied>>);

#[derive(Debug, Default)]
struct Denied {
    last: Option<Denial>,
    /// A line of the trail says already what was denied.
    is_noted: bool,
}

impl Denials {
    /// Does the work, and takes down what is denied.
    pub fn during<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.clone(), work)
    }

    /// Work that only looks whether something would be allowed: what it is denied is no refusal.
    pub fn aside<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(Denials::default(), work)
    }

    /// What is denied has a line of its own.
    pub fn are_noted() {
        let _ = IN_FORCE.try_with(|denials| denials.0.lock().is_noted = true);
    }

    /// Work that another task carries on with.
    pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let around = IN_FORCE.try_with(Clone::clone).unwrap_or_default();
        IN_FORCE.scope(around, work)
    }

    pub fn last(&self) -> Option<Denial> {
        self.0.lock().last.clone()
    }

    pub fn is_noted(&self) -> bool {
        self.0.lock().is_noted
    }

    /// Rows of a record are not read by who asks for them.
    pub fn of_rows(record: &Record) {
        let of = Some((record.id, record.fqn.clone()));
        Denials::note(|| Denial::Forbidden { action: QUERY_ROWS, kind: record.kind.name(), of });
    }

    /// What was forbidden just now is about this record.
    pub(crate) fn are_of(record: &Record) {
        let _ = IN_FORCE.try_with(|denials| {
            if let Some(Denial::Forbidden { of, .. }) = &mut denials.0.lock().last {
                *of = Some((record.id, record.fqn.clone()));
            }
        });
    }

    /// What a rule forbids of a record that was to be changed is about this record, where the rule names none.
    pub(crate) fn are_about(problem: &Problem, (id, fqn): (RecordId, &str)) {
        let Problem::Forbidden { action, kind, .. } = problem else { return };
        let _ = IN_FORCE.try_with(|denials| {
            let last = &mut denials.0.lock().last;
            let is_named =
                matches!(last, Some(Denial::Forbidden { action: denied, of: Some(_), .. }) if denied == action);
            if !is_named {
                *last = Some(Denial::Forbidden { action, kind, of: Some((id, fqn.to_owned())) });
            }
        });
    }

    pub(crate) fn note(denial: impl FnOnce() -> Denial) {
        let _ = IN_FORCE.try_with(|denials| denials.0.lock().last = Some(denial()));
    }
}
