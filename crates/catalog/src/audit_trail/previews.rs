//! Previews of what somebody is typing: each reads a few rows, and those of one person over one product within a short time are
//! one line of the trail, with their number, the tables and the rows of all of them. Each table that was read, and each text,
//! stands in a line: where one has no room for more, another begins.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{MOST_LISTED, MOST_TEXT, TIMES};
use crate::audit_event::AuditEvent;
use crate::id::Millis;

/// So a line says that it is one.
pub const PREVIEW: &str = "preview";
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
pub struct Previews(Vec<Preview>);

struct Preview {
    since: Millis,
    /// All of them so far, with the time of the last.
    event: AuditEvent,
}

impl Previews {
    /// Takes in what is one; gives back what is none, or has no room.
    pub fn take(&mut self, event: AuditEvent) -> Option<AuditEvent> {
        if !event.detail.contains_key(PREVIEW) {
            return Some(event);
        }
        if let Some(same) = self.0.iter_mut().rev().find(|one| is_joined(&one.event, &event)) {
            join(&mut same.event, event);
            return None;
        }
        if self.0.len() >= MOST {
            return Some(event);
        }
        self.0.push(Preview { since: event.at, event });
        None
    }

    /// Those that began before then; `None`: all.
    pub fn due(&mut self, before: Option<Millis>) -> Vec<AuditEvent> {
        let is_due = |one: &mut Preview| before.is_none_or(|before| one.since <= before);
        self.0.extract_if(.., is_due).map(|one| one.event).collect()
    }
}

/// Whether both are one line, which has room for what the other tells.
fn is_joined(one: &AuditEvent, other: &AuditEvent) -> bool {
    (one.account, one.what, one.about, &one.by) == (other.account, other.what, other.about, &other.by)
        && [FAILED, PREVIEW].iter().all(|name| one.detail.get(*name) == other.detail.get(*name))
        // Which ones it read that it does not name cannot be told.
        && [one, other].iter().all(|event| !event.detail.contains_key(MORE_TABLES))
        && tables(&one.detail).len() + new_tables(&one.detail, &other.detail).count() <= MOST_LISTED
        && new_text(&one.detail, &other.detail)
            .is_none_or(|text| text_of(&one.detail).chars().count() + 1 + text.chars().count() <= MOST_TEXT)
}

fn number(detail: &Map<String, Value>, name: &str) -> u64 {
    detail.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn tables(detail: &Map<String, Value>) -> &[Value] {
    detail.get(TABLES).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_of(detail: &Map<String, Value>) -> &str {
    detail.get(TEXT).and_then(Value::as_str).unwrap_or_default()
}

/// Those that the line does not name yet.
fn new_tables<'n>(all: &'n Map<String, Value>, next: &'n Map<String, Value>) -> impl Iterator<Item = &'n Value> {
    tables(next).iter().filter(|table| !tables(all).contains(table))
}

/// The text that the line does not hold yet, where texts are kept.
fn new_text<'n>(all: &Map<String, Value>, next: &'n Map<String, Value>) -> Option<&'n str> {
    let text = text_of(next);
    let is_held = text.is_empty() || format!("\n{}\n", text_of(all)).contains(&format!("\n{text}\n"));
    (!is_held).then_some(text)
}

