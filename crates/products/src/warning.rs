//! What a client should know although its request succeeded.

use std::borrow::Cow;

use emporion_catalog::rows::masks::Mask;
use emporion_edge::timestamp;
use serde_json::{Map, Value};

use crate::message::{Message, Nouns};

/// Something that the client should know although the request succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static str,
    pub message: Message,
    /// Canonical JSON Pointer.
    pub path: Option<String>,
    /// It is said only if the answer shows another value of that member.
    pub unless_shown: Option<Value>,
    /// The columns that it is about, where something else is read in place of their values.
    pub masked: Vec<(String, Mask)>,
}

impl Warning {
    /// As it is told to clients, in the words of who tells it; `pointer` gives its path their names.
    pub fn printed(&self, nouns: &Nouns, pointer: impl Fn(&str) -> String) -> Value {
        let mut printed = Map::new();
        printed.insert("code".to_owned(), self.code.into());
        printed.insert("message".to_owned(), self.message.text(nouns).into());
        if let Some(path) = &self.path {
            printed.insert("path".to_owned(), pointer(path).into());
        }
        Value::Object(printed)
    }

    pub fn new(code: &'static str, message: impl Into<Message>, path: Option<String>) -> Warning {
        Warning { code, message: message.into(), path, unless_shown: None, masked: Vec::new() }
    }

    /// Of a member that answers show and nobody sets; one that was read here may be sent back.
    pub fn read_only(member: &str, sent: &Value) -> Warning {
        let message = "this member is set by the catalogue; what was sent is ignored";
        Warning {
            unless_shown: Some(sent.clone()),
            ..Warning::new("READ_ONLY_FIELD", message, Some(format!("/{member}")))
        }
    }

    /// Whether an answer that shows `data` says it.
    pub fn concerns<'d>(&self, data: impl FnOnce() -> Cow<'d, Value>) -> bool {
        let Some(sent) = &self.unless_shown else { return true };
        let data = data();
        let member = self.path.as_deref().and_then(|path| path.strip_prefix('/')).unwrap_or_default();
        let inner = data.as_object().into_iter().flat_map(Map::values);
        let shown = std::iter::once(&*data).chain(inner).find_map(|object| object.as_object()?.get(member));
        shown.is_some_and(|shown| shown != sent && !is_earlier(sent, shown))
    }
}

/// Whether a count or a time may have been what is shown, before the write that is answered.
fn is_earlier(sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::Number(sent), Value::Number(shown)) => sent.as_f64() <= shown.as_f64(),
        (Value::String(sent), Value::String(shown)) => match (timestamp::parse(sent), timestamp::parse(shown)) {
            (Some(sent), Some(shown)) => sent <= shown,
            _ => false,
        },
        _ => false,
    }
}
