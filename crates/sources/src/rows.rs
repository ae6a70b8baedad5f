//! Answers: typed columns and JSON values, within limits.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use crate::error::{ErrorKind, SourceError};

/// The types that an answer names; every source's own are among these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultType {
    Varchar,
    Number,
    Float,
    Boolean,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Json,
    Binary,
}

impl ResultType {
    pub const fn name(self) -> &'static str {
        match self {
            ResultType::Varchar => "VARCHAR",
            ResultType::Number => "NUMBER",
            ResultType::Float => "FLOAT",
            ResultType::Boolean => "BOOLEAN",
            ResultType::Date => "DATE",
            ResultType::Time => "TIME",
            ResultType::Timestamp => "TIMESTAMP",
            ResultType::TimestampTz => "TIMESTAMP_TZ",
            ResultType::Json => "JSON",
            ResultType::Binary => "BINARY",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    pub name: String,
    pub kind: ResultType,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Value>>,
    /// There are more rows than were asked for.
    pub truncated: bool,
    /// How long the source took, connecting not included.
    pub took: Duration,
}

/// How much one call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub rows: u64,
    pub bytes: u64,
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { rows: 1_000, bytes: 8 << 20, timeout: Duration::from_secs(30) }
    }
}

impl Limits {
    /// What may come in for an answer. Of each value more is counted than its frame takes; names of columns are not.
    pub(crate) fn incoming(self) -> u64 {
        self.bytes.saturating_add(1 << 20)
    }
}

/// Collects rows until a limit.
pub(crate) struct Collector {
    limits: Limits,
    bytes: u64,
    rows: Vec<Vec<Value>>,
    truncated: bool,
}

impl Collector {
    pub fn new(limits: Limits) -> Collector {
        Collector { limits, bytes: 0, rows: Vec::new(), truncated: false }
    }

    /// Takes a row; `false` when no more is wanted. `size` is what the source sent for it.
    pub fn push(&mut self, row: Vec<Value>, size: usize) -> Result<bool, SourceError> {
        if self.rows.len() as u64 >= self.limits.rows {
            self.truncated = true;
            return Ok(false);
        }
        // Each value costs memory beside its text.
        self.bytes += size as u64 + 16 * row.len() as u64;
        if self.bytes > self.limits.bytes {
            let message =
                format!("the answer is larger than {} bytes: choose fewer columns or rows", self.limits.bytes);
            return Err(SourceError::new(ErrorKind::Limit, message));
        }
        self.rows.push(row);
        Ok(true)
    }

    pub fn finish(self, columns: Vec<ResultColumn>, took: Duration) -> Rows {
        Rows { columns, rows: self.rows, truncated: self.truncated, took }
    }
}

/// Whole numbers up to here are exact in every client's numbers.
const EXACT: u64 = 1 << 53;
/// Digits that every floating point keeps.
const EXACT_DIGITS: usize = 15;

/// A number as a source prints it. What a client's floating point would change stays text.
pub(crate) fn number(text: &str) -> Value {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if let Ok(whole) = text.parse::<i64>() {
        return if whole.unsigned_abs() <= EXACT { Value::from(whole) } else { Value::from(text) };
    }
    match text.parse::<f64>().ok().filter(|_| digits <= EXACT_DIGITS).and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::from(text),
    }
}

/// Whether a document says the same once its numbers were read: sources keep more digits than a floating point has.
fn keeps_its_numbers(json: &str) -> bool {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let is_kept = |token: &str| {
        let digits = token.bytes().filter(u8::is_ascii_digit).count();
        let is_whole = || token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
        // An exponent may have its sign or leave it out.
        let plain = |text: &str| text.to_ascii_lowercase().replace('+', "");
        let read = || token.parse().ok().and_then(Number::from_f64);
        let is_same = || read().is_some_and(|read| plain(&read.to_string()) == plain(token));
        digits <= EXACT_DIGITS || is_whole() || is_same()
    };
    let mut rest = json;
    // What stands between quotation marks is no number.
    while let Some((before, behind)) = rest.split_once('"') {
        if !before.split(|c| !is_of_number(c)).all(is_kept) {
            return false;
        }
        let mut is_escaped = false;
        let end = behind.find(|c: char| match c {
            _ if std::mem::take(&mut is_escaped) => false,
            '\\' => {
                is_escaped = true;
                false
            }
            c => c == '"',
        });
        rest = end.map_or("", |end| &behind[end + 1..]);
    }
    rest.split(|c| !is_of_number(c)).all(is_kept)
}

