//! The chart of an answer as SVG, drawn from its Vega-Lite: lying bars, and lines over time.
//!
//! It is drawn by hand, for the two shapes that answers have: what libraries draw has its colours and sizes baked in, while
//! these follow the page, light and dark, with nothing inline. Whatever is not drawn stands in the table.

mod bars;
mod lines;
pub mod periods;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_export::Grain;
use emporion_semantic::chat;
use serde_json::Value;

use crate::answers::figures::Column;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What lies beside one another at most; so many colours there are.
const MOST_SERIES: usize = 5;
/// So many times as large as another may be what is drawn on its axis.
const MOST_APART: f64 = 20.0;

#[derive(Debug, Template)]
#[template(path = "parts/chart.html")]
pub struct Chart {
    pub label: String,
    pub title: Option<String>,
    pub width: usize,
    pub height: usize,
    pub legend: Vec<String>,
    pub rules: Vec<Rule>,
    pub bars: Vec<Bar>,
    pub paths: Vec<Path>,
    pub dots: Vec<Dot>,
    pub texts: Vec<Text>,
}

impl HtmlSafe for Chart {}

/// A thin line: of an axis, or of a number on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub x1: usize,
    pub y1: usize,
    pub x2: usize,
    pub y2: usize,
    pub is_zero: bool,
}

#[derive(Debug)]
pub struct Bar {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
    pub series: usize,
    pub rendered: String,
}

#[derive(Debug)]
pub struct Path {
    pub series: usize,
    pub d: String,
}

#[derive(Debug)]
pub struct Dot {
    pub x: usize,
    pub y: usize,
    pub series: usize,
    pub rendered: String,
}

#[derive(Debug)]
pub struct Text {
    pub x: usize,
    pub y: usize,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    pub text: String,
    /// The whole of it, where it is cut.
    pub whole: Option<String>,
}

/// One figure of a chart: where it stands, of what, and how much it is.
struct Point {
    place: String,
    series: usize,
    figure: Option<f64>,
    /// As people read it.
    rendered: String,
}

/// What a specification says, read as far as it is drawn.
struct Drawn {
    places: Vec<String>,
    series: Vec<String>,
    points: Vec<Point>,
    /// The periods that its places stand for.
    grain: Option<Grain>,
}

/// Figures that share an axis: of one unit, and none so large that another one lies flat beside it.
#[derive(Debug, Clone, PartialEq)]
struct Panel<'s> {
    /// `None` where no column tells it.
    unit: Option<Unit<'s>>,
    names: Vec<&'s str>,
    /// The largest figure of each, in their order.
    sizes: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Unit<'s> {
    name: Option<&'s str>,
    is_share: bool,
    /// Of what has neither unit nor format: counts are whole, averages mostly not.
    is_whole: bool,
}

impl<'s> Unit<'s> {
    fn of(column: &'s Column, figures: &[f64]) -> Unit<'s> {
        let is_bare = column.unit.is_none() && column.format.is_none();
        Unit {
            name: column.unit.as_deref(),
            is_share: column.format.as_deref().is_some_and(|format| format.ends_with('%')),
            is_whole: !is_bare || figures.iter().all(|figure| figure.fract() == 0.0),
        }
    }
}

impl<'s> Panel<'s> {
    /// One for all figures of one unit and about one size.
    fn all(rows: &'s [Value], which: &str, figure: &str, columns: &'s [Column]) -> Vec<Panel<'s>> {
        let mut names: Vec<&str> = Vec::new();
        for name in rows.iter().filter_map(|row| row[which].as_str()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut panels: Vec<Panel<'s>> = Vec::new();
        for name in names {
            let of_name = rows.iter().filter(|row| row[which] == name);
            let figures: Vec<f64> = of_name.filter_map(|row| chat::numbers::of(&row[figure])).collect();
            let size = figures.iter().fold(0.0_f64, |most, figure| most.max(figure.abs()));
            // What lies beside one another is of one column, unless it is called as columns are.
            let column = columns.iter().find(|column| column.label == name);
            let unit = column.map(|column| Unit::of(column, &figures));
            let fits = |panel: &&mut Panel<'_>| panel.unit == unit && (unit.is_none() || panel.has_room_for(size));
            match panels.iter_mut().find(fits) {
                Some(panel) => {
                    panel.names.push(name);
                    panel.sizes.push(size);
                }
                None => panels.push(Panel { unit, names: vec![name], sizes: vec![size] }),
            }
        }
        panels
    }

