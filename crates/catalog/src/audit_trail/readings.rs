//! How often the rows of a product were read on a day, whichever way they left by: each statement and each question that was
//! given rows of tables is one, and so is a look at first rows. What was asked for again to be shown again is none, nor what is
//! read beside a form that somebody is typing into, nor an answer that gave no rows of tables.
//!
//! The counts gather in memory and are written soon after; what a crash takes is as much as it takes of the trail.

use std::collections::HashMap;

use serde_json::Value;

use crate::audit_event::{AuditEvent, AuditEventKind};
use crate::id::{AccountId, Millis, RecordId};
use crate::timestamp::DAY_MILLIS;

/// Counts that wait at a time, where none can be written.
const MOST: usize = 10_000;

/// Of what, and on which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counted {
    pub account: AccountId,
    pub product: RecordId,
    /// When the day began.
    pub day: Millis,
}

/// When the day of a time began.
pub fn day_of(at: Millis) -> Millis {
    Millis(at.0.div_euclid(DAY_MILLIS) * DAY_MILLIS)
}

/// Readings that are not written yet.
#[derive(Default)]
pub struct Readings {
    counts: HashMap<Counted, u64>,
    /// Those for which there was no room.
    lost: u64,
}

impl Readings {
    /// Of a line that is no preview. Tells whether it was one.
    pub fn count(&mut self, event: &AuditEvent) -> bool {
        let is_reading = matches!(event.what, AuditEventKind::Statement | AuditEventKind::Question);
        let is_none = |name: &str| !event.detail.contains_key(name);
        let has_rows = event.detail.get("rows").and_then(Value::as_u64).is_some_and(|rows| rows > 0);
        let is_of_tables =
            event.detail.get("tables").and_then(Value::as_array).is_some_and(|tables| !tables.is_empty());
        let (true, true, true, Some(product)) = (is_reading, has_rows, is_of_tables, event.about) else { return false };
        if !["failed", "again"].into_iter().all(is_none) {
            return false;
        }
        let of = Counted { account: event.account, product, day: day_of(event.at) };
        if self.counts.len() < MOST || self.counts.contains_key(&of) {
            *self.counts.entry(of).or_default() += 1;
        } else {
            self.lost += 1;
        }
        true
    }

    /// What could not be written, for which there was room before.
    pub fn give_back(&mut self, counts: HashMap<Counted, u64>) {
        counts.into_iter().for_each(|(of, count)| *self.counts.entry(of).or_default() += count);
    }

    /// All of them, and how many had no room.
    pub fn take(&mut self) -> (HashMap<Counted, u64>, u64) {
        (std::mem::take(&mut self.counts), std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::AuditEventId;
    use crate::record::Actor;

    fn event(what: AuditEventKind, about: Option<RecordId>, at: i64, detail: Value) -> AuditEvent {
        let Value::Object(detail) = detail else { unreachable!("an object") };
        AuditEvent {
            id: AuditEventId::fresh(),
            account: AccountId::GLOBAL,
            at: Millis(at),
            by: Actor::nobody(),
            what,
            about,
            detail,
        }
    }

    #[test]
    fn what_is_given_rows_of_tables_is_counted_once_on_its_day() {
        let (product, day) = (RecordId::fresh(), DAY_MILLIS * 3);
        let mut readings = Readings::default();
        let mut count = |what, about, at, detail| readings.count(&event(what, about, at, detail));
        let rows = json!({"rows": 2, "tables": ["orders"]});
        assert!(count(AuditEventKind::Statement, Some(product), day, rows.clone()));
        assert!(count(AuditEventKind::Question, Some(product), day + 5, rows.clone()));
        assert!(count(AuditEventKind::Question, Some(product), day - 1, rows.clone()));
        for none in [
            json!({"rows": 2, "tables": ["orders"], "failed": "X"}),
            json!({"rows": 2, "tables": ["orders"], "again": true}),
            // Asked back, or not answerable.
            json!({"rows": 0, "tables": ["orders"]}),
            // Out of documents.
            json!({"rows": 1, "tables": []}),
            json!({}),
        ] {
            assert!(!count(AuditEventKind::Question, Some(product), day, none.clone()), "{none}");
        }
        assert!(!count(AuditEventKind::Refused, Some(product), day, rows.clone()));
        assert!(!count(AuditEventKind::Statement, None, day, rows));
        let of = |day| Counted { account: AccountId::GLOBAL, product, day: Millis(day) };
        assert_eq!(readings.take(), (HashMap::from([(of(day), 2), (of(day - DAY_MILLIS), 1)]), 0));
    }

    #[test]
    fn what_has_no_room_is_not_lost_in_silence() {
        let mut readings = Readings::default();
        let rows = || json!({"rows": 1, "tables": ["t"]});
        let mut read = || readings.count(&event(AuditEventKind::Statement, Some(RecordId::fresh()), 1, rows()));
        assert!((0..MOST + 2).all(|_| read()));
        let (counts, lost) = readings.take();
        assert_eq!((counts.len(), lost), (MOST, 2));
        readings.count(&event(AuditEventKind::Statement, Some(RecordId::fresh()), 1, rows()));
        readings.give_back(counts);
        assert_eq!(readings.take().0.len(), MOST + 1, "what had room before has it again");
    }
}
