//! Looks at what somebody is typing: each reads a few rows, and all of one person over one product within a short time are one
//! line of the trail, with their number, the tables and the rows of all of them.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{MOST_LISTED, MOST_TEXT, TIMES};
use crate::audit_event::AuditEvent;
use crate::id::Millis;

/// So a line says that it is one.
pub const TRIED: &str = "tried";
/// How long the first of them waits for others, and how often it is looked whether it has.
pub const WAIT_MS: i64 = 30_000;
pub const ROUND: Duration = Duration::from_secs(10);
/// Such lines that wait at most; more are lines like others.
const MOST: usize = 1_024;
const ROWS: &str = "rows";
const TABLES: &str = "tables";
const MORE_TABLES: &str = "more_tables";
const TEXT: &str = "text";
/// Why it came to nothing: what failed is told apart from what did not.
const FAILED: &str = "failed";

#[derive(Default)]
pub struct Trials(Vec<Trial>);

struct Trial {
    since: Millis,
    /// All of them so far, with the time of the last.
    event: AuditEvent,
}

impl Trials {
    /// Takes in what is one; gives back what is none, or has no room.
    pub fn take(&mut self, event: AuditEvent) -> Option<AuditEvent> {
        if !event.detail.contains_key(TRIED) {
            return Some(event);
        }
        if let Some(same) = self.0.iter_mut().find(|one| is_same(&one.event, &event)) {
            join(&mut same.event, event);
            return None;
        }
        if self.0.len() >= MOST {
            return Some(event);
        }
        self.0.push(Trial { since: event.at, event });
        None
    }

    /// Those that began before then; `None`: all.
    pub fn due(&mut self, before: Option<Millis>) -> Vec<AuditEvent> {
        let is_due = |one: &mut Trial| before.is_none_or(|before| one.since <= before);
        self.0.extract_if(.., is_due).map(|one| one.event).collect()
    }
}

fn is_same(one: &AuditEvent, other: &AuditEvent) -> bool {
    (one.account, one.what, one.about, &one.by) == (other.account, other.what, other.about, &other.by)
        && one.detail.get(FAILED) == other.detail.get(FAILED)
}

fn number(detail: &Map<String, Value>, name: &str) -> u64 {
    detail.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// The line has the place of the last: none is written before one that has been.
fn join(all: &mut AuditEvent, next: AuditEvent) {
    (all.id, all.at) = (next.id, next.at);
    let (detail, next) = (&mut all.detail, next.detail);
    detail.insert(TIMES.to_owned(), (number(detail, TIMES).max(1) + 1).into());
    detail.insert(ROWS.to_owned(), (number(detail, ROWS) + number(&next, ROWS)).into());
    let mut more = number(detail, MORE_TABLES).max(number(&next, MORE_TABLES));
    if let Some(Value::Array(tables)) = detail.get_mut(TABLES) {
        for table in next.get(TABLES).and_then(Value::as_array).into_iter().flatten() {
            if tables.contains(table) {
                continue;
            }
            match tables.len() < MOST_LISTED {
                true => tables.push(table.clone()),
                false => more += 1,
            }
        }
    }
    if more > 0 {
        detail.insert(MORE_TABLES.to_owned(), more.into());
    }
    // Where texts are kept, each is, as far as a line has room.
    if let (Some(Value::String(texts)), Some(text)) = (detail.get_mut(TEXT), next.get(TEXT).and_then(Value::as_str))
        && !texts.lines().any(|one| one == text)
    {
        let room = MOST_TEXT.saturating_sub(texts.chars().count() + 1);
        let cut: String = text.chars().take(room).collect();
        if !cut.is_empty() {
            texts.push('\n');
            texts.push_str(&cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit_event::AuditEventKind;
    use crate::audit_trail::Detail;
    use crate::id::{AccountId, AuditEventId, RecordId};
    use crate::record::Actor;

    fn look(at: i64, about: RecordId, detail: Detail) -> AuditEvent {
        let (id, account, what) = (AuditEventId::fresh(), AccountId::GLOBAL, AuditEventKind::Statement);
        let (at, by, about) = (Millis(at), Actor::nobody(), Some(about));
        AuditEvent { id, account, at, by, what, about, detail: detail.of_trial().0 }
    }

    fn read(tables: &[&str], rows: u64) -> Detail {
        Detail::default().list(TABLES, tables.iter().map(|&table| table.to_owned())).with(ROWS, rows)
    }

    #[test]
    fn looks_at_one_product_within_a_short_time_are_one_line() {
        let (mut trials, product, other) = (Trials::default(), RecordId::fresh(), RecordId::fresh());
        assert!(trials.take(look(1, product, read(&["a"], 3).text(TEXT, "SELECT a"))).is_none());
        assert!(trials.take(look(5, product, read(&["a", "b"], 2).text(TEXT, "SELECT b"))).is_none());
        assert!(trials.take(look(6, product, read(&["a"], 3).text(TEXT, "SELECT a"))).is_none());
        assert!(trials.take(look(7, product, read(&[], 0).with(FAILED, "SQL_NOT_ALLOWED"))).is_none());
        assert!(trials.take(look(8, other, read(&["a"], 1))).is_none());
        assert!(trials.due(Some(Millis(0))).is_empty());
        let due = trials.due(Some(Millis(1)));
        let told: Vec<Value> = due.into_iter().map(|event| json!([event.at.0, event.detail])).collect();
        let detail = json!({
            "tables": ["a", "b"], "rows": 8, "text": "SELECT a\nSELECT b", "tried": true, "times": 3,
        });
        assert_eq!(told, [json!([6, detail])]);
        assert_eq!(trials.due(None).len(), 2, "what failed, and another product");
    }

    #[test]
    fn what_is_joined_stays_short_and_holds_no_text_unless_texts_are_kept() {
        let (mut trials, product) = (Trials::default(), RecordId::fresh());
        for at in 0..50 {
            let table = format!("t{at}");
            trials.take(look(at, product, read(&[&table], 1).text(TEXT, &"x".repeat(100 + at as usize))));
        }
        let one = trials.due(None).pop().expect("one line");
        let told = |name: &str| one.detail[name].as_array().map(Vec::len);
        assert_eq!((told(TABLES), &one.detail[MORE_TABLES]), (Some(MOST_LISTED), &json!(30)));
        assert!(one.detail[TEXT].as_str().is_some_and(|text| text.chars().count() <= MOST_TEXT));
        (0..2).for_each(|at| drop(trials.take(look(at, product, read(&["a"], 1)))));
        assert!(!trials.due(None)[0].detail.contains_key(TEXT));
        let plain = AuditEvent { detail: Map::new(), ..look(1, product, Detail::default()) };
        assert!(trials.take(plain).is_some(), "what is no look is a line of its own");
    }
}
