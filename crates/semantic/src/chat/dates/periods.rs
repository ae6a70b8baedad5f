//! One period or several: "last month", "the last 30 days", "Q3 2025", "FY26", "this year so far".

use super::days::{relative_year, year};
use super::{Context, Stated, any_phrase, calendar, days, phrase};
use crate::chat::query::{Grain, Range};
use crate::chat::words::Token;

pub(super) fn at(tokens: &[Token], from: usize, context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = days::at(tokens, from, context);
    let at = phrase(tokens, from, "the").unwrap_or(from);
    let noted = [relative(tokens, at, context), to_date(tokens, at, context), part_of_year(tokens, at, context)];
    found.extend(noted.into_iter().flatten());
    found.extend(fiscal_year(tokens, at, context));
    found.extend(several(tokens, at, context));
    found.extend(week(tokens, at, context));
    // "the year 2024", "calendar year 2024"
    if let Some(end) = any_phrase(tokens, at, &["year", "calendar year", "full year", "cy"])
        && let Some(year) = year(tokens.get(end))
    {
        let is_calendar = phrase(tokens, end - 1, "year").is_none() || phrase(tokens, at, "calendar").is_some();
        let fiscal = calendar::is_fiscal(context) && !is_calendar;
        let range =
            calendar::year_start(context, year, fiscal).and_then(|day| calendar::whole(context, day, Grain::Year));
        found.extend(range.map(|range| (end + 1, Stated::of(range))));
    }
    if at > from {
        found.extend(days::at(tokens, at, context));
    }
    found
}

/// `month`, `months` and the like.
pub(super) fn unit(token: Option<&Token>) -> Option<Grain> {
    match token?.text.as_str() {
        "day" | "days" => Some(Grain::Day),
        "week" | "weeks" => Some(Grain::Week),
        "month" | "months" => Some(Grain::Month),
        "quarter" | "quarters" => Some(Grain::Quarter),
        "year" | "years" => Some(Grain::Year),
        _ => None,
    }
}

/// "fiscal", "calendar" or neither before a unit.
fn kind(tokens: &[Token], at: usize, context: Context<'_>) -> (usize, bool) {
    let model = calendar::is_fiscal(context);
    let next = |word: &str, is_fiscal: bool| phrase(tokens, at, word).map(|end| (end, is_fiscal));
    let fiscal = next("fiscal", true).or_else(|| next("financial", true));
    fiscal.or_else(|| next("calendar", false)).unwrap_or((at, model))
}

fn fiscal_note(is_fiscal: bool, range: Range) -> Option<String> {
    let from = range.from.filter(|_| is_fiscal)?;
    Some(format!("Took fiscal periods: this one begins on {from}."))
}

/// "today", "yesterday", "this month", "last quarter".
fn relative(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    if let Some(end) = phrase(tokens, at, "today") {
        return Some((end, Stated::of(calendar::whole(context, context.today, Grain::Day)?)));
    }
    if let Some(end) = phrase(tokens, at, "day before yesterday") {
        return Some((
            end,
            Stated::of(calendar::whole(context, calendar::plus(context.today, Grain::Day, -2)?, Grain::Day)?),
        ));
    }
    if let Some(end) = phrase(tokens, at, "yesterday") {
        return Some((end, Stated::of(calendar::complete(context, Grain::Day, 1, false)?)));
    }
    let so_far = phrase(tokens, at, "so far").unwrap_or(at);
    if let Some(end) = any_phrase(tokens, so_far, &["this", "current", "the current"]) {
        let (end, is_fiscal) = kind(tokens, end, context);
        let grain = unit(tokens.get(end)).filter(|_| !tokens[end].text.ends_with('s'))?;
        let until = any_phrase(tokens, end + 1, &["so far", "to date", "until now", "until today"]);
        let is_so_far = until.is_some() || so_far > at;
        // What is planned for the rest of it belongs to it.
        let range = match is_so_far {
            true => calendar::so_far(context, grain, is_fiscal)?,
            false => calendar::whole(context, calendar::start(context, grain, context.today, is_fiscal)?, grain)?,
        };
        let end = until.unwrap_or(end + 1);
        let until = if is_so_far { ": counted up to today" } else { " yet" };
        let note = range.is_partial.then(|| format!("The {} is not over{until}.", grain.word()));
        return Some((end, Stated { note: note.or_else(|| fiscal_note(is_fiscal, range)), ..Stated::of(range) }));
    }
    let end =
        any_phrase(tokens, at, &["last", "previous", "prior", "past", "last full", "last complete", "preceding"])?;
    let (end, is_fiscal) = kind(tokens, end, context);
    if let Some(month) = tokens.get(end).and_then(days::month) {
        let today = context.today;
        let year = if month >= today.month() { today.year() - 1 } else { today.year() };
        return Some((end + 1, Stated::of(days::whole_month(context, year, month)?)));
    }
    let grain = unit(tokens.get(end)).filter(|_| !tokens[end].text.ends_with('s'))?;
    // "the last quarter of 2024" is a part of that year.
    if phrase(tokens, end + 1, "of").is_some_and(|end| year(tokens.get(end)).is_some()) {
        return None;
    }
    // "last year to date": since then, or the same part of it.
    if any_phrase(tokens, end + 1, &["to date", "so far"]).is_some() {
        return None;
    }
    let range = calendar::complete(context, grain, 1, is_fiscal)?;
    Some((end + 1, Stated { note: fiscal_note(is_fiscal && grain >= Grain::Quarter, range), ..Stated::of(range) }))
}