pub(crate) fn float(value: f64) -> Value {
    // JSON has no infinity and no "not a number".
    Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}

pub(crate) fn binary(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

/// Text of one of the given type, as sources print it with ISO settings.
pub(crate) fn typed(kind: ResultType, text: &str) -> Value {
    match kind {
        ResultType::Number => number(text),
        ResultType::Float => text.parse().map_or_else(|_| Value::from(text), float),
        ResultType::Boolean => Value::Bool(matches!(text, "t" | "true" | "1")),
        ResultType::Timestamp => Value::from(text.replacen(' ', "T", 1)),
        ResultType::TimestampTz => {
            let text = text.replacen(' ', "T", 1);
            Value::from(text.strip_suffix("+00").map(|text| format!("{text}Z")).unwrap_or(text))
        }
        ResultType::Json => match serde_json::from_str(text) {
            Ok(value) if keeps_its_numbers(text) => value,
            _ => Value::from(text),
        },
        ResultType::Varchar | ResultType::Date | ResultType::Time | ResultType::Binary => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_clients_would_change_stay_text() {
        assert_eq!(number("42"), Value::from(42));
        assert_eq!(number("9007199254740993"), Value::from("9007199254740993"));
        assert_eq!(number("12.50"), Value::from(12.5));
        assert_eq!(number("0.1234567890123456789"), Value::from("0.1234567890123456789"));
        assert_eq!(number("NaN"), Value::from("NaN"));
        assert_eq!(float(f64::INFINITY), Value::from("inf"));
    }

    #[test]
    fn documents_whose_numbers_would_change_stay_text() {
        let read = |text: &str| typed(ResultType::Json, text);
        for kept in [
            r#"{"a":95.93638253234273,"b":[1,-0.5,1.50,18446744073709551615],"c":"12345678901234567890.5 \\\" 1"}"#,
            r#"[1e3,-1E-7,1.7976931348623157e308,-1.7976931348623157E+308]"#,
            "7",
            r#""1234567890123456789012""#,
        ] {
            assert_eq!(read(kept), serde_json::from_str::<Value>(kept).unwrap(), "{kept}");
        }
        for text in [
            "0.1234567890123456789",
            r#"{"a \" 1": 18446744073709551617}"#,
            r#"["x", 9007199254740992.5]"#,
            "1e400",
            "{",
        ] {
            assert_eq!(read(text), Value::from(text), "{text}");
        }
    }

    #[test]
    fn times_are_written_as_the_standard_says() {
        assert_eq!(typed(ResultType::TimestampTz, "2026-01-02 03:04:05+00"), Value::from("2026-01-02T03:04:05Z"));
        assert_eq!(typed(ResultType::Timestamp, "2026-01-02 03:04:05"), Value::from("2026-01-02T03:04:05"));
    }

    #[test]
    fn a_collector_stops_at_its_limits() {
        let mut collector = Collector::new(Limits { rows: 1, bytes: 100, timeout: Duration::from_secs(1) });
        assert!(collector.push(vec![Value::Null], 1).unwrap());
        assert!(!collector.push(vec![Value::Null], 1).unwrap());
        assert!(collector.finish(Vec::new(), Duration::ZERO).truncated);
        let mut collector = Collector::new(Limits { rows: 10, bytes: 100, timeout: Duration::from_secs(1) });
        assert_eq!(collector.push(vec![Value::Null], 200).unwrap_err().kind, ErrorKind::Limit);
    }
}
