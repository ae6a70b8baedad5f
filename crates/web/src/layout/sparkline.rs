//! A picture as high as a word: how a number has gone from run to run, or how values spread. What it shows stands in words
//! beside it.

use askama::Template;
use askama::filters::HtmlSafe;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 26.0;
/// Room for the thickness of the line and the last point.
const MARGIN: f64 = 3.0;

#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<svg class="spark" width="120" height="26" viewBox="0 0 120 26" role="img" aria-label="{{ label }}"><path{% if end.is_none() %} class="bars"{% endif %} d="{{ path }}"></path>{% if let Some(end) = end %}<circle cx="{{ end.0 }}" cy="{{ end.1 }}" r="2.5"></circle>{% endif %}</svg>"#,
    ext = "html"
)]
pub struct Sparkline {
    label: String,
    path: String,
    /// Where a line ends; bars have no end.
    end: Option<(String, String)>,
}

impl HtmlSafe for Sparkline {}

impl Sparkline {
    /// Of numbers by time, oldest first. `None` for fewer than two of them, or of one moment.
    pub fn of(label: String, points: &[(i64, f64)]) -> Option<Sparkline> {
        let points: Vec<(f64, f64)> =
            points.iter().filter(|(_, figure)| figure.is_finite()).map(|(at, figure)| (*at as f64, *figure)).collect();
        let (first, last) = (points.first()?.0, points.last()?.0);
        if points.len() < 2 || last <= first {
            return None;
        }
        let low = points.iter().map(|(_, figure)| *figure).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|(_, figure)| *figure).fold(f64::NEG_INFINITY, f64::max);
        let place = |(at, figure): &(f64, f64)| {
            let x = MARGIN + (at - first) / (last - first) * (WIDTH - 2.0 * MARGIN);
            // What never changes lies in the middle.
            let share = if high > low { (figure - low) / (high - low) } else { 0.5 };
            (x, HEIGHT - MARGIN - share * (HEIGHT - 2.0 * MARGIN))
        };
        let places: Vec<(f64, f64)> = points.iter().map(place).collect();
        let one = |(x, y): &(f64, f64)| format!("{x:.1} {y:.1}");
        let line = format!("M{}", places.iter().map(one).collect::<Vec<_>>().join("L"));
        let (x, y) = places.last()?;
        Some(Sparkline { label, path: line, end: Some((format!("{x:.1}"), format!("{y:.1}"))) })
    }

    /// Bars beside one another, as high as the numbers say. `None` for fewer than two of them, or where none is above zero.
    pub fn bars(label: String, heights: &[f64]) -> Option<Sparkline> {
        let highest = heights.iter().copied().filter(|height| height.is_finite()).fold(0.0, f64::max);
        if heights.len() < 2 || highest <= 0.0 {
            return None;
        }
        let step = WIDTH / heights.len() as f64;
        let bar = |(at, height): (usize, &f64)| {
            let height = height.max(0.0) / highest * HEIGHT;
            // Whatever is there can be seen.
            let height = if height > 0.0 { height.max(1.0) } else { 0.0 };
            let (x, width) = (at as f64 * step, (step * 0.8).max(0.5));
            (height > 0.0).then(|| format!("M{x:.1} {HEIGHT}v-{height:.1}h{width:.1}v{height:.1}z"))
        };
        let path = heights.iter().enumerate().filter_map(bar).collect();
        Some(Sparkline { label, path, end: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_from_the_oldest_to_the_newest_and_stays_within() {
        let drawn = Sparkline::of("rows".into(), &[(0, 10.0), (5, 20.0), (10, 15.0)]).expect("a line");
        assert_eq!(drawn.path, "M3.0 23.0L60.0 3.0L117.0 13.0");
        assert_eq!(drawn.end, Some(("117.0".into(), "13.0".into())));
        let flat = Sparkline::of(String::new(), &[(0, 7.0), (9, 7.0)]).expect("a line");
        assert_eq!(flat.path, "M3.0 13.0L117.0 13.0");
    }

    #[test]
    fn bars_are_as_high_as_they_say_and_what_is_nothing_has_none() {
        let drawn = Sparkline::bars("spread".into(), &[2.0, 0.0, 4.0, 0.001]).expect("bars");
        assert_eq!(drawn.path, "M0.0 26v-13.0h24.0v13.0zM60.0 26v-26.0h24.0v26.0zM90.0 26v-1.0h24.0v1.0z");
        for heights in [&[][..], &[1.0], &[0.0, 0.0], &[f64::NAN, -1.0]] {
            assert!(Sparkline::bars(String::new(), heights).is_none(), "{heights:?}");
        }
    }

    #[test]
    fn one_point_is_no_line() {
        for points in [&[][..], &[(1, 1.0)], &[(1, 1.0), (1, 2.0)], &[(1, 1.0), (2, f64::NAN)]] {
            assert!(Sparkline::of(String::new(), points).is_none());
        }
    }
}
