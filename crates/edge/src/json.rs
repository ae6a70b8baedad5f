//! Parses a body into a JSON value with a bound on nesting. Of duplicate keys the last one wins.

use std::fmt;

use serde_json::Value;

/// Deeper values serve no dialect, and everything behind the door may recurse this far without a thought.
pub const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    /// No bytes, or nothing but blanks.
    Empty,
    /// Not JSON, or not UTF-8; counted from 1.
    Syntax { line: usize, column: usize },
    /// More than `MAX_DEPTH` objects and lists inside one another.
    TooDeep,
}

/// Parses bytes whose size the server has already bounded.
///
/// Cost: one pass of the parser and one walk over the containers; no second copy of the text.
pub fn parse(body: &[u8]) -> Result<Value, JsonError> {
    if body.trim_ascii().is_empty() {
        return Err(JsonError::Empty);
    }
    // The parser itself stops at 128 levels, so that neither it nor the walk below can exhaust the stack.
    let value: Value = serde_json::from_slice(body).map_err(|error| match error.to_string() {
        text if text.starts_with("recursion limit exceeded") => JsonError::TooDeep,
        _ => JsonError::Syntax { line: error.line(), column: error.column() },
    })?;
    if is_deeper_than(&value, MAX_DEPTH) { Err(JsonError::TooDeep) } else { Ok(value) }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(entries) => levels == 0 || entries.iter().any(|entry| is_deeper_than(entry, levels - 1)),
        Value::Object(members) => levels == 0 || members.values().any(|member| is_deeper_than(member, levels - 1)),
        _ => false,
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::Empty => f.write_str("the body is empty"),
            JsonError::Syntax { line, column } => write!(f, "the body is not JSON at line {line}, column {column}"),
            JsonError::TooDeep => write!(f, "the body is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn of_duplicate_keys_the_last_wins() {
        assert_eq!(parse(br#"{"a":1,"b":2,"a":3}"#).unwrap(), json!({"a": 3, "b": 2}));
    }

    #[test]
    fn sixty_four_levels_pass_and_one_more_does_not() {
        assert!(parse(nested(64).as_bytes()).is_ok());
        assert_eq!(parse(nested(65).as_bytes()), Err(JsonError::TooDeep));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(65), "}".repeat(65));
        assert_eq!(parse(objects.as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn a_million_brackets_overflow_nothing() {
        assert_eq!(parse(nested(1_000_000).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(parse("[".repeat(1_000_000).as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn broken_json_says_where() {
        assert_eq!(parse(b"{\n \"a\": }"), Err(JsonError::Syntax { line: 2, column: 7 }));
        for body in [&b"{} x"[..], b"{'a':1}", b"\"\xff\"", br#""\ud800""#, b"1e999", b"nul", b"\xef\xbb\xbf{}"] {
            assert!(matches!(parse(body), Err(JsonError::Syntax { .. })), "{body:?}");
        }
    }

    #[test]
    fn blanks_are_an_empty_body() {
        assert_eq!(parse(b""), Err(JsonError::Empty));
        assert_eq!(parse(b" \r\n"), Err(JsonError::Empty));
    }
}