/// "last 3 months", "past 30 days including today".
fn several(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    let words = ["last", "past", "previous", "prior", "trailing", "preceding", "latest", "most recent", "rolling"];
    let at = any_phrase(tokens, at, &words)?;
    let at = any_phrase(tokens, at, &["full", "complete"]).unwrap_or(at);
    let count: i32 = tokens.get(at)?.number()?.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    let (at, is_fiscal) = kind(tokens, at + 1, context);
    let grain = unit(tokens.get(at))?;
    let range = calendar::complete(context, grain, count, is_fiscal)?;
    if let Some(end) = any_phrase(tokens, at + 1, &["including today", "including the current", "to date"]) {
        if grain != Grain::Day {
            return None;
        }
        let from = calendar::plus(range.from?, Grain::Day, 1)?;
        let range = calendar::span(context, from, calendar::plus(context.today, Grain::Day, 1)?, Grain::Day)?;
        return Some((end, Stated::of(range)));
    }
    let name = grain.word();
    let note = match (grain, count) {
        (Grain::Day, _) => "Counted whole days, without today.".to_owned(),
        (_, 1) => format!("Counted the last complete {name}."),
        _ => format!("Counted {count} complete {name}s, without the current one."),
    };
    Some((at + 1, Stated::noted(range, note)))
}

/// "year to date", "YTD", "MTD".
fn to_date(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    let (grain, end) = [
        (Grain::Week, ["wtd", "week to date"]),
        (Grain::Month, ["mtd", "month to date"]),
        (Grain::Quarter, ["qtd", "quarter to date"]),
        (Grain::Year, ["ytd", "year to date"]),
    ]
    .into_iter()
    .find_map(|(grain, words)| any_phrase(tokens, at, &words).map(|end| (grain, end)))?;
    let is_fiscal = calendar::is_fiscal(context);
    let range = calendar::so_far(context, grain, is_fiscal)?;
    Some((end, Stated { note: fiscal_note(is_fiscal && grain >= Grain::Quarter, range), ..Stated::of(range) }))
}

/// The quarter or half that a word names: its length in months and its place.
fn part(tokens: &[Token], at: usize) -> Option<(usize, i32, i32)> {
    let text = tokens.get(at)?.text.as_str();
    let digit = |text: &str, max: i32| text.parse::<i32>().ok().filter(|number| (1..=max).contains(number));
    if let Some(quarter) = text.strip_prefix('q').and_then(|rest| digit(rest, 4)) {
        return Some((at + 1, 3, quarter - 1));
    }
    if let Some(half) = text.strip_prefix('h').and_then(|rest| digit(rest, 2)) {
        return Some((at + 1, 6, half - 1));
    }
    let place = match text {
        "first" | "1st" => 0,
        "second" | "2nd" => 1,
        "third" | "3rd" => 2,
        "fourth" | "4th" | "final" => 3,
        "last" => -1,
        "quarter" => {
            let number = digit(tokens.get(at + 1)?.number()?, 4)?;
            return Some((at + 2, 3, number - 1));
        }
        _ => return None,
    };
    match tokens.get(at + 1)?.text.as_str() {
        // "last quarter" is the one before this; "the last quarter of 2024" is the fourth.
        "quarter" if place < 0 => phrase(tokens, at + 2, "of").map(|_| (at + 2, 3, 3)),
        "quarter" => Some((at + 2, 3, place)),
        "half" if (0..2).contains(&place) => Some((at + 2, 6, place)),
        _ => None,
    }
}

