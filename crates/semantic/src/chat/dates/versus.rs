//! What a figure is held against: "the quarter before", "the same period last year", "year over year".

use super::{Context, any_phrase, calendar, periods, phrase};
use crate::chat::query::{Grain, Range};
use crate::chat::words::Token;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Against {
    /// The period before the one asked for.
    Before,
    /// The unit before: of a question about that unit the one before, of smaller ones the same part of it.
    Last(Grain),
    SameLastYear,
    /// "the 3 months before": of as many.
    Several(i32, Grain),
    /// "month over month".
    Over(Grain),
}

/// What stands behind "versus" and is no range of its own.
pub(in super::super) fn against(tokens: &[Token], from: usize) -> Option<(usize, Against)> {
    let at = phrase(tokens, from, "the").unwrap_or(from);
    let same =
        ["same period", "same time", "same month", "same quarter", "same week", "same day", "same date", "same months"];
    if let Some(end) = any_phrase(tokens, at, &same) {
        let end = any_phrase(tokens, end, &["of", "in", "of the", "in the", "the"]).unwrap_or(end);
        let last =
            ["last year", "previous year", "prior year", "year before", "a year ago", "a year earlier", "year earlier"];
        return any_phrase(tokens, end, &last).map(|end| (end, Against::SameLastYear));
    }
    if let Some(end) =
        any_phrase(tokens, at, &["a year ago", "a year earlier", "a year before", "one year ago", "year ago"])
    {
        return Some((end, Against::SameLastYear));
    }
    let before = ["previous period", "prior period", "preceding period", "period before", "last period", "one before"];
    if let Some(end) = any_phrase(tokens, at, &before) {
        return Some((end, Against::Before));
    }
    if let Some(end) = any_phrase(tokens, at, &["last", "previous", "prior", "preceding", "previous full"]) {
        let grain = periods::unit(tokens.get(end)).filter(|_| !tokens[end].text.ends_with('s'))?;
        return Some((end + 1, Against::Last(grain)));
    }
    if let Some((end, count, grain)) = several(tokens, at) {
        return Some((end, Against::Several(count, grain)));
    }
    let grain = periods::unit(tokens.get(at))?;
    any_phrase(tokens, at + 1, &["before", "earlier", "before that", "prior"]).map(|end| (end, Against::Last(grain)))
}

/// "3 months before", "previous 3 months".
fn several(tokens: &[Token], at: usize) -> Option<(usize, i32, Grain)> {
    let words = ["previous", "prior", "preceding"];
    let (at, is_said) = any_phrase(tokens, at, &words).map_or((at, false), |end| (end, true));
    let count = tokens.get(at)?.number()?.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    let grain = periods::unit(tokens.get(at + 1))?;
    let behind = ["before that", "before", "earlier", "prior", "before those", "previously", "preceding"];
    match any_phrase(tokens, at + 2, &behind) {
        Some(end) => Some((end, count, grain)),
        None => is_said.then_some((at + 2, count, grain)),
    }
}

/// "year over year", "MoM", "quarter on quarter".
pub(in super::super) fn over(tokens: &[Token], from: usize) -> Option<(usize, Against)> {
    let short = |words: &[&str], grain: Grain| any_phrase(tokens, from, words).map(|end| (end, Against::Over(grain)));
    short(&["yoy", "y o y", "y / y", "year over year", "year on year", "year to year"], Grain::Year)
        .or_else(|| short(&["mom", "month over month", "month on month", "month to month"], Grain::Month))
        .or_else(|| short(&["qoq", "quarter over quarter", "quarter on quarter"], Grain::Quarter))
        .or_else(|| short(&["wow", "week over week", "week on week"], Grain::Week))
        .or_else(|| short(&["dod", "day over day", "day on day"], Grain::Day))
}

/// The range that is so much earlier. `None`: which one that is, the words do not say.
pub(in super::super) fn earlier(context: Context<'_>, range: Range, against: Against) -> Option<Range> {
    let (from, to, grain) = (range.from?, range.to?, range.grain?);
    match against {
        Against::SameLastYear if grain == Grain::Week => None,
        Against::SameLastYear => {
            let before = |day| calendar::plus(day, Grain::Year, -1);
            // The day after the last one: a February of a leap year ends later.
            let end = if to.day() == 1 { before(to)? } else { before(to.yesterday().ok()?)?.tomorrow().ok()? };
            calendar::span(context, before(from)?, end, grain)
        }
        Against::Before | Against::Last(_) => {
            let unit = if let Against::Last(unit) = against { unit } else { grain };
            let most = if against == Against::Before { 400 } else { 1 };
            let is_end = |count: &i32| {
                let end = calendar::plus(from, unit, *count);
                end == Some(to) || range.is_partial && *count == 1 && end > Some(to)
            };
            let count = (1..=most).find(is_end)?;
            calendar::span(context, calendar::plus(from, unit, -count)?, from, unit)
        }
        Against::Several(count, unit) => calendar::span(context, calendar::plus(from, unit, -count)?, from, unit),
        Against::Over(_) => None,
    }
}

/// "a year later", "2 months earlier": how many periods on, and the token behind.
pub(in super::super) fn later(tokens: &[Token], at: usize) -> Option<(usize, i32, Grain)> {
    let number = tokens.get(at)?.number().and_then(|digits| digits.parse::<i32>().ok());
    let is_one = ["a", "an", "one"].iter().any(|word| tokens[at].is(word));
    let count = number.or(is_one.then_some(1)).filter(|count| (1..100).contains(count))?;
    let grain = periods::unit(tokens.get(at + 1))?;
    let later = phrase(tokens, at + 2, "later").map(|end| (end, count, grain));
    later.or_else(|| any_phrase(tokens, at + 2, &["earlier", "before"]).map(|end| (end, -count, grain)))
}

/// The range so many periods on, whichever of its ends it has.
pub(in super::super) fn shifted(context: Context<'_>, range: Range, grain: Grain, count: i32) -> Option<Range> {
    // The day after the last one: the end of a month stays one.
    let end = |to: jiff::civil::Date| match to.day() == 1 && grain >= Grain::Month {
        true => calendar::plus(to, grain, count),
        false => calendar::plus(to.yesterday().ok()?, grain, count)?.tomorrow().ok(),
    };
    let from = range.from.map(|from| calendar::plus(from, grain, count).ok_or(())).transpose().ok()?;
    let to = range.to.map(|to| end(to).ok_or(())).transpose().ok()?;
    match (from, to, range.grain) {
        (Some(from), Some(to), Some(grain)) => calendar::span(context, from, to, grain),
        _ => Some(Range { from, to, ..range }),
    }
}

/// The same part of a year as the range is of its own: of March 2026 and 2025, March 2025.
pub(in super::super) fn part_of(context: Context<'_>, range: Range, year: Range) -> Option<Range> {
    let (from, to, grain) = (range.from?, range.to?, range.grain?);
    let (first, end) = (year.from?, year.to?);
    let is_one = calendar::plus(from, grain, 1).is_some_and(|next| next == to || range.is_partial && next > to);
    if year.grain != Some(Grain::Year) || !is_one || matches!(grain, Grain::Year | Grain::Week) {
        return None;
    }
    (-10..=10).filter(|years| *years != 0).find_map(|years| {
        let from = calendar::plus(from, Grain::Year, years)?;
        let to = calendar::plus(from, grain, 1)?;
        (from >= first && to <= end).then(|| calendar::span(context, from, to, grain)).flatten()
    })
}
