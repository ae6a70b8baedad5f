//! Days and periods in words.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::ground::Ground;
use super::super::query::{Grain, Range};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(date: Date) -> &'static str {
    usize::try_from(date.month() - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default()
}

pub(super) fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// The period of a grain that begins with a day.
pub(super) fn period(ground: &Ground, first: Date, grain: Grain) -> String {
    let start = if ground.calendar.is_fiscal { ground.calendar.fiscal_start } else { 1 };
    period_from(start, first, grain)
}

/// A cell that stands for a period of everybody's calendar; what is no day stays as it is.
pub(super) fn of_calendar(text: &str, grain: Grain) -> String {
    date_of(text).map_or_else(|| text.to_owned(), |first| period_from(1, first, grain))
}

fn period_from(start: i8, first: Date, grain: Grain) -> String {
    // Fiscal years are called by the year in which they end.
    let months = (first.month() - start).rem_euclid(12);
    let year = i32::from(first.year()) + i32::from(start > 1 && first.month() >= start);
    let year = if start > 1 { format!("FY{year}") } else { year.to_string() };
    match grain {
        Grain::Weekday | Grain::Day => day(first),
        Grain::Week => format!("week of {}", day(first)),
        Grain::Month => format!("{} {}", month(first), first.year()),
        Grain::Quarter => format!("Q{} {year}", months / 3 + 1),
        Grain::Year => year,
    }
}

/// A cell with a date or a time; what is none stays as it is.
pub(super) fn cell(ground: &Ground, text: &str, grain: Option<Grain>) -> String {
    let Some(date) = date_of(text) else { return text.to_owned() };
    match grain {
        Some(grain) => period(ground, date, grain),
        None => {
            let clock: String = text.chars().skip(11).take(5).collect();
            let has_clock = clock.len() == 5 && clock.as_bytes().get(2) == Some(&b':') && clock != "00:00";
            if has_clock { format!("{} {clock}", day(date)) } else { day(date) }
        }
    }
}

pub(super) fn date_of(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// `in Q3 2026`, `from 1 July 2026 to 20 July 2026`; nothing for all time.
pub(super) fn range(ground: &Ground, range: &Range) -> Option<String> {
    match (range.from, range.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("since {}", day(from))),
        (None, Some(to)) => Some(format!("until {}", day(to.yesterday().ok()?))),
        (Some(from), Some(to)) => {
            let last = to.yesterday().ok()?;
            if last == from {
                return Some(format!("on {}", day(from)));
            }
            Some(match whole(ground, from, to) {
                Some(grain) if grain == Grain::Week => format!("in the {}", period(ground, from, grain)),
                Some(grain) => format!("in {}", period(ground, from, grain)),
                None => format!("from {} to {}", day(from), day(last)),
            })
        }
    }
}

/// The same without the word before it.
pub(super) fn named(ground: &Ground, range_: &Range) -> Option<String> {
    let text = range(ground, range_)?;
    Some(match text.split_once(' ') {
        Some(("in" | "on", rest)) => rest.to_owned(),
        Some(("from", rest)) => rest.to_owned(),
        _ => text,
    })
}

fn whole(ground: &Ground, from: Date, to: Date) -> Option<Grain> {
    let start = if ground.calendar.is_fiscal { ground.calendar.fiscal_start } else { 1 };
    let months = |months: i64| from.day() == 1 && from.checked_add(months.months()).is_ok_and(|end| end == to);
    let into_year = (from.month() - start).rem_euclid(12);
    if months(12) && into_year == 0 {
        Some(Grain::Year)
    } else if months(3) && into_year % 3 == 0 {
        Some(Grain::Quarter)
    } else if months(1) {
        Some(Grain::Month)
    } else if from.checked_add(7.days()).is_ok_and(|end| end == to) {
        let first = if ground.calendar.week_starts_on_sunday {
            jiff::civil::Weekday::Sunday
        } else {
            jiff::civil::Weekday::Monday
        };
        (from.weekday() == first).then_some(Grain::Week)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ranges_have_the_names_of_whole_periods() {
        let ground = Ground::default();
        let said =
            |from: Option<Date>, to: Option<Date>| range(&ground, &Range { from, to, grain: None, is_partial: false });
        for (from, to, wanted) in [
            (Some(date(2026, 7, 1)), Some(date(2026, 10, 1)), Some("in Q3 2026")),
            (Some(date(2026, 1, 1)), Some(date(2027, 1, 1)), Some("in 2026")),
            (Some(date(2026, 2, 1)), Some(date(2026, 3, 1)), Some("in February 2026")),
            (Some(date(2026, 11, 9)), Some(date(2026, 11, 16)), Some("in the week of 9 November 2026")),
            (Some(date(2026, 11, 20)), Some(date(2026, 11, 21)), Some("on 20 November 2026")),
            (Some(date(2026, 11, 1)), Some(date(2026, 11, 21)), Some("from 1 November 2026 to 20 November 2026")),
            (Some(date(2026, 3, 1)), None, Some("since 1 March 2026")),
            (None, Some(date(2026, 3, 1)), Some("until 28 February 2026")),
            (None, None, None),
        ] {
            assert_eq!(said(from, to).as_deref(), wanted);
        }
        let mut fiscal = Ground::default();
        fiscal.calendar.is_fiscal = true;
        fiscal.calendar.fiscal_start = 10;
        assert_eq!(period(&fiscal, date(2025, 10, 1), Grain::Year), "FY2026");
        assert_eq!(period(&fiscal, date(2026, 1, 1), Grain::Quarter), "Q2 FY2026");
    }
}