/// "Q3", "Q3 2025", "2025Q3", "H1 2026", "the first half of 2025", "FY26 Q2", "Q2 FY26".
fn part_of_year(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    // 2025Q3
    if let Some((number, rest)) = tokens.get(at)?.text.split_once('q')
        && number.len() == 4
        && let (Ok(number), Ok(quarter)) = (number.parse::<i16>(), rest.parse::<i32>())
        && (1..=4).contains(&quarter)
    {
        return part_in(context, at + 1, number, calendar::is_fiscal(context), 3, quarter - 1);
    }
    let dash = |at: usize| any_phrase(tokens, at, &["-", "/"]).unwrap_or(at);
    // The year before the part.
    if let Some(number) = year(tokens.get(at))
        && let Some((end, months, place)) = part(tokens, dash(at + 1)).filter(|(_, months, _)| *months > 0)
        && tokens[end - 1].text.len() == 2
    {
        return part_in(context, end, number, calendar::is_fiscal(context), months, place);
    }
    if let Some((end, number)) = fiscal(tokens, at)
        && let Some((end, months, place)) = part(tokens, dash(end))
    {
        return part_in(context, end, number, true, months, place);
    }
    let (at, said) = match any_phrase(tokens, at, &["fiscal", "financial"]) {
        Some(end) => (end, true),
        None => (phrase(tokens, at, "calendar").unwrap_or(at), false),
    };
    let is_fiscal = said || calendar::is_fiscal(context) && phrase(tokens, at.saturating_sub(1), "calendar").is_none();
    let (end, months, place) = part(tokens, at)?;
    let of = any_phrase(tokens, end, &["of the", "of", "in", ",", "-", "'"]).unwrap_or(end);
    if let Some((end, number)) = fiscal(tokens, of) {
        return part_in(context, end, number, true, months, place);
    }
    if let Some(number) = year(tokens.get(of)) {
        return part_in(context, of + 1, number, is_fiscal, months, place);
    }
    if let Some((end, number)) = relative_year(tokens, of, context) {
        let shifted = if is_fiscal { calendar_of_fiscal(context, number)? } else { number };
        return part_in(context, end, shifted, is_fiscal, months, place);
    }
    // Alone: the latest that has begun.
    let this = calendar_of_fiscal(context, context.today.year()).filter(|_| is_fiscal).unwrap_or(context.today.year());
    let (_, stated) = part_in(context, end, this, is_fiscal, months, place)?;
    let number = if stated.range.from? > context.today { this - 1 } else { this };
    let (_, stated) = part_in(context, end, number, is_fiscal, months, place)?;
    let note = format!("Took the latest one that has begun: from {}.", stated.range.from?);
    Some((end, Stated { note: Some(note), ..stated }))
}

/// The number of the fiscal year that today lies in, moved as far as the year given is from this one.
fn calendar_of_fiscal(context: Context<'_>, year: i16) -> Option<i16> {
    let begins = calendar::start(context, Grain::Year, context.today, true)?;
    let number = if context.calendar.fiscal_start > 1 { begins.year() + 1 } else { begins.year() };
    Some(number + (year - context.today.year()))
}

fn part_in(
    context: Context<'_>,
    end: usize,
    year: i16,
    is_fiscal: bool,
    months: i32,
    place: i32,
) -> Option<(usize, Stated)> {
    let first = calendar::year_start(context, year, is_fiscal)?;
    let from = calendar::plus(first, Grain::Month, months * place)?;
    let range = calendar::span(context, from, calendar::plus(from, Grain::Month, months)?, Grain::Quarter)?;
    Some((end, Stated { note: fiscal_note(is_fiscal, range), ..Stated::of(range) }))
}

/// `FY26`, `FY 2026`, `fiscal year 2026`, `fiscal 2026`: the number of the year.
fn fiscal(tokens: &[Token], at: usize) -> Option<(usize, i16)> {
    let token = tokens.get(at)?;
    let number = |text: &str| -> Option<i16> {
        let year: i16 = text.parse().ok()?;
        match text.len() {
            2 => Some(2000 + year),
            4 => Some(year).filter(|year| (1900..=2100).contains(year)),
            _ => None,
        }
    };
    if let Some(year) = token.text.strip_prefix("fy").filter(|rest| !rest.is_empty()).and_then(number) {
        return Some((at + 1, year));
    }
    let words = ["fy", "fiscal year", "fiscal", "financial year"];
    let end = any_phrase(tokens, at, &words)?;
    Some((end + 1, number(&tokens.get(end)?.raw)?))
}

fn fiscal_year(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    let (end, number) = fiscal(tokens, at)?;
    let from = calendar::year_start(context, number, true)?;
    let range = calendar::whole(context, from, Grain::Year)?;
    let note = format!("Took the fiscal year {number}, which begins on {from}.");
    Some((end, Stated::noted(range, note)))
}

/// "week 12 of 2026", by ISO, so only where weeks begin on Monday.
fn week(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Stated)> {
    let end = phrase(tokens, at, "week")?;
    let number: i8 = tokens.get(end)?.number()?.parse().ok()?;
    let of = any_phrase(tokens, end + 1, &["of", "in"]).unwrap_or(end + 1);
    let year = year(tokens.get(of)).filter(|_| !context.calendar.week_starts_on_sunday)?;
    let monday = jiff::civil::ISOWeekDate::new(year, number, jiff::civil::Weekday::Monday).ok()?.date();
    Some((of + 1, Stated::of(calendar::whole(context, monday, Grain::Week)?)))
}
