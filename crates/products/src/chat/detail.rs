//! What of a thread is shown to whom. Answers hold values of rows, which whoever asked was given under his own filters; so
//! do the words in which one of the options is picked that were offered to him. Others who may look into the thread see
//! what was asked, and what became of it.

use emporion_catalog::caller::Caller;
use emporion_catalog::record::Record;
use serde_json::{Map, Value, json};

use super::memory::{READING, Read};
use super::retelling::SEEN;
use super::review;

/// Members of an answer that hold nothing of rows.
const OUTLINE: [&str; 5] = ["threadId", "messageId", "status", "reason", "provenance"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Of who asked.
    Whole,
    /// Of everybody else.
    Outline,
}

impl Detail {
    pub fn of(thread: &Record, caller: &Caller) -> Detail {
        let user = caller.principal.user.to_string();
        let is_own = thread.body.get("user").and_then(Value::as_str) == Some(user.as_str());
        if is_own { Detail::Whole } else { Detail::Outline }
    }

    /// Each message with the text that is seen of it, in their order. A question whose answer is not among them has none in
    /// outline: there it is as it was read, with what was asked back put into its place.
    pub fn texts(self, messages: &[Record]) -> impl Iterator<Item = (&Record, &str)> {
        let next = messages.iter().skip(1).map(Some).chain([None]);
        messages.iter().zip(next).map(move |(message, next)| {
            let own = message.body.get("text").and_then(Value::as_str).unwrap_or_default();
            let text = match (self, next) {
                (Detail::Whole, _) => own,
                (Detail::Outline, Some(next)) if is_of(message, "user") && is_of(next, "assistant") => {
                    next.body.get("answer").map_or(own, |answer| review::asked(answer).unwrap_or_default())
                }
                (Detail::Outline, _) => "",
            };
            (message, text)
        })
    }

    /// The answer, without what only reading it again takes.
    pub fn answer(self, message: &Record) -> Option<Value> {
        let answer = message.body.get("answer")?.as_object()?;
        let is_seen = |name: &String| match self {
            Detail::Whole => name != READING && name != SEEN,
            Detail::Outline => OUTLINE.contains(&name.as_str()),
        };
        // Where an answer came from names tables and products that others may not see: they are told by which way it came.
        let reported = |name: &str, value: &Value| match (self, name) {
            (Detail::Outline, "provenance") => json!({"method": value.get("method")}),
            _ => value.clone(),
        };
        let seen = answer.iter().filter(|(name, _)| is_seen(name));
        Some(seen.map(|(name, value)| (name.clone(), reported(name, value))).collect::<Map<_, _>>().into())
    }

    /// How the question was read that the answer is to.
    pub fn reading(self, message: &Record) -> Option<Read> {
        let reading = message.body.get("answer")?.get(READING)?;
        if self == Detail::Whole { Read::parse(reading) } else { None }
    }
}

fn is_of(message: &Record, role: &str) -> bool {
    message.body.get("role").and_then(Value::as_str) == Some(role)
}
