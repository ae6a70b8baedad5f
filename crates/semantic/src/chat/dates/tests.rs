//! A table of phrases and the ranges they name; today is Friday, 20 November 2026.

use super::{Context, at};
use crate::chat::ground::Calendar;
use crate::chat::words::tokens;
use jiff::civil::date;

/// Each row: the phrase, and the longest range that it names, `-` for none. `~` marks what is not over.
fn check(rows: &str, locale: &str, calendar: &Calendar) -> usize {
    let context = Context { today: date(2026, 11, 20), locale, calendar };
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let (phrase, wanted) = row.split_once('|').unwrap_or_else(|| panic!("{row}"));
        let tokens = tokens(phrase).unwrap_or_default();
        let found = at(&tokens, 0, context).into_iter().find(|(end, _)| *end == tokens.len());
        let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "...".to_owned(), |day| day.to_string());
        let print = |range: &crate::chat::query::Range| {
            format!("{} {}{}", day(range.from), day(range.to), if range.is_partial { " ~" } else { "" })
        };
        let got = found.map_or_else(
            || "-".to_owned(),
            |(_, stated)| match &stated.other {
                Some(other) => format!("{} or {}", print(&stated.range), print(other)),
                None => print(&stated.range),
            },
        );
        if got != wanted.trim() {
            wrong.push(format!("{} | {got}   (wanted {})", phrase.trim(), wanted.trim()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "\n{}\n{} of {count}", wrong.join("\n"), wrong.len());
    count
}

#[test]
fn periods_of_the_calendar() {
    assert!(check(include_str!("tests/calendar.txt"), "en-GB", &Calendar::default()) >= 150);
}

#[test]
fn fiscal_periods() {
    let calendar = Calendar { fiscal_start: 7, is_fiscal: true, ..Calendar::default() };
    assert!(check(include_str!("tests/fiscal.txt"), "en-GB", &calendar) >= 20);
}

#[test]
fn a_calendar_model_with_a_fiscal_year() {
    let calendar = Calendar { fiscal_start: 4, ..Calendar::default() };
    check(include_str!("tests/named_fiscal.txt"), "en-GB", &calendar);
}

#[test]
fn weeks_that_begin_on_sunday_and_locales() {
    let calendar = Calendar { week_starts_on_sunday: true, ..Calendar::default() };
    check(
        "this week|2026-11-15 2026-11-22 ~\nlast week|2026-11-08 2026-11-15\nlast 2 weeks|2026-11-01 2026-11-15\nweek 12 of 2026|-",
        "en-US",
        &calendar,
    );
    check("01/02/2026|2026-01-02 2026-01-03\n1/13/2026|2026-01-13 2026-01-14", "en-US", &calendar);
    check("01/02/2026|2026-01-02 2026-01-03 or 2026-02-01 2026-02-02\n13/1/2026|2026-01-13 2026-01-14", "", &calendar);
}
