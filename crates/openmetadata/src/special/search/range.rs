//! Values between two ends: numbers as numbers, moments as moments, whatever else as texts, folded.

use std::cmp::Ordering;

use emporion_catalog::finder::Condition;
use emporion_catalog::id::Millis;
use emporion_catalog::text::fold;
use emporion_catalog::timestamp::{self, DAY_MILLIS};

/// What lies between two ends, of which each may be open.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    from: Option<End>,
    to: Option<End>,
}

#[derive(Debug, Clone, PartialEq)]
struct End {
    text: String,
    /// Whether the end itself is meant.
    is_within: bool,
    number: Option<f64>,
    at: Option<i64>,
}

impl Range {
    /// Between texts as they are written, each with whether it is meant itself. After a day is after its last moment.
    ///
    /// Errors: why, for moments that are said in another way.
    pub fn of(from: Option<(&str, bool)>, to: Option<(&str, bool)>, now: Millis) -> Result<Range, String> {
        let end = |text: &str, is_within: bool, is_last: bool| -> Result<End, String> {
            let is_offset = |rest: &&str| rest.is_empty() || rest.starts_with(['+', '-', '/', '|']);
            let at = match text.strip_prefix("now").filter(is_offset) {
                Some(later) => Some(now.0.saturating_add(offset(later).ok_or_else(|| unknown(text))?)),
                None if text.contains("||") => return Err(unknown(text)),
                None => moment(text, is_last),
            };
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            Ok(End { text: fold(text).into_owned(), is_within, number, at })
        };
        Ok(Range {
            from: from.map(|(text, is_within)| end(text, is_within, !is_within)).transpose()?,
            to: to.map(|(text, is_within)| end(text, is_within, is_within)).transpose()?,
        })
    }

    pub fn holds(&self, value: &str) -> bool {
        let is_on = |end: &Option<End>, side: Ordering| {
            end.as_ref().is_none_or(|end| match end.compared(value) {
                Some(Ordering::Equal) => end.is_within,
                found => found == Some(side),
            })
        };
        !value.is_empty() && is_on(&self.from, Ordering::Greater) && is_on(&self.to, Ordering::Less)
    }

    /// The same of the last change; `None` where an end is no moment.
    pub fn updated(&self) -> Option<Condition> {
        let from = match &self.from {
            None => None,
            Some(end) => Some(end.first_behind()?),
        };
        let to = match &self.to {
            None => None,
            Some(end) => Some(end.last_before()?),
        };
        Some(match (from, to) {
            (None, None) => Condition::Everything,
            (from, to) => Condition::updated(from.map(Millis), to.map(Millis)),
        })
    }
}

impl End {
    /// How a value stands to it; `None` where one is a number or a moment and the other is not.
    fn compared(&self, value: &str) -> Option<Ordering> {
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        match (number, self.number, self.at) {
            (Some(number), Some(end), _) => number.partial_cmp(&end),
            (Some(number), None, Some(at)) => number.partial_cmp(&(at as f64)),
            (None, Some(end), _) => (moment(value, false)? as f64).partial_cmp(&end),
            (None, None, Some(at)) => Some(moment(value, false)?.cmp(&at)),
            (None, None, None) => Some((*fold(value)).cmp(&self.text)),
            (Some(_), None, None) => None,
        }
    }

    /// The first moment that is not before it.
    fn first_behind(&self) -> Option<i64> {
        match (self.number, self.at) {
            (Some(number), _) if self.is_within => Some(number.ceil() as i64),
            (Some(number), _) => Some((number.floor() as i64).saturating_add(1)),
            (None, at) => Some(at?.saturating_add(i64::from(!self.is_within))),
        }
    }

    /// The last moment that is not behind it.
    fn last_before(&self) -> Option<i64> {
        match (self.number, self.at) {
            (Some(number), _) if self.is_within => Some(number.floor() as i64),
            (Some(number), _) => Some((number.ceil() as i64).saturating_sub(1)),
            (None, at) => Some(at?.saturating_sub(i64::from(!self.is_within))),
        }
    }
}

fn unknown(text: &str) -> String {
    format!("moments of this form are not answered: {text}")
}

/// A moment, or the first or the last one of a day.
fn moment(text: &str, is_last: bool) -> Option<i64> {
    let of_day = |at: i64| if is_last { at + DAY_MILLIS - 1 } else { at };
    timestamp::parse(text).or_else(|| timestamp::parse(&format!("{text}T00:00:00Z")).map(of_day))
}

/// How much later than now it is: nothing, or `-7d`, `+12h`.
fn offset(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let is_signed = text.starts_with(['+', '-']);
    let unit = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' | 'H' => 60 * 60_000,
        'd' => DAY_MILLIS,
        'w' => 7 * DAY_MILLIS,
        _ => return None,
    };
    is_signed.then(|| count.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(10 * DAY_MILLIS);

    fn range(from: Option<(&str, bool)>, to: Option<(&str, bool)>) -> Range {
        Range::of(from, to, NOW).expect("a range")
    }

    #[test]
    fn values_compare_as_what_they_are() {
        for (from, to, within, without) in [
            (Some(("9", true)), Some(("10", true)), ["9", "10"], ["8.5", "a"]),
            (Some(("9", false)), None, ["9.5", "100"], ["9", ""]),
            (None, Some(("-1", false)), ["-2", "-1.5"], ["-1", "0"]),
            (Some(("b", true)), Some(("D", false)), ["B", "côte"], ["a", "d"]),
            (
                Some(("1970-01-02", true)),
                Some(("1970-01-03", true)),
                ["86400000", "1970-01-03T23:59:59Z"],
                ["0", "259200000"],
            ),
            (
                Some(("1970-01-02", false)),
                Some(("1970-01-04", false)),
                ["172800000", "1970-01-03"],
                ["172799999", "259200000"],
            ),
            (Some(("now-1d", true)), Some(("now", true)), ["777600000", "864000000"], ["777599999", "864000001"]),
        ] {
            let range = range(from, to);
            assert!(within.iter().all(|value| range.holds(value)), "{range:?} {within:?}");
            assert!(!without.iter().any(|value| range.holds(value)), "{range:?} {without:?}");
        }
        for broken in ["now-1y", "now/d", "2026-01-01||/M"] {
            assert!(Range::of(Some((broken, true)), None, NOW).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_last_change_is_known_to_the_index() {
        let updated = |from: i64, to: i64| Some(Condition::updated(Some(Millis(from)), Some(Millis(to))));
        assert_eq!(range(Some(("5", true)), Some(("9", true))).updated(), updated(5, 9));
        assert_eq!(range(Some(("5", false)), Some(("9", false))).updated(), updated(6, 8));
        assert_eq!(range(Some(("5.5", false)), Some(("9.5", true))).updated(), updated(6, 9));
        let day = range(Some(("1970-01-02", false)), Some(("1970-01-03", true)));
        assert_eq!(day.updated(), updated(2 * DAY_MILLIS, 3 * DAY_MILLIS - 1));
        assert_eq!(range(None, None).updated(), Some(Condition::Everything));
        assert_eq!(range(Some(("a", true)), None).updated(), None);
    }
}
