//! Arithmetic of days, weeks, months, quarters and years, calendar and fiscal.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Context;
use crate::chat::query::{Grain, Range};

/// The first day of the period that a day lies in.
pub(super) fn start(context: Context<'_>, grain: Grain, day: Date, is_fiscal: bool) -> Option<Date> {
    let first_month = if is_fiscal { context.calendar.fiscal_start.clamp(1, 12) } else { 1 };
    let since = |months: i8| (day.month() - first_month).rem_euclid(12) % months;
    let back = |months: i8| day.first_of_month().checked_sub(i32::from(since(months)).months()).ok();
    match grain {
        Grain::Weekday | Grain::Day => Some(day),
        Grain::Week => {
            let first = if context.calendar.week_starts_on_sunday { Weekday::Sunday } else { Weekday::Monday };
            day.checked_sub(i32::from(day.weekday().since(first)).days()).ok()
        }
        Grain::Month => Some(day.first_of_month()),
        Grain::Quarter => back(3),
        Grain::Year => back(12),
    }
}

pub(super) fn plus(day: Date, grain: Grain, count: i32) -> Option<Date> {
    if count.unsigned_abs() > 20_000 {
        return None;
    }
    let span = match grain {
        Grain::Weekday | Grain::Day => count.days(),
        Grain::Week => count.weeks(),
        Grain::Month => count.months(),
        Grain::Quarter => count.checked_mul(3)?.months(),
        Grain::Year => count.years(),
    };
    day.checked_add(span).ok().filter(|day| (1..=9999).contains(&day.year()))
}

/// One whole period that begins on a day.
pub(super) fn whole(context: Context<'_>, from: Date, grain: Grain) -> Option<Range> {
    span(context, from, plus(from, grain, 1)?, grain)
}

/// Days up to `to`; partial where today lies in them.
pub(super) fn span(context: Context<'_>, from: Date, to: Date, grain: Grain) -> Option<Range> {
    let tomorrow = plus(context.today, Grain::Day, 1)?;
    let is_partial = from <= context.today && tomorrow < to;
    Some(Range { from: Some(from), to: Some(to), grain: Some(grain), is_partial })
}

/// The period that today lies in, up to today.
pub(super) fn so_far(context: Context<'_>, grain: Grain, is_fiscal: bool) -> Option<Range> {
    let from = start(context, grain, context.today, is_fiscal)?;
    let tomorrow = plus(context.today, Grain::Day, 1)?;
    let is_partial = plus(from, grain, 1)? != tomorrow;
    Some(Range { from: Some(from), to: Some(tomorrow), grain: Some(grain), is_partial })
}

/// The last so many complete periods.
pub(super) fn complete(context: Context<'_>, grain: Grain, count: i32, is_fiscal: bool) -> Option<Range> {
    let to = start(context, grain, context.today, is_fiscal)?;
    span(context, plus(to, grain, -count)?, to, grain)
}

/// The calendar or fiscal year of a number. A fiscal year is called after the year that it ends in.
pub(super) fn year_start(context: Context<'_>, year: i16, is_fiscal: bool) -> Option<Date> {
    let month = context.calendar.fiscal_start.clamp(1, 12);
    match is_fiscal && month > 1 {
        true => Date::new(year.checked_sub(1)?, month, 1).ok(),
        false => Date::new(year, 1, 1).ok(),
    }
}

/// Whether periods are fiscal where the words do not say.
pub(super) fn is_fiscal(context: Context<'_>) -> bool {
    context.calendar.is_fiscal && context.calendar.fiscal_start != 1
}
