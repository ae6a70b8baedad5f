//! Renderer of answers: a sentence or two, the description of its table, a chart, and how the question was understood.

mod chart;
mod dates;
mod interpretation;
pub mod numbers;
mod text;

use serde_json::Value;

use super::ground::{Ground, Type};
use super::plan::{OutColumn, Statement};
use super::query::{Grain, Query};

pub use chart::field;

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
        grain: column.grain.filter(|grain| is_of_calendar(ground, *grain)).map(Grain::word),
    };
    Rendered {
        text: text::of(ground, query, statement, rows, is_truncated),
        columns: statement.columns.iter().map(column).collect(),
        chart: chart::of(ground, query, statement, rows),
        interpretation: interpretation::of(ground, query, statement),
    }
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
        (value, Type::Number) => numbers::shown(value, column.format.as_deref(), column.unit.as_deref()),
        (Value::String(text), Type::Date | Type::Timestamp) => dates::cell(ground, text, column.grain),
        (Value::Bool(truth), _) => if *truth { "yes" } else { "no" }.to_owned(),
        (Value::Number(number), Type::Boolean) => if number.as_f64() == Some(0.0) { "no" } else { "yes" }.to_owned(),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}
