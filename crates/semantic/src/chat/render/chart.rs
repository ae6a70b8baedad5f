//! Charts, by the shape of the answer. Bars begin at nothing, and there are no pies.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::ground::{Additivity, Ground, MaskShows, Type};
use super::super::plan::{OutColumn, Role};
use super::super::query::{Grain, Measure, Query};
use super::{TableColumn, numbers, shown};
use crate::model::is_called_time;
use crate::model::time_format::are_days;

const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";
const MAX_ROWS: usize = 5_000;
const MAX_BARS: usize = 30;
const MAX_LINES: usize = 5;
/// Names that no column has: those are lower case.
const FIGURE: &str = "Figure";
const VALUE: &str = "Value";

/// What a chart is drawn of.
struct Drawn<'a> {
    ground: &'a Ground,
    rows: &'a [Vec<Value>],
    columns: &'a [OutColumn],
}

/// `None` where a chart would say nothing that the text or table does not.
pub(super) fn of(ground: &Ground, query: &Query, columns: &[OutColumn], rows: &[Vec<Value>]) -> Option<Value> {
    of_columns(ground, columns, rows, query.share.is_some() && is_additive(ground, query))
}

/// The same of a statement that somebody wrote: its columns are drawn by what they hold, lines over days and bars beside names.
/// `None`, too, where several rows would have one place.
pub fn of_written(ground: &Ground, columns: &[TableColumn], rows: &[Vec<Value>]) -> Option<Value> {
    let drawn: Vec<(usize, OutColumn)> =
        columns.iter().enumerate().filter_map(|(at, column)| Some((at, written(column, at, rows)?))).collect();
    let (places, columns): (Vec<usize>, Vec<OutColumn>) = drawn.into_iter().unzip();
    let cell = |row: &[Value], at: usize| row.get(at).cloned().unwrap_or(Value::Null);
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| places.iter().map(|at| cell(row, *at)).collect()).collect();
    let place = |row: &Vec<Value>| -> Vec<String> {
        let named = columns.iter().zip(row).filter(|(column, _)| column.role == Role::Dimension);
        named
            .map(|(column, value)| if column.is_period() { day(value).to_owned() } else { value.to_string() })
            .collect()
    };
    let are_apart = rows.iter().map(place).collect::<BTreeSet<_>>().len() == rows.len();
    are_apart.then(|| of_columns(ground, &columns, &rows, false)).flatten()
}

/// What such a column is drawn as; nothing of numbers that only tell things apart.
fn written(column: &TableColumn, at: usize, rows: &[Vec<Value>]) -> Option<OutColumn> {
    let values = || rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null());
    let name = column.name.to_lowercase();
    values().next()?;
    let stands_for = (column.mask == Some(MaskShows::Year)).then_some(Grain::Year);
    let (role, ty, grain) = if values().all(Value::is_number) {
        // A year, a month or an hour is what a figure stands beside.
        let tells_when = values().all(Value::is_u64) && is_called_time(&column.name);
        if tells_when { (Role::Dimension, Type::Text, None) } else { (Role::Measure, Type::Number, None) }
    } else if values().all(|value| are_days(std::slice::from_ref(value))) {
        (Role::Dimension, Type::Date, Some(Grain::Day).filter(|_| stands_for.is_none()))
    } else {
        (Role::Dimension, Type::Text, None)
    };
    let only_tells_apart = role == Role::Measure && (name == "id" || name.ends_with("_id"));
    let TableColumn { name, label, format, unit, mask, .. } = column.clone();
    (!only_tells_apart).then_some(OutColumn { name, label, role, ty, format, unit, of: 0, grain, stands_for, mask })
}

/// The day of a moment.
fn day(value: &Value) -> &str {
    value.as_str().and_then(|text| text.get(..10)).unwrap_or_default()
}

