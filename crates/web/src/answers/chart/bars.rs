//! Lying bars: a name, the bar from nothing on, the figure on the right. Names stand on the left where bars have room beside
//! them, and else above.

use super::{Bar, Chart, Drawn, Rule, Text, fitted, whole, width_of};
use crate::text::plain::shown;
use crate::text::texts::Texts;

const MOST_PLACES: usize = 30;
/// A picture fits a telephone; what names and figures leave of it is for the bars.
const WIDTH: usize = 356;
const GAP: usize = 10;
/// Shorter bars cannot be told apart.
const LEAST_ROOM: usize = 110;
const MOST_FIGURE: usize = WIDTH - GAP - LEAST_ROOM;
/// A name above its bars.
const LINE: usize = 18;
/// Of a bar alone, and of one of several for a name.
const BAR: usize = 18;
const THIN_BAR: usize = 13;
const BETWEEN: usize = 8;

pub fn of(t: Texts, drawn: &Drawn) -> Chart {
    let (low, high) = drawn.span();
    let names = drawn.places.iter().take(MOST_PLACES).map(|place| width_of(&shown(place))).max().unwrap_or(0);
    let figures = drawn.points.iter().map(|point| width_of(&point.rendered)).max().unwrap_or(0).min(MOST_FIGURE);
    let is_beside = names + figures + 2 * GAP + LEAST_ROOM <= WIDTH;
    let left = if is_beside { names + GAP } else { 0 };
    let room = (WIDTH - left - GAP - figures) & !1;
    let at = |figure: f64| left + whole((figure - low) / (high - low) * room as f64);
    let (zero, width) = (at(0.0), WIDTH);
    let bar = if drawn.series.len() > 1 { THIN_BAR } else { BAR };
    let (mut bars, mut texts, mut rules) = (Vec::new(), Vec::new(), Vec::new());
    let mut y = BETWEEN / 2;
    for place in drawn.places.iter().take(MOST_PLACES) {
        let mut points: Vec<_> = drawn.points.iter().filter(|point| point.place == *place).collect();
        points.sort_by_key(|point| point.series);
        let (text, cut) = fitted(&shown(place), WIDTH);
        if is_beside {
            let middle = y + points.len() * bar / 2 + 4;
            texts.push(Text { x: names, y: middle, anchor: "end", text, whole: cut });
        } else {
            texts.push(Text { x: 0, y: y + 13, anchor: "start", text, whole: cut });
            y += LINE;
        }
        let top = y;
        for point in points {
            if let Some(figure) = point.figure {
                let (from, to) = (zero.min(at(figure)), zero.max(at(figure)));
                let of = if drawn.series.len() > 1 {
                    format!(", {}", shown(&drawn.series[point.series]))
                } else {
                    String::new()
                };
                let rendered = format!("{}{of}: {}", shown(place), point.rendered);
                bars.push(Bar { x: from, y: y + 1, width: to - from, height: bar - 2, series: point.series, rendered });
            }
            let (text, cut) = fitted(&point.rendered, MOST_FIGURE);
            texts.push(Text { x: width, y: y + bar / 2 + 4, anchor: "end", text, whole: cut });
            y += bar;
        }
        // Beside names the line goes through; it crosses none that stands above its bars.
        let end = if is_beside { y + BETWEEN } else { y };
        rules.push(Rule { x1: zero, y1: top, x2: zero, y2: end, is_zero: true });
        y += BETWEEN;
    }
    let title =
        (drawn.places.len() > MOST_PLACES).then(|| t.with("ask.first_bars", &[("n", &t.number(MOST_PLACES as u64))]));
    Chart {
        label: String::new(),
        title,
        width,
        height: y,
        legend: drawn.legend(),
        rules,
        bars,
        paths: Vec::new(),
        dots: Vec::new(),
        texts,
    }
}
