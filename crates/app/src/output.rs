//! Printing results: a table for people, JSON or YAML for scripts.

use std::io::Write;

use anyhow::Result;
use serde_json::Value;

use crate::cli::Format;

/// Prints one result on standard output.
pub fn print(format: Format, value: &Value) -> Result<()> {
    let text = match format {
        Format::Json => serde_json::to_string_pretty(value)?,
        Format::Yaml => yaml(value, 0),
        Format::Table => table(value),
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

fn table(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let width = object.keys().map(String::len).max().unwrap_or(0);
            object.iter().map(|(key, value)| format!("{key:width$}  {}\n", plain(value))).collect()
        }
        Value::Array(rows) if rows.is_empty() => "none".to_owned(),
        Value::Array(rows) => {
            let columns: Vec<&String> =
                rows.first().and_then(Value::as_object).map(|row| row.keys().collect()).unwrap_or_default();
            let cell =
                |row: &Value, column: &str| row.get(column).map(|value| shown(column, value)).unwrap_or_default();
            let widths: Vec<usize> = columns
                .iter()
                .map(|column| {
                    rows.iter().map(|row| cell(row, column).len()).max().unwrap_or(0).max(heading(column).len())
                })
                .collect();
            let line = |cells: Vec<String>| {
                let padded: Vec<String> =
                    cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
                format!("{}\n", padded.join("  ").trim_end())
            };
            let mut text = line(columns.iter().map(|column| heading(column)).collect());
            for row in rows {
                text.push_str(&line(columns.iter().map(|column| cell(row, column)).collect()));
            }
            text
        }
        other => plain(other),
    }
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
    match value.as_i64().filter(|_| member.ends_with("At")) {
        Some(millis) => emporion_edge::timestamp::print(millis),
        None => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// JSON is YAML; only the outer levels are laid out for reading.
fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(object) if depth < 2 && !object.is_empty() => object
            .iter()
            .map(|(key, value)| match value {
                Value::Object(inner) if depth < 1 && !inner.is_empty() => {
                    format!("{indent}{key}:\n{}", yaml(value, depth + 1))
                }
                other => format!("{indent}{key}: {other}\n"),
            })
            .collect(),
        Value::Array(rows) => rows.iter().map(|row| format!("{indent}- {row}\n")).collect(),
        other => format!("{indent}{other}\n"),
    }
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
    }
}