fn of_columns(ground: &Ground, columns: &[OutColumn], rows: &[Vec<Value>], is_part: bool) -> Option<Value> {
    let columns_of = |role: Role| -> Vec<usize> {
        let wanted = |(at, column): (usize, &OutColumn)| {
            (column.role == role && (role == Role::Dimension || column.ty == Type::Number)).then_some(at)
        };
        columns.iter().enumerate().filter_map(wanted).collect()
    };
    let (groups, measures) = (columns_of(Role::Dimension), columns_of(Role::Measure));
    if rows.len() < 2 || rows.len() > MAX_ROWS || measures.is_empty() || groups.is_empty() {
        return None;
    }
    let drawn = Drawn { ground, rows, columns };
    let is_time = |at: &usize| columns[*at].is_period();
    let (times, names): (Vec<usize>, Vec<usize>) = groups.iter().partition(|at| is_time(at));
    let shares = columns_of(Role::Share);
    let running = columns_of(Role::Cumulative);
    let previous = columns_of(Role::Previous);
    let mut figures = if running.is_empty() { measures.clone() } else { running };
    match (times.as_slice(), names.as_slice()) {
        ([time], []) => {
            figures.extend(&previous);
            (figures.len() <= MAX_LINES).then(|| drawn.lines(*time, &figures))
        }
        ([time], [name]) => {
            let many = drawn.different(*name);
            if many > MAX_LINES || figures.len() > 1 || !previous.is_empty() {
                return None;
            }
            Some(drawn.series(*time, *name, figures[0], is_part))
        }
        ([], [name]) if !shares.is_empty() => Some(drawn.bars(*name, &shares[..1])),
        ([], [name]) if previous.is_empty() && figures.len() == 2 && rows.len() > MAX_BARS => {
            Some(drawn.points(*name, figures[0], figures[1]))
        }
        ([], [name]) => {
            figures.extend(&previous);
            (figures.len() <= MAX_LINES).then(|| drawn.bars(*name, &figures))
        }
        ([], [one, other]) if previous.is_empty() => {
            let (a, b) = (drawn.different(*one), drawn.different(*other));
            match a.max(b) {
                many if many > MAX_BARS => None,
                _ if b <= MAX_LINES => Some(drawn.grouped(*one, *other, figures[0])),
                _ => Some(drawn.heat(*one, *other, figures[0])),
            }
        }
        _ => None,
    }
}

fn is_additive(ground: &Ground, query: &Query) -> bool {
    query.measures.first().is_some_and(|measure| match measure {
        Measure::Metric(id) => ground.metric(*id).additivity == Additivity::Additive,
        Measure::CountOf(_) => true,
        _ => false,
    })
}

