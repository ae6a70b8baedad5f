//! An answer for people: sentence, table, chart, and how it was understood.

use std::io::Write;

use anyhow::Result;
use console::{Term, style};
use emporion_semantic::chat::numbers;
use serde_json::Value;

use super::chart;
use super::grid::Grid;
use crate::output::visible;

/// Rows of a table that are shown where nobody says.
pub const ROWS: usize = 20;
/// The widest chart, and the one of what is no terminal.
const CHART: usize = 80;

/// What is shown of answers.
pub struct Taste {
    pub rows: usize,
    pub has_sql: bool,
    /// Whether a person answers what is asked back, by numbers.
    pub is_asked: bool,
}

pub fn answer(data: &Value, taste: &Taste) -> Result<()> {
    let mut out = std::io::stdout();
    let room = room();
    let text = |value: &Value| visible(value.as_str().unwrap_or_default());
    writeln!(out, "{}", style(text(&data["text"])).bold())?;
    if let Some(rows) = data["table"]["rows"].as_array().filter(|rows| !rows.is_empty()) {
        let columns = data["table"]["columns"].as_array().map_or(&[][..], Vec::as_slice);
        // One figure is in the sentence already.
        if rows.len() > 1 || columns.len() > 1 {
            writeln!(out)?;
            table(&mut out, &data["table"], taste.rows, room)?;
            writeln!(out)?;
        }
        if let Some(bars) = chart::bars(&data["chart"]["spec"], columns, room.unwrap_or(CHART).min(CHART)) {
            writeln!(out, "{bars}")?;
        }
    }
    for (at, option) in options(data).enumerate() {
        let id = style(visible(option["id"].as_str().unwrap_or_default())).dim();
        writeln!(out, "  {}  {}  {id}", at + 1, text(&option["label"]))?;
    }
    let list = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str).map(visible);
        texts.collect::<Vec<_>>()
    };
    let suggestions = list(&data["suggestions"]);
    if !suggestions.is_empty() {
        writeln!(out, "Perhaps: {}", suggestions.join("; "))?;
    }
    let assumptions = list(&data["interpretation"]["assumptions"]);
    if !assumptions.is_empty() {
        writeln!(out, "{}", style(format!("taken for granted: {}", assumptions.join("; "))).dim())?;
    }
    let confidence = &data["confidence"];
    if matches!(confidence["level"].as_str(), Some("medium" | "low")) {
        let line = format!("confidence: {} ({})", text(&confidence["level"]), list(&confidence["reasons"]).join("; "));
        writeln!(out, "{}", style(line).dim())?;
    }
    for warning in data["warnings"].as_array().into_iter().flatten() {
        writeln!(out, "{}", style(format!("warning: {}", text(&warning["message"]))).dim())?;
    }
    let is_unsure = confidence["level"] == "low";
    if (taste.has_sql || is_unsure) && data["sql"].is_object() {
        statement(data)?;
    }
    if options(data).next().is_some() && !taste.is_asked {
        let line = "send one back with --choice, by its id, and the thread";
        writeln!(out, "{}", style(line).dim())?;
    }
    writeln!(out, "{}", style(format!("thread {}", text(&data["threadId"]))).dim())?;
    Ok(())
}

/// The rows of a statement, all that were fetched.
pub fn rows(table: &Value) -> Result<()> {
    self::table(&mut std::io::stdout(), table, usize::MAX, room())
}

/// Columns of the terminal; `None` where it is none.
fn room() -> Option<usize> {
    Term::stdout().size_checked().map(|(_, columns)| usize::from(columns).max(10))
}

/// What was run, or would be.
pub fn statement(data: &Value) -> Result<()> {
    let mut out = std::io::stdout();
    let sql = &data["sql"];
    for line in sql["text"].as_str().unwrap_or_default().lines() {
        writeln!(out, "{}", visible(line))?;
    }
    for parameter in sql["parameters"].as_array().into_iter().flatten() {
        let name = visible(parameter["name"].as_str().unwrap_or_default());
        writeln!(out, "  :{name} = {}", visible(&parameter["value"].to_string()))?;
    }
    Ok(())
}

