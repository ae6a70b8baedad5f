//! Bars for a terminal.

use serde_json::Value;

use super::super::ground::{Ground, Type};
use super::super::plan::{OutColumn, Role, Statement};
use super::{numbers, shown};

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MAX_BARS: usize = 30;
const MAX_NAME: usize = 30;

/// The first figure of each row as a bar, in `width` columns; `None` where there is nothing to draw.
pub fn chart_text(ground: &Ground, statement: &Statement, rows: &[Vec<Value>], width: usize) -> Option<String> {
    let columns = &statement.columns;
    let wanted =
        |column: &OutColumn| matches!(column.role, Role::Measure | Role::Cumulative) && column.ty == Type::Number;
    let figure = columns
        .iter()
        .rposition(|column| column.role == Role::Cumulative)
        .or_else(|| columns.iter().position(wanted))?;
    let groups: Vec<usize> =
        columns.iter().enumerate().filter(|(_, column)| column.role == Role::Dimension).map(|(at, _)| at).collect();
    if rows.len() < 2 || groups.is_empty() {
        return None;
    }
    let bars: Vec<(String, Option<f64>, String)> = rows
        .iter()
        .take(MAX_BARS)
        .map(|row| {
            let names = groups.iter().map(|at| shown(ground, &columns[*at], row.get(*at).unwrap_or(&Value::Null)));
            // What a terminal would obey is not written to it.
            let name: String =
                names.collect::<Vec<_>>().join(", ").chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
            let value = row.get(figure).unwrap_or(&Value::Null);
            (name, numbers::of(value), shown(ground, &columns[figure], value))
        })
        .collect();
    let most = bars.iter().filter_map(|(_, number, _)| *number).fold(0.0, f64::max);
    let is_below = bars.iter().any(|(_, number, _)| number.is_some_and(|number| number < 0.0));
    if most <= 0.0 || is_below {
        return None;
    }
    let names = bars.iter().map(|(name, _, _)| name.chars().count()).max()?;
    let figures = bars.iter().map(|(_, _, text)| text.chars().count()).max()?;
    let room = width.saturating_sub(names + figures + 4).max(5);
    let mut out = String::new();
    for (name, number, text) in &bars {
        let eighths = (number.unwrap_or(0.0) / most * room as f64 * 8.0).round() as usize;
        let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
        let pad = names - name.chars().count();
        out.push_str(&format!("{name}{}  {bar} {text}\n", " ".repeat(pad)));
    }
    if rows.len() > MAX_BARS {
        out.push_str(&format!("and {} more\n", rows.len() - MAX_BARS));
    }
    Some(out)
}
