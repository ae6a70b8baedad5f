//! Printing results: a table for people, JSON or YAML for scripts.

use std::io::Write;

use anyhow::Result;
use serde_json::Value;

use crate::cli::Format;

/// Prints one result on standard output.
pub fn print(format: Format, value: &Value) -> Result<()> {
    let text = match format {
        Format::Json => escaped(&serde_json::to_string_pretty(value)?),
        Format::Yaml => yaml(value, 0),
        Format::Table => table(value),
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

pub fn print_text(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

/// An object has a line per member, and below them a table for each list of objects in it; a list is one table.
fn table(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let is_table = |value: &Value| {
                value.as_array().is_some_and(|rows| !rows.is_empty() && rows.iter().all(Value::is_object))
            };
            let (tables, lines): (Vec<_>, Vec<_>) = object.iter().partition(|(_, value)| is_table(value));
            let width = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
            let line = |(key, value): &(&String, &Value)| format!("{key:width$}  {}", shown(key, value));
            let mut text: String = lines.iter().map(|member| format!("{}\n", line(member).trim_end())).collect();
            for (key, rows) in tables {
                text.push_str(&format!("\n{key}\n{}", rows.as_array().map_or_else(String::new, |rows| rows_of(rows))));
            }
            text
        }
        Value::Array(rows) if rows.is_empty() => "none".to_owned(),
        Value::Array(rows) => rows_of(rows),
        other => plain(other),
    }
}

fn rows_of(rows: &[Value]) -> String {
    let mut columns: Vec<&String> = Vec::new();
    for member in rows.iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
        if !columns.contains(&member) {
            columns.push(member);
        }
    }
    let cell = |row: &Value, column: &str| row.get(column).map(|value| shown(column, value)).unwrap_or_default();
    let cells: Vec<Vec<String>> = std::iter::once(columns.iter().map(|column| heading(column)).collect())
        .chain(rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()))
        .collect();
    let widths: Vec<usize> =
        (0..columns.len()).map(|at| cells.iter().map(|line| line[at].chars().count()).max().unwrap_or(0)).collect();
    let line = |line: &Vec<String>| {
        let padded: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    cells.iter().map(line).collect()
}

/// A member's name in words.
fn heading(member: &str) -> String {
    let mut words = String::new();
    for letter in member.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_uppercase());
    }
    words
}

/// Times are counted in milliseconds for programs and written out for people.
fn shown(member: &str, value: &Value) -> String {
    let is_time = member.ends_with("At") || TIMES.contains(&member);
    match value.as_i64().filter(|_| is_time) {
        Some(millis) => emporion_edge::timestamp::print(millis),
        None => plain(value),
    }
}

/// Members that are times, beside those that end in `At`.
const TIMES: [&str; 3] = ["at", "next", "until"];

/// On one line: a table has no room for more, and a terminal obeys what is no letter.
fn plain(value: &Value) -> String {
    let is_flat = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::String(text) => visible(text),
        Value::Null => String::new(),
        Value::Array(items) if items.iter().all(is_flat) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) if members.values().all(is_flat) => {
            let told = members.iter().filter(|(_, value)| !value.is_null());
            told.map(|(member, value)| format!("{}: {}", visible(member), shown(member, value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => other.to_string(),
    }
}

/// A text of others as a terminal may have it: nothing in it that moves the cursor, or turns the direction of writing.
pub fn visible(text: &str) -> String {
    let is_obeyed = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if is_obeyed(c) { ' ' } else { c }).collect()
}

/// Blocks of members and items; each scalar as JSON has it, which YAML reads the same way.
fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let below = |value: &Value| match value {
        Value::Object(object) if !object.is_empty() => Some(yaml(value, depth + 1)),
        Value::Array(items) if !items.is_empty() => Some(yaml(value, depth + 1)),
        _ => None,
    };
    match value {
        Value::Object(object) if !object.is_empty() => object
            .iter()
            .map(|(key, value)| match below(value) {
                Some(block) => format!("{indent}{}:\n{block}", yaml_key(key)),
                None => format!("{indent}{}: {}\n", yaml_key(key), yaml_scalar(value)),
            })
            .collect(),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| match below(item) {
                // The first line of the block stands behind the dash.
                Some(block) => format!("{indent}- {}", &block[indent.len() + 2..]),
                None => format!("{indent}- {}\n", yaml_scalar(item)),
            })
            .collect(),
        other => format!("{indent}{}\n", yaml_scalar(other)),
    }
}

fn yaml_key(key: &str) -> String {
    // Words that YAML takes for something else than a text begin with one of few letters, and none has a capital inside.
    const TAKEN: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !TAKEN.contains(&key.to_ascii_lowercase().as_str());
    if is_plain { key.to_owned() } else { yaml_scalar(&Value::from(key)) }
}

fn yaml_scalar(value: &Value) -> String {
    escaped(&value.to_string())
}

/// JSON leaves these as they are; YAML has no place for them, and a terminal obeys some.
fn escaped(text: &str) -> String {
    let is_bare =
        |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(is_bare) {
        return text.to_owned();
    }
    text.chars().map(|c| if is_bare(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_for_people() {
        let rows = json!([{"id": "a", "createdAt": 0, "expiresAt": null}]);
        assert_eq!(table(&rows), "ID  CREATED AT                EXPIRES AT\na   1970-01-01T00:00:00.000Z\n");
        assert_eq!(table(&json!([])), "none");
        // Rows need not have the same members, and letters count, not bytes.
        let rows = json!([{"name": "é"}, {"name": "ab", "tags": ["x", "y"]}]);
        assert_eq!(table(&rows), "NAME  TAGS\né\nab    x, y\n");
        let source = json!({"last": {"at": 0, "error": null, "state": "failed"}, "next": 1_000, "cron": null});
        let lines = "last  at: 1970-01-01T00:00:00.000Z, state: failed\nnext  1970-01-01T00:00:01.000Z\ncron\n";
        assert_eq!(table(&source), lines);
        let record = json!({"name": "t\u{1b}[2J\n", "columns": [{"name": "id"}], "updatedAt": 0});
        assert_eq!(table(&record), "name       t [2J\nupdatedAt  1970-01-01T00:00:00.000Z\n\ncolumns\nNAME\nid\n");
    }

    #[test]
    fn yaml_is_laid_out_in_blocks() {
        let value = json!({"a": [{"b": 1, "c": {"d e": "x: y"}}, [], [2, [3]]], "on": null, "e": {}});
        let text = "a:\n  - b: 1\n    c:\n      \"d e\": \"x: y\"\n  - []\n  - - 2\n    - - 3\n\"on\": null\ne: {}\n";
        assert_eq!(yaml(&value, 0), text);
        assert_eq!(yaml(&json!("a\u{85}b"), 0), "\"a\\u0085b\"\n");
    }
}
