//! YAML: read within bounds, one document without surprises; written plainly, as people read it.

mod write;

use std::collections::HashMap;
use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

pub use self::write::write;

pub const MAX_DEPTH: usize = 64;
pub const MAX_VALUES: usize = 200_000;
/// Bytes of text that aliases may repeat, together.
const MAX_REPEATED: usize = 16 << 20;

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `NOT_YAML`, `DUPLICATE_KEY`, `TOO_DEEP` or `TOO_LARGE`.
    pub rule: &'static str,
    /// From 1; the message says it, too, where it is known.
    pub line: Option<usize>,
    pub message: String,
}

impl Fault {
    fn at(line: usize, rule: &'static str, what: impl std::fmt::Display) -> Fault {
        Fault { rule, line: Some(line), message: format!("{what} (line {line})") }
    }
}

/// On which line each value of a document stands, by its path: `rules[0].name`.
#[derive(Debug, Default)]
pub struct Lines(HashMap<String, usize>);

impl Lines {
    /// The line of the value at the path, or of the nearest around it that is there.
    pub fn of(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// A collection that is being read.
enum Open {
    List(Vec<Value>, usize),
    Object(Map<String, Value>, Option<String>, usize),
}

/// Reads one document. Keys are text and occur once; an alias costs as much as what it repeats, in values and in bytes,
/// so no small text makes a large value.
pub fn read(text: &str) -> Result<Value, Fault> {
    parse(text, None)
}

/// The same with the lines on which its values stand.
pub fn read_with_lines(text: &str) -> Result<(Value, Lines), Fault> {
    let mut lines = Lines::default();
    let value = parse(text, Some(&mut lines))?;
    Ok((value, lines))
}

fn parse(text: &str, mut lines: Option<&mut Lines>) -> Result<Value, Fault> {
    let mut anchors: HashMap<usize, Anchored> = HashMap::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut values = 0_usize;
    let mut repeated = 0_usize;
    let mut documents = 0_usize;
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            let told: String = error.info().chars().take(120).collect();
            let message = format!("{told} (line {}, column {})", at.line(), at.col() + 1);
            Fault { rule: "NOT_YAML", line: Some(at.line()), message }
        })?;
        let line = span.start.line();
        values += 1;
        let starts_item = matches!(open.last(), Some(Open::List(..)))
            && matches!(
                event,
                Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..)
            );
        if starts_item && let Some(lines) = &mut lines {
            lines.0.insert(path(&open), line);
        }
        let (value, anchor) = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(Fault::at(line, "NOT_YAML", "only one document is read"));
                }
                continue;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
            Event::Scalar(text, style, anchor, tag) => {
                let forced = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !forced;
                (if plain && !expects_key(&open) { scalar(&text) } else { Value::String(text.into_owned()) }, anchor)
            }
            Event::Alias(id) => {
                // An anchor inside of itself is not finished yet.
                let Some(anchored) = anchors.get(&id) else {
                    return Err(Fault::at(line, "NOT_YAML", "an alias means nothing here"));
                };
                values += anchored.size;
                repeated += anchored.bytes;
                too_many(values)?;
                if repeated > MAX_REPEATED {
                    let message = format!("the aliases of a document may repeat {MAX_REPEATED} bytes");
                    return Err(Fault::at(line, "TOO_LARGE", message));
                }
                (anchored.value.clone(), 0)
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Fault::at(line, "TOO_DEEP", format!("a document may have {MAX_DEPTH} levels")));
                }
                if expects_key(&open) {
                    return Err(Fault::at(line, "NOT_YAML", "a key is a text"));
                }
                starts.push(values);
                open.push(if matches!(event, Event::SequenceStart(..)) {
                    Open::List(Vec::new(), anchor)
                } else {
                    Open::Object(Map::new(), None, anchor)
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items, anchor)) => (Value::Array(items), anchor),
                Some(Open::Object(fields, _, anchor)) => (Value::Object(fields), anchor),
                None => continue,
            },
        };
        too_many(values)?;
        if anchor > 0 {
            let size = match &value {
                Value::Array(_) | Value::Object(_) => values - starts.last().copied().unwrap_or_default(),
                _ => 1,
            };
            anchors.insert(anchor, Anchored { value: value.clone(), size, bytes: bytes(&value) });
            // The copy that is kept for aliases counts too.
            values += size;
        }
        if matches!(value, Value::Array(_) | Value::Object(_)) && open.len() < starts.len() {
            starts.pop();
        }
        match open.last_mut() {
            None => root = Some(value),
            Some(Open::List(items, _)) => items.push(value),
            Some(Open::Object(fields, key, _)) => match key.take() {
                Some(name) => {
                    fields.insert(name, value);
                }
                None => {
                    let Value::String(name) = value else {
                        return Err(Fault::at(line, "NOT_YAML", "a key is a text"));
                    };
                    if fields.contains_key(&name) {
                        let shown: String = name.chars().take(60).collect();
                        return Err(Fault::at(line, "DUPLICATE_KEY", format!("`{shown}` stands twice")));
                    }
                    *key = Some(name);
                    if let Some(lines) = &mut lines {
                        lines.0.insert(path(&open), line);
                    }
                }
            },
        }
    }
    Ok(root.unwrap_or(Value::Null))
}