pub fn options(data: &Value) -> impl Iterator<Item = &Value> {
    data["clarification"]["options"].as_array().into_iter().flatten()
}

/// A table, and what of it is not shown: `most` rows at most, in columns for which there is room.
fn table(out: &mut impl Write, table: &Value, most: usize, room: Option<usize>) -> Result<()> {
    let slice = |member: &str| table[member].as_array().map_or(&[][..], Vec::as_slice);
    let (columns, rows) = (slice("columns"), slice("rows"));
    let is_truncated = table["truncated"] == true;
    let label = |column: &Value| {
        let label = column["label"].as_str().or(column["name"].as_str()).unwrap_or_default();
        match column["unit"].as_str() {
            Some(unit) => visible(&format!("{label} ({unit})")),
            None => visible(label),
        }
    };
    let figures: Vec<bool> = (0..columns.len()).map(|at| is_figure(&columns[at], at, rows)).collect();
    let cells = |row: &Value| {
        let empty = Vec::new();
        let cells = row.as_array().unwrap_or(&empty);
        columns.iter().zip(cells).zip(&figures).map(|((column, value), is)| cell(column, value, *is)).collect()
    };
    let grid = Grid {
        headings: columns.iter().map(label).collect(),
        figures: figures.clone(),
        rows: rows.iter().take(most).map(cells).collect(),
    };
    let (lines, hidden) = grid.lines(room);
    for (at, line) in lines.iter().enumerate() {
        match at {
            0 => writeln!(out, "{}", style(line).underlined())?,
            _ => writeln!(out, "{line}")?,
        }
    }
    let mut left_out = Vec::new();
    if rows.len() > most {
        let more = if is_truncated { "at least " } else { "" };
        left_out.push(format!("{more}{} more rows", rows.len() - most));
    } else if is_truncated {
        left_out.push("more rows, which were not fetched".to_owned());
    }
    if hidden > 0 {
        left_out.push(format!("{hidden} more columns, for which there is no room"));
    }
    if !left_out.is_empty() {
        writeln!(out, "and {}", left_out.join(", and "))?;
    }
    Ok(())
}

/// Whether a column holds figures: its source says so, or the model, or all that stands in it. Not every source knows the
/// type of what it computes.
fn is_figure(column: &Value, at: usize, rows: &[Value]) -> bool {
    let has_number = |row: &Value| row[at].is_number() || row[at].is_null();
    let is_computed = column["format"].is_string() || column["unit"].is_string();
    column["type"] == "NUMBER" || is_computed || rows.iter().all(has_number)
}

/// A cell as people read it. What has no format is not grouped: it may be a year.
fn cell(column: &Value, value: &Value, is_figure: bool) -> String {
    let text = match (value, column["format"].as_str()) {
        (Value::Null, _) => String::new(),
        (value, Some(format)) if is_figure => numbers::shown(value, Some(format), None),
        (value, None) if is_figure => numbers::shown(value, None, None).replace(',', ""),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    visible(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_known_by_what_they_are() {
        let of = |column: Value, rows: Value| {
            let rows = rows.as_array().cloned().unwrap_or_default();
            let is = is_figure(&column, 0, &rows);
            (is, rows.iter().map(|row| cell(&column, &row[0], is)).collect::<Vec<_>>())
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rate = json!({"type": "VARCHAR", "format": "0.0%"});
        assert_eq!(of(rate, json!([[0.25], ["0.5"], [null]])), (true, texts(&["25.0 %", "50.0 %", ""])));
        assert_eq!(of(json!({"type": "VARCHAR"}), json!([[2026], [1.23456]])), (true, texts(&["2026", "1.23"])));
        assert_eq!(of(json!({"type": "VARCHAR"}), json!([["0123"], [1]])), (false, texts(&["0123", "1"])));
        assert_eq!(of(json!({"type": "BOOLEAN"}), json!([[true]])), (false, texts(&["true"])));
    }
}
