//! The chart of an answer as bars for a terminal, drawn from its Vega-Lite.

use console::{measure_text_width, truncate_str};
use emporion_semantic::chat::{self, numbers};
use serde_json::Value;

use crate::output::visible;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MOST: usize = 30;
const LONGEST_NAME: usize = 30;
/// Channels of a chart that say whose a figure is, in the order in which people read them.
const CHANNELS: [&str; 4] = ["x", "y", "yOffset", "color"];

/// The figures of a chart as bars, in `width` columns; `None` where bars would not show what it does.
pub fn bars(spec: &Value, columns: &[Value], width: usize) -> Option<String> {
    let rows = spec["data"]["values"].as_array()?;
    let encoding = &spec["encoding"];
    let is_figure = |channel: &&str| encoding[*channel]["type"] == "quantitative";
    let field = |channel: &str| Some(chat::field(encoding[channel]["field"].as_str()?));
    let figures: Vec<&str> = CHANNELS.into_iter().filter(is_figure).collect();
    let [figure] = figures.as_slice() else { return None };
    let figure = field(figure)?;
    let mut names: Vec<String> = Vec::new();
    for name in CHANNELS.into_iter().filter(|channel| !is_figure(channel)).filter_map(field) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let shown = |row: &Value| {
        let is_it = |column: &&Value| {
            column["name"] == figure.as_str() || !row["Figure"].is_null() && column["label"] == row["Figure"]
        };
        let column = columns.iter().find(is_it);
        let word = |member: &str| column.and_then(|column| column[member].as_str());
        match &row[figure.as_str()] {
            Value::Null => "(none)".to_owned(),
            value => visible(&numbers::shown(value, word("format"), word("unit"))),
        }
    };
    let lines: Vec<(String, f64, String)> = rows
        .iter()
        .take(MOST)
        .map(|row| {
            let parts = names.iter().map(|name| match &row[name.as_str()] {
                Value::String(text) => text.clone(),
                Value::Null => "(none)".to_owned(),
                other => other.to_string(),
            });
            let name = visible(&parts.collect::<Vec<_>>().join(", "));
            let name = truncate_str(&name, LONGEST_NAME, "…").into_owned();
            (name, numbers::of(&row[figure.as_str()]).unwrap_or(0.0), shown(row))
        })
        .collect();
    let most = lines.iter().map(|(_, number, _)| *number).fold(0.0, f64::max);
    if lines.len() < 2 || most <= 0.0 || lines.iter().any(|(_, number, _)| *number < 0.0) {
        return None;
    }
    let longest = lines.iter().map(|(name, _, _)| measure_text_width(name)).max()?;
    let figures = lines.iter().map(|(_, _, text)| measure_text_width(text)).max()?;
    let room = width.saturating_sub(longest + figures + 3).max(5);
    let mut drawn = String::new();
    for (name, number, text) in &lines {
        let eighths = (number / most * room as f64 * 8.0).round() as usize;
        let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
        let pad = " ".repeat(longest - measure_text_width(name));
        drawn.push_str(&format!("{name}{pad}  {bar} {text}\n"));
    }
    if rows.len() > MOST {
        drawn.push_str(&format!("and {} more\n", rows.len() - MOST));
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bars_are_drawn_from_the_spec() {
        let spec = json!({
            "mark": {"type": "bar"},
            "data": {"values": [{"re.gion": "US", "n": 75}, {"re.gion": "東京", "n": "59.99"}, {"re.gion": "\u{1b}[2J", "n": null}]},
            "encoding": {"y": {"field": "re\\.gion", "type": "nominal"}, "x": {"field": "n", "type": "quantitative"}},
        });
        let columns = [json!({"name": "n", "label": "N", "format": "0.00", "unit": "EUR"})];
        let text = bars(&spec, &columns, 28).expect("bars");
        assert_eq!(text, "US    ████████████ 75.00 EUR\n東京  █████████▋ 59.99 EUR\n [2J   (none)\n");
    }

    #[test]
    fn what_bars_cannot_show_is_not_drawn() {
        let of = |values: Value, x: &str| {
            let encoding = json!({"y": {"field": "a", "type": x}, "x": {"field": "n", "type": "quantitative"}});
            bars(&json!({"data": {"values": values}, "encoding": encoding}), &[], 40)
        };
        let rows = json!([{"a": "x", "n": 1}, {"a": "y", "n": 2}]);
        assert!(of(rows.clone(), "nominal").is_some());
        assert_eq!(of(rows, "quantitative"), None);
        assert_eq!(of(json!([{"a": "x", "n": 1}, {"a": "y", "n": -2}]), "nominal"), None);
        assert_eq!(of(json!([{"a": "x", "n": 1}]), "nominal"), None);
        assert_eq!(bars(&Value::Null, &[], 40), None);
        let many: Vec<Value> = (1..=40).map(|n| json!({"a": n, "n": n})).collect();
        assert!(of(many.into(), "nominal").is_some_and(|text| text.ends_with("and 10 more\n")));
    }

    #[test]
    fn several_figures_have_a_bar_each() {
        let spec = json!({
            "data": {"values": [
                {"month": "2026-01-01", "Figure": "Sales", "Value": 4}, {"month": "2026-01-01", "Figure": "Cost", "Value": 2},
            ]},
            "encoding": {
                "x": {"field": "month", "type": "temporal"}, "y": {"field": "Value", "type": "quantitative"},
                "color": {"field": "Figure", "type": "nominal"},
            },
        });
        let columns =
            [json!({"name": "sales", "label": "Sales", "unit": "EUR"}), json!({"name": "cost", "label": "Cost"})];
        let text = bars(&spec, &columns, 40).expect("bars");
        assert_eq!(text, "2026-01-01, Sales  ███████████████ 4 EUR\n2026-01-01, Cost   ███████▌ 2\n");
    }
}
