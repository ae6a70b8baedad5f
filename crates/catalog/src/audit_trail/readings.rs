//! How often the rows of a product were read on a day, whichever way they left by: each statement and each question that was
//! given rows is one, and so is a look at first rows. What was asked for again to be shown again is none, nor what is read
//! beside a form that somebody is typing into.
//!
//! The counts gather in memory and are written with the trail; what a crash takes is as much as it takes of that.

use std::collections::HashMap;

use crate::audit_event::{AuditEvent, AuditEventKind};
use crate::id::{AccountId, RecordId};

/// Products of which it is counted at a time; more wait for none to be written.
const MOST: usize = 10_000;

/// Readings that are not written yet.
#[derive(Default)]
pub struct Readings(HashMap<(AccountId, RecordId), u64>);

impl Readings {
    /// Of a line that is no preview.
    pub fn count(&mut self, event: &AuditEvent) {
        let is_reading = matches!(event.what, AuditEventKind::Statement | AuditEventKind::Question);
        let is_none = |name: &str| !event.detail.contains_key(name);
        if is_reading
            && let Some(product) = event.about
            && ["failed", "again"].into_iter().all(is_none)
        {
            self.add((event.account, product), 1);
        }
    }

    pub fn add(&mut self, of: (AccountId, RecordId), count: u64) {
        if self.0.len() < MOST || self.0.contains_key(&of) {
            *self.0.entry(of).or_default() += count;
        }
    }

    pub fn take(&mut self) -> HashMap<(AccountId, RecordId), u64> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::id::{AuditEventId, Millis};
    use crate::record::Actor;

    #[test]
    fn what_is_given_rows_is_counted_once() {
        let (account, product) = (AccountId::GLOBAL, RecordId::fresh());
        let mut readings = Readings::default();
        let mut event = |what, about, members: &[&str]| {
            let detail: Map<String, Value> = members.iter().map(|name| ((*name).to_owned(), true.into())).collect();
            let (id, at, by) = (AuditEventId::fresh(), Millis(1), Actor::nobody());
            readings.count(&AuditEvent { id, account, at, by, what, about, detail });
        };
        event(AuditEventKind::Statement, Some(product), &["rows"]);
        event(AuditEventKind::Question, Some(product), &["rows"]);
        for member in ["failed", "again"] {
            event(AuditEventKind::Question, Some(product), &["rows", member]);
        }
        event(AuditEventKind::Refused, Some(product), &[]);
        event(AuditEventKind::Statement, None, &["rows"]);
        assert_eq!(readings.0.into_iter().collect::<Vec<_>>(), [((account, product), 2)]);
    }
}
