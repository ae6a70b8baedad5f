//! An answer for people: sentence, table, chart, and how it was understood.

use std::io::Write;

use anyhow::Result;
use console::style;
use serde_json::Value;

use super::chart;
use crate::commands::rows;
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
    let room = rows::room();
    let text = |value: &Value| visible(value.as_str().unwrap_or_default());
    writeln!(out, "{}", style(text(&data["text"])).bold())?;
    if let Some(fetched) = data["table"]["rows"].as_array().filter(|rows| !rows.is_empty()) {
        let columns = data["table"]["columns"].as_array().map_or(&[][..], Vec::as_slice);
        // One figure is in the sentence already.
        if fetched.len() > 1 || columns.len() > 1 {
            writeln!(out)?;
            rows::table(&mut out, &data["table"], taste.rows, room)?;
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
    for warning in rows::warnings(data) {
        writeln!(out, "{}", style(format!("warning: {}", visible(&warning))).dim())?;
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
