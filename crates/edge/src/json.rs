//! Parses a body into a JSON value with a bound on nesting. Of duplicate keys the last one wins, or none.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

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
    /// An object has two members of this name.
    Twice { name: String },
}

/// Parses bytes whose size the server has already bounded.
///
/// Cost: one pass of the parser and one walk over the containers; no second copy of the text.
pub fn parse(body: &[u8]) -> Result<Value, JsonError> {
    bounded(body, |body| serde_json::from_slice(body))
}

/// The same where a member that stands twice in its object is an error instead of a choice.
pub fn parse_strictly(body: &[u8]) -> Result<Value, JsonError> {
    let twice = RefCell::new(None);
    let parsed = bounded(body, |body| {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = Strictly(&twice).deserialize(&mut reader)?;
        reader.end().map(|()| value)
    });
    match twice.take() {
        Some(name) => Err(JsonError::Twice { name }),
        None => parsed,
    }
}

fn bounded(body: &[u8], read: impl FnOnce(&[u8]) -> serde_json::Result<Value>) -> Result<Value, JsonError> {
    if body.trim_ascii().is_empty() {
        return Err(JsonError::Empty);
    }
    // The parser itself stops at 128 levels, so that neither it nor the walk below can exhaust the stack.
    let value = read(body).map_err(|error| match error.to_string() {
        text if text.starts_with("recursion limit exceeded") => JsonError::TooDeep,
        _ => JsonError::Syntax { line: error.line(), column: error.column() },
    })?;
    if is_deeper_than(&value, MAX_DEPTH) { Err(JsonError::TooDeep) } else { Ok(value) }
}

/// Builds a value, and leaves the name of the first member that stands twice.
#[derive(Clone, Copy)]
struct Strictly<'t>(&'t RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Strictly<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strictly<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(self)? {
            list.push(entry);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                self.0.replace(Some(name));
                return Err(A::Error::custom("a member stands twice"));
            }
            object.insert(name, members.next_value_seed(self)?);
        }
        Ok(object.into())
    }
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
            JsonError::Twice { name } => {
                let shown: String = name.chars().take(60).collect();
                write!(f, "the member \"{shown}\" stands twice in its object")
            }
            JsonError::TooDeep => write!(f, "the body is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_twice_is_refused_where_that_is_asked_for() {
        let twice = |name: &str| Err(JsonError::Twice { name: name.to_owned() });
        assert_eq!(parse(br#"{"a":1,"a":2}"#), Ok(json!({"a": 2})));
        assert_eq!(parse_strictly(br#"{"a":1,"a":1}"#), twice("a"));
        assert_eq!(parse_strictly(br#"[{"a":{"b":null,"\u0062":3}}]"#), twice("b"));
        let good = br#"{"a":[1,-2,0.5,"x","\n",true,null,{"a":{}}],"b":18446744073709551615,"c":1e3}"#;
        assert_eq!(parse_strictly(good), parse(good));
        for bad in [&b"{"[..], b"", b"1 2", b"{\"a\":1}}", b"nul", b"\xff", b"{1:2}"] {
            assert_eq!(parse_strictly(bad), parse(bad));
        }
        let deep = "[".repeat(200);
        assert_eq!(parse_strictly(deep.as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for written in
            ["95.93638253234273", "-0.0", "1.0", "5e-324", "1.7976931348623157e+308", "0.1", "18446744073709551615"]
        {
            assert_eq!(parse(written.as_bytes()).unwrap().to_string(), written);
        }
        // Of every size: numbers of a generator, read as bits.
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..100_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = f64::from_bits(bits);
            if !number.is_finite() {
                continue;
            }
            let written = Value::from(number).to_string();
            for read in [parse(written.as_bytes()), parse_strictly(written.as_bytes())] {
                assert_eq!(read.unwrap().as_f64().map(f64::to_bits), Some(number.to_bits()), "{written}");
            }
        }
    }

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
