//! A line as high as a word: how a number has gone from run to run. What it shows stands in words beside it.

use askama::Template;
use askama::filters::HtmlSafe;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 26.0;
/// Room for the thickness of the line and the last point.
const MARGIN: f64 = 3.0;

#[derive(Debug, Template)]
#[template(
    source = r#"<svg class="spark" width="120" height="26" viewBox="0 0 120 26" role="img" aria-label="{{ label }}"><path d="{{ line }}"></path><circle cx="{{ end.0 }}" cy="{{ end.1 }}" r="2.5"></circle></svg>"#,
    ext = "html"
)]
pub struct Sparkline {
    label: String,
    line: String,
    end: (String, String),
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
        Some(Sparkline { label, line, end: (format!("{x:.1}"), format!("{y:.1}")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_from_the_oldest_to_the_newest_and_stays_within() {
        let drawn = Sparkline::of("rows".into(), &[(0, 10.0), (5, 20.0), (10, 15.0)]).expect("a line");
        assert_eq!(drawn.line, "M3.0 23.0L60.0 3.0L117.0 13.0");
        assert_eq!(drawn.end, ("117.0".into(), "13.0".into()));
        let flat = Sparkline::of(String::new(), &[(0, 7.0), (9, 7.0)]).expect("a line");
        assert_eq!(flat.line, "M3.0 13.0L117.0 13.0");
    }

    #[test]
    fn one_point_is_no_line() {
        for points in [&[][..], &[(1, 1.0)], &[(1, 1.0), (1, 2.0)], &[(1, 1.0), (2, f64::NAN)]] {
            assert!(Sparkline::of(String::new(), points).is_none());
        }
    }
}
