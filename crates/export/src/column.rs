//! Columns of a table, and what stands in them.

use serde_json::Value;

use crate::period::{Grain, Period};

/// A column: its heading, and what its values are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    pub label: String,
    /// `NUMBER`, `DATE`, `TIMESTAMP` …, as the source or the model says.
    pub ty: String,
    /// As in `#,##0.00` and `0.0%`.
    pub format: Option<String>,
    pub unit: Option<String>,
    /// Whether it holds figures.
    pub is_figure: bool,
    /// Its days stand for periods that begin with them.
    pub grain: Option<Grain>,
}

impl Column {
    /// One of which only the heading is known.
    pub fn named(label: &str) -> Column {
        Column { label: label.to_owned(), ..Column::default() }
    }

    /// The column at a place of the rows. Whether it holds figures its source says, or its model by a format or a unit, or
    /// all that stands in it: not every source knows the type of what it computes.
    pub fn new(
        label: &str,
        ty: &str,
        format: Option<&str>,
        unit: Option<&str>,
        rows: &[Vec<Value>],
        at: usize,
    ) -> Column {
        let values = || rows.iter().filter_map(|row| row.get(at));
        let holds_numbers =
            values().any(Value::is_number) && values().all(|value| value.is_number() || value.is_null());
        let is_figure = ["NUMBER", "FLOAT"].contains(&ty) || format.is_some() || unit.is_some() || holds_numbers;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Column {
            label: label.to_owned(),
            ty: ty.to_owned(),
            format: owned(format),
            unit: owned(unit),
            is_figure,
            grain: None,
        }
    }

    /// With what answers call the periods that its days stand for. Days, and weeks, which are told by their first, are days
    /// whatever their source calls what it computed.
    pub fn of_periods(self, grain: Option<&str>) -> Column {
        let ty = if matches!(grain, Some("day" | "week")) { "DATE".to_owned() } else { self.ty };
        Column { grain: grain.and_then(Grain::named), ty, ..self }
    }

    /// The period that a value stands for.
    pub fn period(&self, value: &Value) -> Option<Period> {
        Period::beginning(self.grain?, value)
    }

    /// With the unit of all its figures, in brackets.
    pub fn heading(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} ({unit})", self.label),
            None => self.label.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_known_by_type_format_unit_or_values() {
        let is_figure = |ty, format, unit, values: Value| {
            let rows: Vec<Vec<Value>> = values.as_array().unwrap().iter().map(|value| vec![value.clone()]).collect();
            Column::new("x", ty, format, unit, &rows, 0).is_figure
        };
        assert!(is_figure("NUMBER", None, None, json!([])));
        assert!(is_figure("VARCHAR", Some("0.0%"), None, json!(["0.5"])));
        assert!(is_figure("VARCHAR", None, Some("kg"), json!(["1"])));
        assert!(is_figure("VARCHAR", None, None, json!([2026, null])));
        assert!(!is_figure("VARCHAR", None, None, json!([1, "0123"])));
        assert!(!is_figure("VARCHAR", None, None, json!([null])));
    }
}