impl Drawn<'_> {
    fn different(&self, at: usize) -> usize {
        let mut values: Vec<String> =
            self.rows.iter().map(|row| row.get(at).map_or_else(String::new, Value::to_string)).collect();
        values.sort();
        values.dedup();
        values.len()
    }

    /// Data of these columns: figures as numbers, days as they are, the rest as people read it.
    fn data(&self, places: &[usize], most: usize) -> Value {
        let cell = |row: &[Value], at: usize| {
            let (column, value) = (&self.columns[at], row.get(at).unwrap_or(&Value::Null));
            match column.role {
                Role::Dimension if column.is_period() => value.clone(),
                Role::Dimension => Value::String(shown(self.ground, column, value)),
                _ => numbers::of(value).map_or(Value::Null, |number| json!(number)),
            }
        };
        let row = |row: &Vec<Value>| {
            let cells = places.iter().map(|at| (self.columns[*at].name.clone(), cell(row, *at)));
            Value::Object(cells.collect::<Map<String, Value>>())
        };
        json!({"values": self.rows.iter().take(most).map(row).collect::<Vec<_>>()})
    }

    fn spec(&self, mark: Value, data: Value, encoding: Value) -> Value {
        json!({"$schema": SCHEMA, "width": "container", "data": data, "mark": mark, "encoding": encoding})
    }

    fn time(&self, at: usize) -> Value {
        json!({"field": escaped(&self.columns[at].name), "type": "temporal", "title": self.columns[at].label, "scale": {"type": "utc"}})
    }

    fn name(&self, at: usize) -> Value {
        json!({"field": escaped(&self.columns[at].name), "type": "nominal", "title": self.columns[at].label})
    }

    fn figure(&self, at: usize) -> Value {
        let column = &self.columns[at];
        let title = match &column.unit {
            Some(unit) => format!("{} ({unit})", column.label),
            None => column.label.clone(),
        };
        let mut figure = json!({"field": escaped(&column.name), "type": "quantitative", "title": title});
        if column.format.as_deref().is_some_and(|format| format.contains('%')) {
            figure["axis"] = json!({"format": ".0%"});
        }
        figure
    }

    /// Several figures under one scale, one row for each.
    fn folded(&self, group: usize, figures: &[usize], most: usize) -> Value {
        let data = |row: &Vec<Value>| {
            let (column, value) = (&self.columns[group], row.get(group).unwrap_or(&Value::Null));
            let key = if column.is_period() { value.clone() } else { Value::String(shown(self.ground, column, value)) };
            let one = |at: &usize| {
                let figure = row.get(*at).and_then(numbers::of).map_or(Value::Null, |number| json!(number));
                let cells = [
                    (column.name.clone(), key.clone()),
                    (FIGURE.to_owned(), json!(self.columns[*at].label)),
                    (VALUE.to_owned(), figure),
                ];
                Value::Object(cells.into_iter().collect())
            };
            figures.iter().map(one).collect::<Vec<_>>()
        };
        json!({"values": self.rows.iter().take(most).flat_map(data).collect::<Vec<_>>()})
    }

    fn lines(&self, time: usize, figures: &[usize]) -> Value {
        // Missing values are gaps.
        let mark = json!({"type": "line", "point": true, "invalid": "break-paths-show-domains", "tooltip": true});
        if let [one] = figures {
            let data = self.data(&[time, *one], MAX_ROWS);
            return self.spec(mark, data, json!({"x": self.time(time), "y": self.figure(*one)}));
        }
        let data = self.folded(time, figures, MAX_ROWS);
        self.spec(mark, data, json!({"x": self.time(time), "y": value(), "color": which()}))
    }

    fn series(&self, time: usize, name: usize, figure: usize, is_part: bool) -> Value {
        let mark = match is_part {
            true => json!({"type": "area", "tooltip": true}),
            false => json!({"type": "line", "point": true, "tooltip": true}),
        };
        let mut y = self.figure(figure);
        if is_part {
            y["stack"] = json!("zero");
        }
        let data = self.data(&[time, name, figure], MAX_ROWS);
        self.spec(mark, data, json!({"x": self.time(time), "y": y, "color": self.name(name)}))
    }

    /// Lying bars in the order of the table; the first thirty.
    fn bars(&self, name: usize, figures: &[usize]) -> Value {
        let mut y = self.name(name);
        y["sort"] = Value::Null;
        let mark = json!({"type": "bar", "tooltip": true});
        let mut spec = match figures {
            [one] => self.spec(mark, self.data(&[name, *one], MAX_BARS), json!({"y": y, "x": self.figure(*one)})),
            _ => {
                let offset = json!({"field": FIGURE, "sort": null});
                let encoding = json!({"y": y, "x": value(), "yOffset": offset, "color": which()});
                self.spec(mark, self.folded(name, figures, MAX_BARS), encoding)
            }
        };
        if self.rows.len() > MAX_BARS {
            spec["title"] = json!(format!("The first {MAX_BARS} of {}", self.rows.len()));
        }
        spec
    }

    fn grouped(&self, one: usize, other: usize, figure: usize) -> Value {
        // Numbers that each have a name of their own are said by it.
        if let Some(name) = self.naming(one, other).or_else(|| self.naming(other, one)) {
            return self.bars(name, &[figure]);
        }
        let mut y = self.name(one);
        y["sort"] = Value::Null;
        let offset = json!({"field": escaped(&self.columns[other].name)});
        let encoding = json!({"y": y, "x": self.figure(figure), "yOffset": offset, "color": self.name(other)});
        self.spec(json!({"type": "bar", "tooltip": true}), self.data(&[one, other, figure], MAX_ROWS), encoding)
    }

    /// The second of two columns where the first holds numbers alone, and each row has another one and another name.
    fn naming(&self, numbers: usize, names: usize) -> Option<usize> {
        let each = |at: usize| self.rows.iter().map(move |row| row.get(at).unwrap_or(&Value::Null));
        let are_numbers = each(numbers).all(Value::is_number);
        let are_apart = |at: usize| {
            let mut texts: Vec<String> = each(at).map(Value::to_string).collect();
            texts.sort_unstable();
            texts.windows(2).all(|pair| pair[0] != pair[1])
        };
        (are_numbers && each(names).all(Value::is_string) && are_apart(numbers) && are_apart(names)).then_some(names)
    }

    fn heat(&self, one: usize, other: usize, figure: usize) -> Value {
        let encoding = json!({"y": self.name(one), "x": self.name(other), "color": self.figure(figure)});
        self.spec(json!({"type": "rect", "tooltip": true}), self.data(&[one, other, figure], MAX_ROWS), encoding)
    }

    fn points(&self, name: usize, x: usize, y: usize) -> Value {
        let encoding = json!({"x": self.figure(x), "y": self.figure(y), "tooltip": [self.name(name), self.figure(x), self.figure(y)]});
        self.spec(json!({"type": "point"}), self.data(&[name, x, y], MAX_ROWS), encoding)
    }
}

