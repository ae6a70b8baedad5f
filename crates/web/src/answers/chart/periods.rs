//! Months and quarters that a source keeps as texts: what stands beside them is drawn over time.

use emporion_export::Grain;
use emporion_products::chat::answer::Table;
use emporion_semantic::chat;
use serde_json::{Map, Value, json};

/// The specification of bars beside such texts as one of lines, with all rows of the table; the column that they stand in, and
/// what they are. `None` for another one.
pub fn over_time(spec: &Value, table: &Table) -> Option<(Value, String, Grain)> {
    let encoding = &spec["encoding"];
    let field = |channel: &str| encoding[channel]["field"].as_str().map(chat::field);
    if spec["mark"]["type"] != "bar" || encoding["y"]["type"] != "nominal" {
        return None;
    }
    let (place, figure, which) = (field("y")?, field("x")?, field("color"));
    let at = |name: &str| table.columns.iter().position(|column| column.name == name);
    let cell = |row: &[Value], at: usize| row.get(at).cloned().unwrap_or(Value::Null);
    let placed = at(&place)?;
    let periods: Vec<(Grain, String)> =
        table.rows.iter().map(|row| beginning(&cell(row, placed))).collect::<Option<_>>()?;
    let grain = periods.first()?.0;
    if periods.iter().any(|(other, _)| *other != grain) {
        return None;
    }
    // One row for each figure where several have one axis, else one for each row of the table.
    let of_figures: Vec<(Option<Value>, usize)> = match (at(&figure), &which) {
        (Some(figure), _) => vec![(None, figure)],
        (None, Some(which)) => {
            let drawn = |label: &str| {
                spec["data"]["values"].as_array().is_some_and(|rows| rows.iter().any(|row| row[which] == label))
            };
            let columns = table.columns.iter().enumerate().filter(|(_, column)| drawn(&column.label));
            columns.map(|(at, column)| (Some(column.label.clone().into()), at)).collect()
        }
        (None, None) => return None,
    };
    let named = which.as_deref().and_then(at);
    let row = |(row, (_, day)): (&Vec<Value>, &(Grain, String))| {
        let one = |(label, at): &(Option<Value>, usize)| {
            let mut cells = Map::from_iter([(place.clone(), json!(day)), (figure.clone(), cell(row, *at))]);
            let name = label.clone().or_else(|| named.map(|at| cell(row, at)));
            cells.extend(which.clone().zip(name));
            Value::Object(cells)
        };
        of_figures.iter().map(one).collect::<Vec<_>>()
    };
    let values: Vec<Value> = table.rows.iter().zip(&periods).flat_map(row).collect();
    let time = json!({"field": encoding["y"]["field"], "type": "temporal", "title": encoding["y"]["title"]});
    let mut encoding = json!({"x": time, "y": encoding["x"]});
    if let Some(color) = spec["encoding"].get("color") {
        encoding["color"] = color.clone();
    }
    Some((json!({"mark": {"type": "line"}, "data": {"values": values}, "encoding": encoding}), place, grain))
}

/// The first day of `2026-03` or `2026-Q1`, `2026 Q1`, `Q1 2026`.
fn beginning(value: &Value) -> Option<(Grain, String)> {
    let text = value.as_str()?.trim();
    let (one, other) = text.split_once(['-', ' ', '/']).or_else(|| text.split_at_checked(4))?;
    let number = |text: &str, digits: usize| -> Option<u32> {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let quarter = |text: &str| number(text.strip_prefix(['Q', 'q'])?, 1).filter(|quarter| (1..=4).contains(quarter));
    let (grain, year, month) = match (number(one, 4), quarter(other)) {
        (Some(year), Some(quarter)) => (Grain::Quarter, year, quarter * 3 - 2),
        (Some(year), None) => (Grain::Month, year, number(other, 2).filter(|month| (1..=12).contains(month))?),
        (None, _) => (Grain::Quarter, number(other, 4)?, quarter(one)? * 3 - 2),
    };
    ((1900..2200).contains(&year)).then(|| (grain, format!("{year}-{month:02}-01")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_months_or_quarters_are_known() {
        let day = |text: &str| beginning(&json!(text)).map(|(grain, day)| (grain == Grain::Month, day));
        for (text, is_month, begins) in [
            ("2026-03", true, "2026-03-01"),
            ("202603", true, "2026-03-01"),
            ("2026-Q2", false, "2026-04-01"),
            ("Q4 2026", false, "2026-10-01"),
        ] {
            assert_eq!(day(text), Some((is_month, begins.to_owned())), "{text}");
        }
        for text in ["2026", "2026-13", "2026-03-01", "2026-Q5", "Q1", "0999-01", "North", "", "123456", "äöü-03"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn bars_beside_months_become_lines_of_all_rows() {
        let table: Table = serde_json::from_value(json!({
            "columns": [{"name": "month", "label": "month"}, {"name": "n", "label": "n"}],
            "rows": [["2026-02", 2], ["2026-01", 1]],
        }))
        .expect("a table");
        let encoding = json!({"y": {"field": "month", "type": "nominal"}, "x": {"field": "n", "type": "quantitative"}});
        let spec =
            json!({"mark": {"type": "bar"}, "data": {"values": [{"month": "2026-02", "n": 2}]}, "encoding": encoding});
        let (line, place, _) = over_time(&spec, &table).expect("a line");
        assert_eq!(line["data"]["values"], json!([{"month": "2026-02-01", "n": 2}, {"month": "2026-01-01", "n": 1}]));
        assert_eq!((&*place, &line["encoding"]["x"]["type"]), ("month", &json!("temporal")));
        let mixed = Table { rows: vec![vec![json!("2026-02"), json!(1)], vec![json!("all"), json!(3)]], ..table };
        assert!(over_time(&spec, &mixed).is_none());
    }
}
