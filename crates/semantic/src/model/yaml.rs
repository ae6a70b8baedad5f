//! YAML: read within bounds, one document without surprises; written plainly.

use std::collections::HashMap;
use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use super::Violation;
use super::document::{MAX_DEPTH, MAX_VALUES};

/// A collection that is being read.
enum Open {
    List(Vec<Value>, usize),
    Object(Map<String, Value>, Option<String>, usize),
}

/// Reads one document. Keys are text and occur once; an alias costs as much as what it repeats, so no small text makes a
/// large value.
pub(super) fn read(text: &str) -> Result<Value, Violation> {
    let mut anchors: HashMap<usize, (Value, usize)> = HashMap::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut values = 0_usize;
    let mut documents = 0_usize;
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            let told: String = error.info().chars().take(120).collect();
            Violation::new("", "NOT_YAML", format!("{told} (line {}, column {})", at.line(), at.col() + 1))
        })?;
        let line = span.start.line();
        values += 1;
        let (value, anchor) = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(Violation::new("", "NOT_YAML", format!("only one document is read (line {line})")));
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
                let Some((value, size)) = anchors.get(&id) else {
                    return Err(Violation::new("", "NOT_YAML", format!("an alias means nothing here (line {line})")));
                };
                values += size;
                too_many(values)?;
                (value.clone(), 0)
            }
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Violation::new(
                        "",
                        "TOO_DEEP",
                        format!("a document may have {MAX_DEPTH} levels (line {line})"),
                    ));
                }
                if expects_key(&open) {
                    return Err(Violation::new("", "NOT_YAML", format!("a key is a text (line {line})")));
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
            anchors.insert(anchor, (value.clone(), size));
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
                        return Err(Violation::new("", "NOT_YAML", format!("a key is a text (line {line})")));
                    };
                    if fields.contains_key(&name) {
                        let shown: String = name.chars().take(60).collect();
                        return Err(Violation::new(
                            "",
                            "DUPLICATE_KEY",
                            format!("`{shown}` stands twice (line {line})"),
                        ));
                    }
                    *key = Some(name);
                }
            },
        }
    }
    Ok(root.unwrap_or(Value::Null))
}

fn expects_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open::Object(_, None, _)))
}

fn too_many(values: usize) -> Result<(), Violation> {
    if values > MAX_VALUES {
        return Err(Violation::new(
            "",
            "TOO_LARGE",
            format!("a document may have {MAX_VALUES} values, aliases included"),
        ));
    }
    Ok(())
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
        if let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

/// Writes a value as YAML that reads back as the same value.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    put(value, 0, &mut text);
    text
}

fn put(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    pad(indent, text);
                }
                text.push_str(&quoted(name));
                text.push(':');
                put_below(value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    pad(indent, text);
                }
                text.push_str("- ");
                if is_block(item) { put(item, indent + 2, text) } else { put_line(item, text) }
            }
        }
        other => put_line(other, text),
    }
}

fn put_below(value: &Value, indent: usize, text: &mut String) {
    if is_block(value) {
        text.push('\n');
        pad(indent + 2, text);
        put(value, indent + 2, text);
    } else {
        text.push(' ');
        put_line(value, text);
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn put_line(value: &Value, text: &mut String) {
    match value {
        Value::String(content) => text.push_str(&quoted(content)),
        Value::Array(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
        other => {
            let _ = write!(text, "{other}");
        }
    }
    text.push('\n');
}

/// Bare where nothing could take it for something else, else as a JSON string, which YAML reads.
fn quoted(content: &str) -> String {
    let bare = content.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && content.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ')' | '.'))
        && content.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '(' | ')' | '/'))
        && matches!(scalar(content), Value::String(_))
        && !matches!(content.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    if bare { content.to_owned() } else { Value::from(content).to_string() }
}
