//! Lines over time. Where a figure is missing, the line is broken.

use emporion_export::Grain;
use emporion_semantic::chat::numbers::{formatted, grouped};
use jiff::civil::Date;

use super::{Chart, Dot, Drawn, Path, Point, Rule, Text, whole, width_of};
use crate::text::plain::shown;
use crate::text::texts::Texts;

const ROOM: usize = 470;
const HIGH: usize = 190;
const TOP: usize = 10;
const GAP: usize = 8;
const BELOW: usize = 26;
/// About so many numbers stand at the side.
const TICKS: f64 = 4.0;
/// Between two days that are written below.
const APART: usize = 14;
/// More have no dots.
const MOST_DOTS: usize = 60;

/// `None` where the days cannot be read.
pub fn of(t: Texts, drawn: &Drawn) -> Option<Chart> {
    let mut days: Vec<Date> = drawn.places.iter().map(|place| day(place)).collect::<Option<_>>()?;
    days.sort_unstable();
    days.dedup();
    let (first, last) = (*days.first()?, *days.last()?);
    let number = |day: Date| f64::from(day.since(first).map_or(0, |span| span.get_days()));
    let days_between = number(last).max(1.0);
    let step = step(drawn.span());
    let (low, high) = drawn.span();
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    let is_percent = drawn.points.iter().all(|point| point.rendered.ends_with('%') || point.figure.is_none());
    let ticks: Vec<(f64, String)> = (0..=whole((high - low) / step))
        .map(|at| low + at as f64 * step)
        .map(|figure| (figure, t.figure(&tick(figure, step, is_percent))))
        .collect();
    let left = ticks.iter().map(|(_, text)| width_of(text)).max().unwrap_or(0) + GAP;
    // Half of the first day that is written below lies before its place.
    let left = left.max(width_of(&written(t, first, drawn.grain, &days)) / 2 + 2);
    // Half of the last day that is written below lies beyond its place.
    let width = left + ROOM + 45;
    let x = |day: Date| left + whole(number(day) / days_between * ROOM as f64);
    let y = |figure: f64| TOP + whole((high - figure) / (high - low) * HIGH as f64);
    let (mut rules, mut texts) = (Vec::new(), Vec::new());
    for (figure, text) in ticks {
        let at = y(figure);
        rules.push(Rule { x1: left, y1: at, x2: left + ROOM, y2: at, is_zero: figure.abs() < step / 1e6 });
        texts.push(Text { x: left - GAP, y: at + 4, anchor: "end", text, whole: None });
    }
    texts.extend(below(t, drawn.grain, &days, x, left));
    let mut of_series: Vec<Vec<(Date, &Point)>> = vec![Vec::new(); drawn.series.len()];
    for point in &drawn.points {
        of_series[point.series].push((day(&point.place)?, point));
    }
    let (mut paths, mut dots) = (Vec::new(), Vec::new());
    for (series, points) in of_series.iter_mut().enumerate() {
        points.sort_by_key(|(day, _)| *day);
        let mut d = String::new();
        let mut is_broken = true;
        for (day, point) in points.iter() {
            let Some(figure) = point.figure else {
                is_broken = true;
                continue;
            };
            let (x, y) = (x(*day), y(figure));
            d.push_str(&format!("{}{x} {y}", if is_broken { 'M' } else { 'L' }));
            is_broken = false;
            if days.len() <= MOST_DOTS {
                let of =
                    if drawn.series.len() > 1 { format!(", {}", shown(&drawn.series[series])) } else { String::new() };
                dots.push(Dot {
                    x,
                    y,
                    series,
                    rendered: format!("{}{of}: {}", written(t, *day, drawn.grain, &days), point.rendered),
                });
            }
        }
        paths.push(Path { series, d });
    }
    Some(Chart {
        label: String::new(),
        title: None,
        width,
        height: TOP + HIGH + BELOW,
        legend: drawn.legend(),
        rules,
        bars: Vec::new(),
        paths,
        dots,
        texts,
    })
}

/// The day that a value begins with.
fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// As many days as have room below, at even distances, the last one among them.
fn below(t: Texts, grain: Option<Grain>, days: &[Date], x: impl Fn(Date) -> usize, left: usize) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    let mut free = usize::MAX;
    for day in days.iter().rev() {
        let (at, text) = (x(*day), written(t, *day, grain, days));
        let half = width_of(&text) / 2 + 1;
        if at + half < free && at + GAP >= left {
            texts.push(Text { x: at, y: TOP + HIGH + 18, anchor: "middle", text, whole: None });
            free = at.saturating_sub(half + APART);
        }
    }
    texts.reverse();
    texts
}

/// A year, a quarter, a month or a day, by what all of them are.
fn written(t: Texts, day: Date, grain: Option<Grain>, days: &[Date]) -> String {
    if grain == Some(Grain::Quarter) && days.iter().all(|day| day.day() == 1) {
        return format!("Q{} {}", (day.month() - 1) / 3 + 1, day.year());
    }
    let month = t.say(&format!("month.{}", day.month()));
    let short: String = month.chars().take(3).collect();
    if days.iter().all(|day| (day.month(), day.day()) == (1, 1)) {
        day.year().to_string()
    } else if days.iter().all(|day| day.day() == 1) {
        format!("{short} {}", day.year())
    } else {
        format!("{} {short} {}", day.day(), day.year())
    }
}

/// Between two numbers at the side: one, two or five, times a power of ten.
fn step((low, high): (f64, f64)) -> f64 {
    let rough = (high - low) / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let factor = rough / power;
    let nice = if factor <= 1.0 {
        1.0
    } else if factor <= 2.0 {
        2.0
    } else if factor <= 5.0 {
        5.0
    } else {
        10.0
    };
    nice * power
}

fn tick(figure: f64, step: f64, is_percent: bool) -> String {
    let step = if is_percent { step * 100.0 } else { step };
    let decimals = if step >= 1.0 { 0 } else { whole(-step.log10().floor()).min(10) };
    let zeros = "0".repeat(decimals);
    match (is_percent, decimals) {
        (true, 0) => formatted(figure, "0%"),
        (true, _) => formatted(figure, &format!("0.{zeros}%")),
        (false, 0) => grouped(&formatted(figure, "0")),
        (false, _) => formatted(figure, &format!("#,##0.{zeros}")),
    }
}