/// The line has the place of the last: none is written before one that has been.
fn join(all: &mut AuditEvent, next: AuditEvent) {
    (all.id, all.at) = (next.id, next.at);
    let (detail, next) = (&mut all.detail, next.detail);
    let new: Vec<Value> = new_tables(detail, &next).cloned().collect();
    let text = new_text(detail, &next).map(|text| format!("{}\n{text}", text_of(detail)).trim_start().to_owned());
    detail.insert(TIMES.to_owned(), (number(detail, TIMES).max(1) + 1).into());
    detail.insert(ROWS.to_owned(), (number(detail, ROWS) + number(&next, ROWS)).into());
    if let Some(Value::Array(tables)) = detail.get_mut(TABLES) {
        tables.extend(new);
    }
    if let Some(text) = text {
        detail.insert(TEXT.to_owned(), text.into());
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
        AuditEvent { id, account, at, by, what, about, detail: detail.of_preview("model").0 }
    }

    fn read(tables: &[&str], rows: u64) -> Detail {
        Detail::default().list(TABLES, tables.iter().map(|&table| table.to_owned())).with(ROWS, rows)
    }

    #[test]
    fn previews_of_one_product_within_a_short_time_are_one_line() {
        let (mut previews, product, other) = (Previews::default(), RecordId::fresh(), RecordId::fresh());
        assert!(previews.take(look(1, product, read(&["a"], 3).text(TEXT, "SELECT a"))).is_none());
        assert!(previews.take(look(5, product, read(&["a", "b"], 2).text(TEXT, "SELECT b"))).is_none());
        assert!(previews.take(look(6, product, read(&["a"], 3).text(TEXT, "SELECT a"))).is_none());
        assert!(previews.take(look(7, product, read(&[], 0).with(FAILED, "SQL_NOT_ALLOWED"))).is_none());
        assert!(previews.take(look(8, other, read(&["a"], 1))).is_none());
        assert!(previews.due(Some(Millis(0))).is_empty());
        let due = previews.due(Some(Millis(1)));
        let told: Vec<Value> = due.into_iter().map(|event| json!([event.at.0, event.detail])).collect();
        let detail = json!({
            "tables": ["a", "b"], "rows": 8, "text": "SELECT a\nSELECT b", "preview": "model", "times": 3,
        });
        assert_eq!(told, [json!([6, detail])]);
        assert_eq!(previews.due(None).len(), 2, "what failed, and another product");
    }

    #[test]
    fn every_table_that_was_read_and_every_text_stands_in_a_short_line() {
        let (mut previews, product) = (Previews::default(), RecordId::fresh());
        let names: Vec<String> = (0..50).map(|at| format!("t{at}")).collect();
        for (at, name) in (0..).zip(&names) {
            let text = format!("{name} {}", "x".repeat(150));
            (0..3).for_each(|_| drop(previews.take(look(at, product, read(&[name], 1).text(TEXT, &text)))));
        }
        let lines = previews.due(None);
        let mut told: Vec<&str> =
            lines.iter().flat_map(|line| tables(&line.detail)).filter_map(Value::as_str).collect();
        told.sort_unstable();
        let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        assert_eq!(told, wanted);
        assert!(lines.iter().all(|line| tables(&line.detail).len() <= MOST_LISTED));
        assert!(lines.iter().all(|line| text_of(&line.detail).chars().count() <= MOST_TEXT));
        assert!(names.iter().all(|name| lines.iter().any(|line| text_of(&line.detail).contains(&format!("{name} x")))));
        assert_eq!(lines.iter().map(|line| number(&line.detail, TIMES)).sum::<u64>(), 150);
        (0..2).for_each(|at| drop(previews.take(look(at, product, read(&["a"], 1)))));
        assert!(!previews.due(None)[0].detail.contains_key(TEXT));
        let plain = AuditEvent { detail: Map::new(), ..look(1, product, Detail::default()) };
        assert!(previews.take(plain).is_some(), "what is no preview is a line of its own");
    }

    #[test]
    fn what_names_not_all_of_its_tables_is_a_line_of_its_own() {
        let (mut previews, product) = (Previews::default(), RecordId::fresh());
        let names: Vec<String> = (0..25).map(|at| format!("t{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (0..2).for_each(|at| drop(previews.take(look(at, product, read(&names, 1)))));
        let lines = previews.due(None);
        assert_eq!(lines.iter().map(|line| number(&line.detail, MORE_TABLES)).collect::<Vec<_>>(), [5, 5]);
    }
}
