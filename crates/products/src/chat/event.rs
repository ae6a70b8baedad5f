//! One event of an answer that is followed, as server-sent events write it.

use bytes::Bytes;
use emporion_catalog::id::RecordId;
use serde_json::{Map, Value, json};

/// The version of the events' form.
const VERSION: u8 = 1;
const LAST: &str = "done";

#[derive(Debug, Clone)]
pub struct Event {
    name: &'static str,
    payload: Value,
}

impl Event {
    /// The payload is an object.
    pub fn new(name: &'static str, payload: Value) -> Event {
        Event { name, payload }
    }

    pub fn is_last(&self) -> bool {
        self.name == LAST
    }

    /// Whether it is the last one of an answer that could not be made.
    pub fn is_failure(&self) -> bool {
        self.is_last() && self.payload["status"] == "failed"
    }

    /// An answer that could not be made.
    pub fn failed(code: &str, message: &str, is_retryable: bool, ms: u64) -> [Event; 2] {
        [
            Event::new("error", json!({"code": code, "message": message, "retryable": is_retryable})),
            Event::new(LAST, json!({"status": "failed", "usage": {"ms": ms}})),
        ]
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
        FRAME + self.payload.to_string().len()
    }

    /// With its number, from 1. `rename` puts members into the names that the reader knows.
    pub fn print(&self, message: RecordId, number: usize, rename: fn(Value) -> Value) -> Bytes {
        let mut payload = Map::from_iter([("v".to_owned(), VERSION.into())]);
        payload.extend(self.payload.as_object().cloned().unwrap_or_default());
        let payload = rename(Value::Object(payload));
        // JSON on one line has no line breaks of its own.
        format!("id: {message}:{number}\nevent: {}\ndata: {payload}\n\n", self.name).into()
    }
}

/// The number in `messageId:number`; `None` for an id of another message.
pub fn number(id: &str, message: RecordId) -> Option<usize> {
    let (of, number) = id.rsplit_once(':')?;
    if of != message.to_string() {
        return None;
    }
    number.parse().ok()
}