    fn has_room_for(&self, size: f64) -> bool {
        self.sizes.iter().all(|own| own.max(size) <= MOST_APART * own.min(size))
    }

    fn title(&self) -> String {
        let unit = self.unit.and_then(|unit| unit.name).map(|unit| format!(" ({unit})")).unwrap_or_default();
        format!("{}{unit}", self.names.join(", "))
    }
}

/// One for all figures that can be read on one axis.
pub fn all(t: Texts, spec: &Value, columns: &[Column]) -> Vec<Chart> {
    let named = |channel: &str| spec["encoding"][channel]["field"].as_str().map(chat::field);
    let figure = if spec["encoding"]["x"]["type"] == "quantitative" { named("x") } else { named("y") };
    let (Some(which), Some(figure)) = (named("color"), figure) else {
        return of(t, spec, columns).into_iter().collect();
    };
    let rows = spec["data"]["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    let panels = Panel::all(rows, &which, &figure, columns);
    if let [] | [Panel { unit: None | Some(Unit { name: None, .. }), .. }] = panels.as_slice() {
        return of(t, spec, columns).into_iter().collect();
    }
    let drawn = |panel: &Panel<'_>| {
        let is_its = |row: &&Value| row[&which].as_str().is_some_and(|name| panel.names.contains(&name));
        let mut part = spec.clone();
        part["title"] = panel.title().into();
        part["data"]["values"] = rows.iter().filter(is_its).cloned().collect::<Vec<Value>>().into();
        of(t, &part, columns)
    };
    panels.iter().filter_map(drawn).collect()
}

/// `None` for a chart of another shape, or of nothing.
pub fn of(t: Texts, spec: &Value, columns: &[Column]) -> Option<Chart> {
    let encoding = &spec["encoding"];
    let is = |channel: &str, ty: &str| encoding[channel]["type"] == ty;
    let mark = spec["mark"]["type"].as_str().or(spec["mark"].as_str())?;
    let chart = match mark {
        "bar" if is("y", "nominal") && is("x", "quantitative") => bars::of(t, &read(t, spec, "y", "x", columns)?),
        "line" | "area" if is("x", "temporal") && is("y", "quantitative") => {
            lines::of(t, &read(t, spec, "x", "y", columns)?)?
        }
        _ => return None,
    };
    let title = |channel: &str| encoding[channel]["title"].as_str().map(shown).filter(|title| !title.is_empty());
    let (place, figure) = if mark == "bar" { ("y", "x") } else { ("x", "y") };
    // Beside bars stand figures with their units; numbers at the side of lines have none.
    let axis = title(figure).filter(|_| mark != "bar");
    let named = [title(figure), title(place)].into_iter().flatten().collect::<Vec<_>>();
    Some(Chart {
        label: t.with("ask.chart_of", &[("names", &named.join(", "))]),
        title: chart.title.clone().or_else(|| spec["title"].as_str().map(shown)).or(axis),
        ..chart
    })
}

fn read(t: Texts, spec: &Value, place: &str, figure: &str, columns: &[Column]) -> Option<Drawn> {
    let encoding = &spec["encoding"];
    let field = |channel: &str| encoding[channel]["field"].as_str().map(chat::field);
    let (place, figure, which) = (field(place)?, field(figure)?, field("color"));
    let grain = columns.iter().find(|column| column.name == place).and_then(|column| column.grain);
    let mut drawn = Drawn { places: Vec::new(), series: Vec::new(), points: Vec::new(), grain };
    for row in spec["data"]["values"].as_array()? {
        let text = |name: &str| match &row[name] {
            Value::String(text) => text.clone(),
            Value::Null => "—".to_owned(),
            other => other.to_string(),
        };
        let name = which.as_ref().map(|which| text(which)).unwrap_or_default();
        let column = columns.iter().find(|column| column.name == figure || !name.is_empty() && column.label == name);
        let rendered = column.and_then(|column| column.with_unit(t, &row[&figure])).unwrap_or_else(|| "—".to_owned());
        let place = text(&place);
        remember(&mut drawn.places, &place);
        drawn.points.push(Point {
            series: remember(&mut drawn.series, &name),
            figure: chat::numbers::of(&row[&figure]),
            rendered,
            place,
        });
    }
    (!drawn.points.is_empty() && drawn.series.len() <= MOST_SERIES).then_some(drawn)
}

/// Where it stands among those that were met.
fn remember(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

impl Drawn {
    /// The names of what lies beside one another, where there are several.
    fn legend(&self) -> Vec<String> {
        if self.series.len() > 1 { self.series.iter().map(|name| shown(name)).collect() } else { Vec::new() }
    }

    /// The least and the greatest figure, nothing among them: bars and lines stand on it.
    fn span(&self) -> (f64, f64) {
        let figures = self.points.iter().filter_map(|point| point.figure);
        let (low, high) = figures.fold((0.0_f64, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        if low == high { (0.0, 1.0) } else { (low, high) }
    }
}

/// About so wide is a text of the chart, rather more than less: what is beyond its edge cannot be read.
fn width_of(text: &str) -> usize {
    text.chars().map(tenths_of).sum::<usize>().div_ceil(10)
}

/// Of one character, in tenths of a pixel.
fn tenths_of(c: char) -> usize {
    match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | '(' | ')' | '-'
        | '/' | '\u{a0}' | '\u{202f}' => 50,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 125,
        '0'..='9' => 84,
        // Latin letters with marks are as wide as those without.
        _ if c < '\u{250}' && c.is_uppercase() => 100,
        _ if c < '\u{250}' => 76,
        _ => 130,
    }
}

/// A text that fits, and the whole of it where it is cut.
fn fitted(text: &str, room: usize) -> (String, Option<String>) {
    if width_of(text) <= room {
        return (text.to_owned(), None);
    }
    let mut cut = String::new();
    for c in text.chars() {
        if width_of(&cut) + 26 > room {
            break;
        }
        cut.push(c);
    }
    (format!("{}…", cut.trim_end()), Some(text.to_owned()))
}

/// A place on the chart; coordinates are whole.
fn whole(number: f64) -> usize {
    number.round().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn english() -> Texts {
        Texts::by_code("en").expect("English")
    }

    fn bars_of(rows: Value) -> Option<Chart> {
        let encoding = json!({
            "y": {"field": "a\\.b", "type": "nominal", "title": "Region"},
            "x": {"field": "n", "type": "quantitative", "title": "Sales"},
        });
        let sales = Column {
            name: "n".to_owned(),
            format: Some("#,##0".to_owned()),
            unit: Some("EUR".to_owned()),
            is_figure: true,
            ..Column::default()
        };
        of(english(), &json!({"mark": {"type": "bar"}, "data": {"values": rows}, "encoding": encoding}), &[sales])
    }

    #[test]
    fn bars_begin_at_nothing_and_are_as_long_as_they_say() {
        let chart = bars_of(json!([{"a.b": "N", "n": 100}, {"a.b": "S", "n": 50}, {"a.b": "?", "n": null}]));
        let chart = chart.expect("a chart");
        assert_eq!(chart.bars.len(), 2, "nothing is no bar");
        assert_eq!(chart.bars[0].x, chart.bars[1].x);
        assert_eq!(chart.bars[0].width, 2 * chart.bars[1].width);
        assert!(chart.legend.is_empty() && chart.label.contains("Sales"));
        let below = bars_of(json!([{"a.b": "N", "n": -10}, {"a.b": "S", "n": 10}])).expect("a chart");
        assert_eq!(below.bars[0].x + below.bars[0].width, below.bars[1].x);
    }

    #[test]
    fn figures_are_never_cut_and_long_names_stand_above_their_bars() {
        let beside = bars_of(json!([{"a.b": "North", "n": 12}, {"a.b": "South", "n": -5}])).expect("a chart");
        assert!(beside.texts.iter().any(|text| text.text == "North" && text.anchor == "end"));
        let name = "A region with a long name";
        let long = bars_of(json!([{"a.b": name, "n": 1_234_567_890_123_i64}, {"a.b": "S", "n": -1_234_567_890}]));
        let long = long.expect("a chart");
        let text = |of: &str| long.texts.iter().find(|text| text.text == of).expect("a text");
        assert_eq!((text(name).anchor, text(name).x), ("start", 0));
        assert_eq!(text("1,234,567,890,123 EUR").anchor, "end");
        assert!(long.texts.iter().all(|text| text.whole.is_none() && width_of(&text.text) <= long.width));
        let (bar, rule) = (&long.bars[0], &long.rules[0]);
        assert!(text(name).y < bar.y && text(name).y < rule.y1, "neither a bar nor the line covers the name");
        let room = long.width - width_of("1,234,567,890,123 EUR");
        assert!(long.bars.iter().all(|bar| bar.x + bar.width < room), "and no bar a figure");
    }

    #[test]
    fn texts_never_lie_over_one_another() {
        let rows: Vec<Value> = (0..400)
            .map(|n| json!({"d": format!("{}-{:02}-{:02}", 2020 + n / 336, n / 28 % 12 + 1, n % 28 + 1), "n": n}))
            .collect();
        let encoding = json!({"x": {"field": "d", "type": "temporal"}, "y": {"field": "n", "type": "quantitative"}});
        let spec = json!({"mark": "line", "data": {"values": rows}, "encoding": encoding});
        let chart = of(english(), &spec, &[]).expect("a chart");
        let below: Vec<&Text> = chart.texts.iter().filter(|text| text.anchor == "middle").collect();
        assert!(below.len() >= 3);
        for pair in below.windows(2) {
            let half = |text: &Text| width_of(&text.text) / 2;
            assert!(pair[0].x + half(pair[0]) < pair[1].x - half(pair[1]), "{pair:?}");
        }
        assert!(chart.texts.iter().all(|text| text.x <= chart.width && text.y <= chart.height));
    }

    #[test]
    fn figures_of_different_units_have_charts_of_their_own() {
        let column = |name: &str, label: &str, unit: Option<&str>| Column {
            name: name.into(),
            label: label.into(),
            unit: unit.map(str::to_owned),
            is_figure: true,
            ..Column::default()
        };
        let columns = [column("a", "Orders", None), column("b", "Sales", Some("EUR"))];
        let rows = json!([
            {"d": "2026-01-01", "Figure": "Orders", "Value": 3}, {"d": "2026-01-01", "Figure": "Sales", "Value": 80_000},
            {"d": "2026-02-01", "Figure": "Orders", "Value": 4}, {"d": "2026-02-01", "Figure": "Sales", "Value": 90_000},
        ]);
        let encoding = json!({
            "x": {"field": "d", "type": "temporal"}, "y": {"field": "Value", "type": "quantitative"},
            "color": {"field": "Figure", "type": "nominal"},
        });
        let spec = json!({"mark": "line", "data": {"values": rows}, "encoding": encoding});
        let charts = all(english(), &spec, &columns);
        let titles: Vec<Option<&str>> = charts.iter().map(|chart| chart.title.as_deref()).collect();
        assert_eq!(titles, [Some("Orders"), Some("Sales (EUR)")]);
        assert!(charts.iter().all(|chart| chart.paths.len() == 1 && chart.legend.is_empty()));
        assert_eq!(all(english(), &spec, &[]).len(), 1, "what no column tells apart stays together");
        // Nor does a count with its average, or what would lie flat.
        let bare = [column("a", "Orders", None), column("b", "Sales", None)];
        assert_eq!(all(english(), &spec, &bare).len(), 2);
    }

    #[test]
    fn gaps_stay_gaps_and_other_shapes_are_left_to_the_table() {
        let encoding = json!({"x": {"field": "d", "type": "temporal"}, "y": {"field": "n", "type": "quantitative"}});
        let rows = json!([{"d": "2026-01-01", "n": 1}, {"d": "2026-02-01", "n": null}, {"d": "2026-03-01", "n": 3}]);
        let spec = json!({"mark": "line", "data": {"values": rows}, "encoding": encoding});
        let chart = of(english(), &spec, &[]).expect("a chart");
        assert_eq!(chart.paths[0].d.matches('M').count(), 2);
        assert_eq!(chart.dots.len(), 2);
        for other in [json!({"mark": "rect", "data": {"values": []}}), json!({}), json!(null), json!({"mark": "line"})]
        {
            assert!(of(english(), &other, &[]).is_none(), "{other}");
        }
    }

    #[test]
    fn long_names_are_cut_and_told_whole() {
        let (cut, whole) = fitted(&"long ".repeat(20), 100);
        assert!(width_of(&cut) <= 120 && whole.is_some());
        assert_eq!(fitted("short", 100), ("short".to_owned(), None));
    }
}