fn value() -> Value {
    json!({"field": VALUE, "type": "quantitative", "title": null})
}

fn which() -> Value {
    json!({"field": FIGURE, "type": "nominal", "title": null})
}

/// The name of a field of a chart as its rows have it: what [`escaped`] was made of.
pub fn field(escaped: &str) -> String {
    let mut name = String::with_capacity(escaped.len());
    let mut letters = escaped.chars();
    while let Some(letter) = letters.next() {
        name.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    name
}

/// Dots and brackets in a field's name are no paths.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '.' | '[' | ']' | '\\' | '\'' | '"') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(names: &[&str], rows: Value) -> Option<Value> {
        let column = |name: &&str| TableColumn {
            name: (*name).to_owned(),
            label: (*name).to_owned(),
            ty: "OTHER",
            format: None,
            unit: None,
            grain: None,
            mask: None,
        };
        let columns: Vec<TableColumn> = names.iter().map(column).collect();
        let rows: Vec<Vec<Value>> = serde_json::from_value(rows).expect("rows");
        let (ground, _) = Ground::of(&[], &|_: Option<&str>, _: &str| None);
        of_written(&ground, &columns, &rows)
    }

    #[test]
    fn what_somebody_wrote_is_drawn_by_what_its_columns_hold() {
        let mark = |chart: Option<Value>| chart.map(|chart| chart["mark"]["type"].clone());
        let line = drawn(&["day", "n"], json!([["2026-01-01", 1], ["2026-02-01", 2]]));
        assert_eq!(mark(line), Some(json!("line")));
        let bars = drawn(&["region", "n"], json!([["North", 1], ["South", 2]]));
        assert_eq!(mark(bars), Some(json!("bar")));
        let series = drawn(&["day", "region", "n"], json!([["2026-01-01", "N", 1], ["2026-01-01", "S", 2]]));
        assert_eq!(mark(series), Some(json!("line")));
        let named = drawn(&["customer_id", "name", "n"], json!([[7, "Ada", 1], [8, "Bob", 2]])).expect("bars");
        assert_eq!(named["data"]["values"][0], json!({"name": "Ada", "n": 1.0}), "a number that only tells apart");
        let years = drawn(&["year", "n"], json!([[2024, 1], [2025, 2]])).expect("bars");
        assert_eq!(years["data"]["values"][0], json!({"year": "2024", "n": 1.0}), "a year is no figure");
        let spans = drawn(&["span", "n"], json!([["2026-01-01 bis 03", 1], ["2026-01-04 bis 09", 2]]));
        assert_eq!(mark(spans), Some(json!("bar")), "a text that begins with a day is none");
        for (names, rows) in [
            (&["region", "n"][..], json!([["North", 1], ["North", 2]])),
            (&["at", "n"], json!([["2026-01-01T10:00:00", 1], ["2026-01-01T11:00:00", 2]])),
            (&["region", "city"], json!([["North", "Oslo"], ["South", "Rome"]])),
            (&["n"], json!([[1], [2]])),
            (&["region", "n"], json!([["North", 1]])),
            (&["region", "n"], json!([])),
        ] {
            assert_eq!(drawn(names, rows.clone()), None, "{rows}");
        }
    }
}
