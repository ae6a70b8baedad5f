//! Text to values, within bounds.

use serde_json::Value;

use super::Violation;
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
        Syntax::Json => serde_json::from_str(text).map_err(|error| {
            Violation::new(
                "",
                "NOT_JSON",
                format!("this is no JSON (line {}, column {})", error.line(), error.column()),
            )
        }),
    }
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
            return Err(Violation::new("", "TOO_LARGE", format!("a document may have {MAX_VALUES} values")));
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => waiting.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}
