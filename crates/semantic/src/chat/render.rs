//! Renderer of answers: a sentence or two, the description of its table, a chart, and how the question was understood.

mod chart;
mod dates;
mod interpretation;
pub mod numbers;
mod text;

use serde_json::Value;

use super::ground::{Ground, MaskShows, Type};
use super::plan::{OutColumn, Role, Statement};
use super::query::{CompareTo, Grain, Query};

pub use chart::{field, of_written};

/// What goes with the rows of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub text: String,
    pub columns: Vec<TableColumn>,
    /// Vega-Lite, version 5, with its data.
    pub chart: Option<Value>,
    /// `metrics`, `dimensions`, `filters`, `time`, `orderBy`, `limit`, `assumptions`.
    pub interpretation: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    pub name: String,
    pub label: String,
    /// `NUMBER`, `TEXT`, `DATE`, `TIMESTAMP`, `BOOLEAN`, `OTHER`.
    pub ty: &'static str,
    pub format: Option<String>,
    pub unit: Option<String>,
    /// Its days are the first ones of such periods of the calendar.
    pub grain: Option<&'static str>,
    /// What is shown in place of the values.
    pub mask: Option<MaskShows>,
}

/// Says what the rows of a statement answer. `is_truncated`: there are more than these.
pub fn render(
    ground: &Ground,
    query: &Query,
    statement: &Statement,
    rows: &[Vec<Value>],
    is_truncated: bool,
) -> Rendered {
    let column = |column: &OutColumn| TableColumn {
        name: column.name.clone(),
        label: column.label.clone(),
        ty: word(column.ty),
        format: column.format.clone(),
        unit: column.unit.clone(),
        grain: column.grain.filter(|grain| is_of_calendar(ground, *grain)).or(column.stands_for).map(Grain::word),
        mask: column.mask,
    };
    let columns = dated(ground, query, statement);
    Rendered {
        text: text::of(ground, query, statement, rows, is_truncated),
        columns: columns.iter().map(column).collect(),
        chart: chart::of(ground, query, &columns, rows),
        interpretation: interpretation::of(ground, query, statement),
    }
}

/// The columns, where figures are compared each with what it is of: a year, a value. The sentence says it once.
fn dated(ground: &Ground, query: &Query, statement: &Statement) -> Vec<OutColumn> {
    let mut columns = statement.columns.clone();
    let Some(compare) = &query.compare else { return columns };
    let is_by_time = query.dimensions.iter().any(|dimension| dimension.grain.is_some());
    if is_by_time && compare.to == CompareTo::PreviousPeriod {
        // Each period stands beside the one before.
        return columns;
    }
    let sides = match &compare.to {
        CompareTo::Values { first, second, .. } => [first, second].map(|value| Some(text::plain(value))),
        _ => [query.time.as_ref().map(|time| time.range), statement.compared]
            .map(|range| range.and_then(|range| dates::named(ground, &range))),
    };
    let [Some(first), Some(second)] = sides else { return columns };
    let figures: Vec<(usize, String)> = columns
        .iter()
        .filter(|column| column.role == Role::Measure)
        .map(|column| (column.of, column.label.clone()))
        .collect();
    for column in &mut columns {
        let side = match column.role {
            Role::Measure => &first,
            Role::Previous => &second,
            _ => continue,
        };
        let figure = figures.iter().find(|(of, _)| *of == column.of);
        column.label = format!("{} {side}", figure.map_or(&*column.label, |(_, label)| label));
    }
    columns
}

/// What a query asks for, in a few words.
pub fn described(ground: &Ground, query: &Query) -> String {
    text::described(ground, query)
}

/// Whether periods are those of everybody's calendar: years of their own, and quarters of these, have names of their own.
fn is_of_calendar(ground: &Ground, grain: Grain) -> bool {
    !matches!(grain, Grain::Quarter | Grain::Year) || !ground.calendar.is_fiscal || ground.calendar.fiscal_start == 1
}

const fn word(ty: Type) -> &'static str {
    match ty {
        Type::Number => "NUMBER",
        Type::Text => "TEXT",
        Type::Date => "DATE",
        Type::Timestamp => "TIMESTAMP",
        Type::Boolean => "BOOLEAN",
        Type::Other => "OTHER",
    }
}

/// A cell as people read it.
fn shown(ground: &Ground, column: &OutColumn, value: &Value) -> String {
    match (value, column.ty) {
        (Value::Null, _) => "(none)".to_owned(),
        (Value::String(text), _) if let Some(period) = column.stands_for => dates::of_calendar(text, period),
        (value, Type::Number) => numbers::shown(value, column.format.as_deref(), column.unit.as_deref()),
        (Value::String(text), Type::Date | Type::Timestamp) => dates::cell(ground, text, column.grain),
        (Value::Bool(truth), _) => if *truth { "yes" } else { "no" }.to_owned(),
        (Value::Number(number), Type::Boolean) => if number.as_f64() == Some(0.0) { "no" } else { "yes" }.to_owned(),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}
