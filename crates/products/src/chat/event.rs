//! One event of an answer that is followed, and its form among server-sent events.

use bytes::Bytes;
use emporion_catalog::id::RecordId;
use emporion_edge::timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Chart, Clarification, Column, Interpretation, Sql, Usage};
use super::request::Mode;

/// The version of the events' form.
const VERSION: u8 = 1;

#[derive(Debug, Clone)]
pub enum Event {
    MessageStart {
        thread: RecordId,
        message: RecordId,
        created_ms: i64,
        mode: Mode,
    },
    /// What is being done.
    Status {
        stage: &'static str,
        label: String,
    },
    Interpretation(Interpretation),
    Sql(Sql),
    Table(TablePiece),
    Chart(Chart),
    TextDelta(String),
    Clarification(Clarification),
    /// An object with a code and a message.
    Warning(Value),
    Suggestions(Vec<String>),
    Error {
        code: String,
        message: String,
        is_retryable: bool,
    },
    /// The last one.
    Done(Box<Done>),
    /// The last one of an answer that could not be made.
    Failed {
        ms: u64,
    },
}

/// Some rows of a table.
#[derive(Debug, Clone, Serialize)]
pub struct TablePiece {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    #[serde(rename = "chunk")]
    pub number: usize,
    #[serde(rename = "last")]
    pub is_last: bool,
    /// There are more rows than are told.
    #[serde(rename = "truncated")]
    pub is_truncated: bool,
    /// Texts in it are cut.
    #[serde(rename = "cut")]
    pub is_cut: bool,
}

/// An answer when it has been told.
#[derive(Debug, Clone)]
pub struct Done {
    /// Without its rows.
    pub answer: Answer,
    pub usage: Usage,
    /// The same as clients are told: what is too long for an event was told by itself, or stands in the thread.
    pub data: Value,
}

impl Event {
    pub fn status(stage: &'static str, label: impl Into<String>) -> Event {
        Event::Status { stage, label: label.into() }
    }

    fn name(&self) -> &'static str {
        match self {
            Event::MessageStart { .. } => "message_start",
            Event::Status { .. } => "status",
            Event::Interpretation(_) => "interpretation",
            Event::Sql(_) => "sql",
            Event::Table(_) => "table",
            Event::Chart(_) => "chart",
            Event::TextDelta(_) => "text_delta",
            Event::Clarification(_) => "clarification",
            Event::Warning(_) => "warning",
            Event::Suggestions(_) => "suggestions",
            Event::Error { .. } => "error",
            Event::Done(_) | Event::Failed { .. } => "done",
        }
    }

    /// An object.
    fn payload(&self) -> Value {
        match self {
            Event::MessageStart { thread, message, created_ms, mode } => json!({
                "threadId": thread.to_string(),
                "messageId": message.to_string(),
                "createdAt": timestamp::print(*created_ms),
                "mode": mode.word(),
            }),
            Event::Status { stage, label } => json!({"stage": stage, "label": label}),
            Event::Interpretation(interpretation) => json!(interpretation),
            Event::Sql(sql) => json!(sql),
            Event::Table(piece) => json!(piece),
            Event::Chart(chart) => json!(chart),
            Event::TextDelta(delta) => json!({"delta": delta}),
            Event::Clarification(clarification) => json!(clarification),
            Event::Warning(warning) => warning.clone(),
            Event::Suggestions(items) => json!({"items": items}),
            Event::Error { code, message, is_retryable } => {
                json!({"code": code, "message": message, "retryable": is_retryable})
            }
            Event::Done(done) => json!({"status": done.answer.status, "usage": done.usage, "data": done.data}),
            Event::Failed { ms } => json!({"status": "failed", "usage": {"ms": ms}}),
        }
    }

    pub fn is_last(&self) -> bool {
        matches!(self, Event::Done(_)) || self.is_failure()
    }

    /// Whether it is the last one of an answer that could not be made.
    pub fn is_failure(&self) -> bool {
        matches!(self, Event::Failed { .. })
    }

    /// An answer that could not be made.
    pub fn failed(code: &str, message: &str, is_retryable: bool, ms: u64) -> [Event; 2] {
        let (code, message) = (code.to_owned(), message.to_owned());
        [Event::Error { code, message, is_retryable }, Event::Failed { ms }]
    }

    /// What made it broke down.
    pub fn broken() -> [Event; 2] {
        Event::failed("INTERNAL", "the answer could not be made", true, 0)
    }

    /// Nobody read it any more.
    pub fn left() -> [Event; 2] {
        Event::failed("CANCELLED", "nobody read the answer, so it was given up", true, 0)
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        const FRAME: usize = 100;
        let printed = self.payload().to_string().len();
        // That one holds the answer in two forms.
        FRAME + if matches!(self, Event::Done(_)) { 2 * printed } else { printed }
    }

    /// With its id, whose number counts from 1. `rename` puts members into the names that the reader knows.
    pub fn print(&self, message: RecordId, id: &EventId, rename: fn(Value) -> Value) -> Bytes {
        let mut payload = Map::from_iter([("v".to_owned(), VERSION.into())]);
        if let Value::Object(members) = self.payload() {
            payload.extend(members);
        }
        let payload = rename(Value::Object(payload));
        // JSON on one line has no line breaks of its own.
        format!("id: {}\nevent: {}\ndata: {payload}\n\n", id.print(message), self.name()).into()
    }
}

/// Where a reader is: `messageId:number`, and behind it which telling of the answer he follows, where it is told anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventId {
    pub number: usize,
    pub replay: Option<RecordId>,
}

impl EventId {
    /// `None` for an id of another message.
    pub fn parse(id: &str, message: RecordId) -> Option<EventId> {
        let rest = id.strip_prefix(&message.to_string())?.strip_prefix(':')?;
        let (number, replay) = match rest.split_once(':') {
            Some((number, replay)) => (number, Some(replay.parse().ok()?)),
            None => (rest, None),
        };
        // No answer has more.
        Some(EventId { number: number.parse::<u32>().ok()?.try_into().ok()?, replay })
    }

    fn print(&self, message: RecordId) -> String {
        let number = self.number;
        self.replay.map_or_else(|| format!("{message}:{number}"), |replay| format!("{message}:{number}:{replay}"))
    }
}
