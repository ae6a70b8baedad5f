//! Times in queries: days, months, years, moments, and how long ago.

use emporion_catalog::timestamp::{self, DAY_MILLIS};

/// How a time can be written, for whoever wrote it otherwise.
pub const FORMS: &[&str] =
    &["2026", "2026-01", "2026-01-31", "2026-01-31T12:00:00Z", "12h", "7d", "2w", "3m", "1y", "today", "yesterday"];

const HOUR: i64 = 3_600_000;

/// Milliseconds since 1970.
pub type Instant = i64;

/// From the first moment up to the last, that one included. Of what goes back from now, the second is the end of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Instant,
    pub last: Instant,
    /// It is a moment, seen from now.
    pub is_ago: bool,
}

pub fn is_time(text: &str) -> bool {
    span(text, 0).is_some()
}

/// What a text means at a moment. Days are those of UTC.
pub fn span(text: &str, now: Instant) -> Option<Span> {
    let days = |first: Instant, days: i64| Span { first, last: first + days * DAY_MILLIS - 1, is_ago: false };
    match text {
        "today" => return Some(days(now.div_euclid(DAY_MILLIS) * DAY_MILLIS, 1)),
        "yesterday" => return Some(days(now.div_euclid(DAY_MILLIS) * DAY_MILLIS - DAY_MILLIS, 1)),
        _ => {}
    }
    if let Some(ago) = ago(text) {
        return Some(Span { first: now - ago, last: i64::MAX, is_ago: true });
    }
    if let Some(moment) = timestamp::parse(text) {
        return Some(Span { first: moment, last: moment, is_ago: false });
    }
    let first = |year: i64, month: i64| timestamp::parse(&format!("{year:04}-{month:02}-01T00:00:00Z"));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let next_month = |year: i64, month: i64| if month == 12 { first(year + 1, 1) } else { first(year, month + 1) };
    match text.len() {
        4 => {
            let year = number(text)?;
            Some(Span { first: first(year, 1)?, last: end_of(year, first(year + 1, 1))?, is_ago: false })
        }
        7 => {
            let (year, month) =
                (number(text.get(..4)?)?, number(text.strip_prefix(text.get(..4)?)?.strip_prefix('-')?)?);
            Some(Span { first: first(year, month)?, last: end_of(year, next_month(year, month))?, is_ago: false })
        }
        10 => Some(days(timestamp::parse(&format!("{text}T00:00:00Z"))?, 1)),
        _ => None,
    }
}

/// The moment before the next span; the last year that can be written has none after it.
fn end_of(year: i64, next: Option<Instant>) -> Option<Instant> {
    match next {
        Some(next) => Some(next - 1),
        None if year == 9_999 => timestamp::parse("9999-12-31T23:59:59.999Z"),
        None => None,
    }
}

/// How many milliseconds ago: a number and a unit.
fn ago(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'h' => HOUR,
        'd' => DAY_MILLIS,
        'w' => 7 * DAY_MILLIS,
        'm' => 30 * DAY_MILLIS,
        'y' => 365 * DAY_MILLIS,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse::<i64>().ok()? * unit)
}