/// What aliases repeat, and what it costs to do so.
struct Anchored {
    value: Value,
    /// In values.
    size: usize,
    /// Of its texts.
    bytes: usize,
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + bytes(value)).sum(),
        _ => 0,
    }
}

fn expects_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open::Object(_, None, _)))
}

fn too_many(values: usize) -> Result<(), Fault> {
    if values > MAX_VALUES {
        let message = format!("a document may have {MAX_VALUES} values, aliases included");
        return Err(Fault { rule: "TOO_LARGE", line: None, message });
    }
    Ok(())
}

/// Where the value stands that comes next; of a key, where its value does.
fn path(open: &[Open]) -> String {
    let mut path = String::new();
    for around in open {
        match around {
            Open::List(items, _) => drop(write!(path, "[{}]", items.len())),
            Open::Object(_, key, _) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key.as_deref().unwrap_or_default());
            }
        }
    }
    path
}

/// Plain scalars by YAML 1.2's core schema: `no`, `on` and dates are texts.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let numeric = digits.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if numeric {
        if let Ok(whole) = text.parse::<i64>() {
            return Value::from(whole);
        }
        if let Ok(whole) = text.parse::<u64>() {
            return Value::from(whole);
        }
        if let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_cost_what_they_repeat() {
        let refused = |text: &str| read(text).expect_err("it is refused").rule;
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100));
        assert_eq!(refused(&long), "TOO_LARGE");
        let nested =
            format!("a: &a [{}]\nb: &b [{}]\nc: [{}]\n", "x, ".repeat(9), "*a, ".repeat(9), "*b, ".repeat(9_000));
        assert_eq!(refused(&nested), "TOO_LARGE");
        let itself = "a: &a [*a]\n";
        assert_eq!(refused(itself), "NOT_YAML");
        let few = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 10), "*a, ".repeat(100));
        assert_eq!(read(&few).expect("it is read")["b"].as_array().map(Vec::len), Some(100));
    }

    /// What asks most of those that read YAML: its nesting, its length, and what repeats itself. With anything that
    /// takes the square of it, this would not end.
    #[test]
    fn no_text_takes_more_than_its_length() {
        const LENGTH: usize = 1_000_000;
        let repeated = |part: &str| part.repeat(LENGTH / part.len());
        let stairs = |step: &str, marker: &str| -> String {
            (0..1_000).map(|depth| format!("{}{marker}\n", step.repeat(depth))).collect()
        };
        for (text, rules) in [
            (repeated("["), &["NOT_YAML"][..]),
            (repeated("{"), &["NOT_YAML"]),
            (repeated("[{a: "), &["NOT_YAML"]),
            (repeated("- "), &["TOO_DEEP"]),
            (repeated("? "), &["NOT_YAML"]),
            (repeated("a: "), &["NOT_YAML"]),
            (stairs(" ", "a:"), &["TOO_DEEP"]),
            (stairs(" ", "-"), &["TOO_DEEP"]),
            (repeated("]"), &["NOT_YAML"]),
            (repeated("&a "), &["NOT_YAML"]),
            (repeated("*a "), &["NOT_YAML"]),
            (repeated("!a "), &["NOT_YAML"]),
            (repeated("\""), &["NOT_YAML"]),
            (format!("\"{}", repeated("a\n")), &["NOT_YAML"]),
            (format!("\"{}", repeated("\\x41")), &["NOT_YAML"]),
            (format!("[{}", repeated("a\n")), &["NOT_YAML"]),
            (format!("[{}", repeated("a, ")), &["NOT_YAML", "TOO_LARGE"]),
            (repeated("- a\n"), &["TOO_LARGE"]),
            (repeated("---\n"), &["NOT_YAML"]),
            (repeated("%YAML 1.2\n"), &["NOT_YAML"]),
            (format!("{}: 1", repeated("k")), &["NOT_YAML"]),
        ] {
            let fault = read(&text).expect_err("it is refused");
            assert!(rules.contains(&fault.rule) && fault.message.len() < 400, "{}…: {fault:?}", &text[..9]);
        }
        for text in [
            format!("!{} a", repeated("t")),
            repeated("\t"),
            repeated("a "),
            repeated("a\n"),
            format!("|\n{}", repeated(" a\n")),
            format!("|\n{}", repeated("\n")),
            format!(">\n{}", repeated(" a\n\n")),
            repeated("#\n"),
            repeated(" "),
            repeated("\n"),
            repeated("-"),
        ] {
            assert!(read(&text).is_ok(), "{}…", &text[..9]);
        }
    }

    #[test]
    fn every_value_has_a_line() {
        let text = "a: 1\n# why\nrules:\n  - name: x\n    of: [p,\n      q]\n  - name: y\n";
        let (_, lines) = read_with_lines(text).unwrap();
        for (path, line) in [("a", 1), ("rules", 3), ("rules[0]", 4), ("rules[0].of[1]", 6), ("rules[1].name", 7)] {
            assert_eq!(lines.of(path), Some(line), "{path}");
        }
        assert_eq!((lines.of("rules[1].effect"), lines.of("b")), (Some(7), None));
    }
}
