//! Documents: text to values, within bounds.

use serde_json::Value;

use super::violation::Violation;
use crate::yaml;
pub(super) use crate::yaml::{MAX_DEPTH, MAX_VALUES};

pub(super) const MAX_BYTES: usize = 2_000_000;

/// Whose document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Osi,
    Snowflake,
    MetricFlow,
    Cube,
}

impl Format {
    pub fn named(word: &str) -> Option<Format> {
        match word {
            "osi" | "json" => Some(Format::Osi),
            "snowflake" => Some(Format::Snowflake),
            "metricflow" => Some(Format::MetricFlow),
            "cube" => Some(Format::Cube),
            _ => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Format::Osi => "osi",
            Format::Snowflake => "snowflake",
            Format::MetricFlow => "metricflow",
            Format::Cube => "cube",
        }
    }
}

/// How it is written. YAML reads JSON too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    Yaml,
    Json,
}

pub(super) fn value(text: &str, syntax: Syntax) -> Result<Value, Violation> {
    if text.len() > MAX_BYTES {
        return Err(Violation::new("", "TOO_LARGE", format!("a document may have {MAX_BYTES} bytes")));
    }
    match syntax {
        Syntax::Yaml => yaml::read(text).map_err(|fault| Violation::new("", fault.rule, fault.message)),
        // Read, values take many times the text: what has too many is not read.
        Syntax::Json if values(text) > MAX_VALUES => Err(too_many_values()),
        Syntax::Json => serde_json::from_str(text).map_err(|error| {
            Violation::new(
                "",
                "NOT_JSON",
                format!("this is no JSON (line {}, column {})", error.line(), error.column()),
            )
        }),
    }
}

pub(super) fn too_many_values() -> Violation {
    Violation::new("", "TOO_LARGE", format!("a document may have {MAX_VALUES} values"))
}

/// At least how many values are in a text of JSON: one more where one begins in a list or an object, and behind each
/// comma.
pub(super) fn values(text: &str) -> usize {
    let (mut values, mut is_text, mut is_escaped, mut has_begun) = (1, false, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b',' => values += 1,
            _ => {}
        }
        let is_end = !is_text && matches!(byte, b']' | b'}');
        values += usize::from(has_begun && !is_end);
        has_begun = !is_text && matches!(byte, b'[' | b'{');
    }
    values
}

/// A document that did not come as text has bounds too.
pub(super) fn bounded(value: &Value) -> Result<(), Violation> {
    let mut waiting = vec![(value, 0_usize)];
    let mut seen = 0_usize;
    while let Some((value, depth)) = waiting.pop() {
        seen += 1;
        if depth > MAX_DEPTH {
            return Err(Violation::new("", "TOO_DEEP", format!("a document may have {MAX_DEPTH} levels")));
        }
        if seen > MAX_VALUES {
            return Err(too_many_values());
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => waiting.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn count(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
            Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
            _ => 1,
        }
    }

    #[test]
    fn values_are_counted_before_they_are_read() {
        for document in [
            json!(1),
            json!([]),
            json!({}),
            json!([[], {}, [[]], ",[{\"\\"]),
            json!({"a": [1, "x, y", {"b": {}, "c, \"{": [null, true]}], "[": "]"}),
        ] {
            for text in [document.to_string(), format!("{document:#}")] {
                assert_eq!(values(&text), count(&document), "{text}");
            }
        }
        for broken in ["", "[", "[1", "{\"a", "]]", "\\", "\"\\"] {
            assert!(values(broken) <= 2, "{broken}");
        }
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(value(&many(MAX_VALUES - 1), Syntax::Json).is_ok());
        assert_eq!(value(&many(MAX_VALUES), Syntax::Json).map_err(|told| told.rule), Err("TOO_LARGE"));
    }
}
