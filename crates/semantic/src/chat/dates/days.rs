//! Single days, months and years: `2026-01-05`, `5 January 2026`, `01/02/2026`, `Jan 2026`, `2025`.

use jiff::civil::Date;

use super::{Context, Stated, calendar, phrase};
use crate::chat::query::{Grain, Range};
use crate::chat::words::{Kind, Token};

const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may", "may"),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
];

/// 1 to 12.
pub(super) fn month(token: &Token) -> Option<i8> {
    let word = token.text.as_str();
    let at =
        MONTHS.iter().position(|(name, short)| *name == word || *short == word || (word == "sept" && *short == "sep"));
    // "may" and "march" in small letters may be verbs; only "may" is one that questions use.
    at.filter(|_| token.kind == Kind::Word && (word != "may" || token.raw != "may"))
        .and_then(|at| i8::try_from(at + 1).ok())
}

/// A number that names a year.
pub(super) fn year(token: Option<&Token>) -> Option<i16> {
    let token = token?;
    let is_plain = token.raw.len() == 4 && token.raw.bytes().all(|byte| byte.is_ascii_digit());
    let year = token.number().filter(|_| is_plain)?.parse().ok()?;
    (1900..=2100).contains(&year).then_some(year)
}

/// `5`, `5th`, `first` as a day of a month.
fn ordinal(token: &Token) -> Option<i8> {
    let digits = token.text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &token.text[digits.len()..];
    let day: i8 = digits.parse().ok()?;
    (["", "st", "nd", "rd", "th"].contains(&ending) && (1..=31).contains(&day)).then_some(day)
}

/// Days and months with their years, and those without: the latest that has begun.
pub(super) fn at(tokens: &[Token], from: usize, context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = Vec::new();
    let Some(token) = tokens.get(from) else { return found };
    if let Some(stated) = written(token, context) {
        let stated = match stated.other.filter(|_| is_day_first_elsewhere(tokens)) {
            Some(other) => Stated::of(other),
            None => stated,
        };
        found.push((from + 1, stated));
    }
    if let Some(month) = month(token) {
        named_month(tokens, from, month, context, &mut found);
    } else if let Some(day) = ordinal(token) {
        let at = phrase(tokens, from + 1, "of").unwrap_or(from + 1);
        if let Some(month) = tokens.get(at).and_then(month) {
            let end = phrase(tokens, at + 1, ",").filter(|end| year(tokens.get(*end)).is_some()).unwrap_or(at + 1);
            let year = year(tokens.get(end));
            let range = one_day(context, year, month, day);
            found.extend(range.map(|range| (if year.is_some() { end + 1 } else { at + 1 }, Stated::of(range))));
        }
    }
    found
}

/// `January`, `January 2026`, `January last year`, `January 5`, `January 5, 2026`.
fn named_month(tokens: &[Token], from: usize, month: i8, context: Context<'_>, found: &mut Vec<(usize, Stated)>) {
    let at = from + 1;
    if let Some(day) = tokens.get(at).filter(|token| year(Some(token)).is_none()).and_then(ordinal) {
        let comma = phrase(tokens, at + 1, ",").filter(|end| year(tokens.get(*end)).is_some());
        let end = comma.unwrap_or(at + 1);
        let year = year(tokens.get(end));
        let end = if year.is_some() { end + 1 } else { at + 1 };
        found.extend(one_day(context, year, month, day).map(|range| (end, Stated::of(range))));
        return;
    }
    let of = ["of", "in", ","].iter().find_map(|word| phrase(tokens, at, word)).unwrap_or(at);
    if let Some(year) = year(tokens.get(of)) {
        found.extend(whole_month(context, year, month).map(|range| (of + 1, Stated::of(range))));
        return;
    }
    if let Some((end, year)) = relative_year(tokens, of, context) {
        found.extend(whole_month(context, year, month).map(|range| (end, Stated::of(range))));
        return;
    }
    // "July and August 2025": both of that year.
    let beside = beside(tokens, from);
    if let Some((_, Some(year))) = beside.filter(|(other, _)| month < *other) {
        found.extend(whole_month(context, year, month).map(|range| (at, Stated::of(range))));
        return;
    }
    let this = context.today.year();
    let last = beside.filter(|(other, _)| month < *other).map_or(month, |(other, _)| other);
    let year = if last > context.today.month() { this - 1 } else { this };
    if let Some(range) = whole_month(context, year, month) {
        found.push((at, Stated::noted(range, format!("Took the latest {} for it, that of {year}.", name(month)))));
    }
}

/// The month behind the one at `from`, joined to it, and the year that is said of it.
fn beside(tokens: &[Token], from: usize) -> Option<(i8, Option<i16>)> {
    const JOINTS: [&str; 9] = ["and", "or", "vs", "vs .", "versus", "with", "compared to", "compared with", "against"];
    let joint = JOINTS.iter().find_map(|words| phrase(tokens, from + 1, words))?;
    let at = ["in", "those of", "that of", "of"].iter().find_map(|words| phrase(tokens, joint, words)).unwrap_or(joint);
    let other = month(tokens.get(at)?)?;
    let end = phrase(tokens, at + 1, "of").unwrap_or(at + 1);
    Some((other, year(tokens.get(end))))
}

/// "last year", "this year", "the previous year": its number.
pub(super) fn relative_year(tokens: &[Token], from: usize, context: Context<'_>) -> Option<(usize, i16)> {
    let at = phrase(tokens, from, "the").unwrap_or(from);
    let this = context.today.year();
    let last = ["last year", "previous year", "prior year"].iter().find_map(|words| phrase(tokens, at, words));
    let current = ["this year", "current year"].iter().find_map(|words| phrase(tokens, at, words));
    last.map(|end| (end, this - 1)).or_else(|| current.map(|end| (end, this)))
}

/// Days written in digits; `2026-01` and `01/2026` are months, `2023-2024` is two years.
fn written(token: &Token, context: Context<'_>) -> Option<Stated> {
    let text = token.text.as_str();
    if let Some(year) = year(Some(token)) {
        let fiscal = calendar::is_fiscal(context);
        let range = calendar::whole(context, calendar::year_start(context, year, fiscal)?, Grain::Year)?;
        return Some(Stated {
            note: fiscal.then(|| format!("Took {year} for the fiscal year {year}.")),
            ..Stated::of(range)
        });
    }
    let sign = ['-', '/', '.'].into_iter().find(|sign| text.contains(*sign))?;
    let parts: Vec<&str> = text.split(sign).collect();
    let digits = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(digits) || token.kind != Kind::Word {
        return None;
    }
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<i16>().ok());
    let small = |at: usize| number(at).and_then(|number| i8::try_from(number).ok());
    let is_year = |at: usize| parts.get(at).is_some_and(|part: &&str| part.len() == 4);
    match parts.len() {
        2 if is_year(0) && is_year(1) && sign != '.' => {
            let first = calendar::whole(context, calendar::year_start(context, number(0)?, false)?, Grain::Year)?;
            let last = calendar::whole(context, calendar::year_start(context, number(1)?, false)?, Grain::Year)?;
            let range = calendar::span(context, first.from?, last.to.filter(|to| Some(*to) > first.to)?, Grain::Year)?;
            Some(Stated { ends: Some((first, last)), ..Stated::of(range) })
        }
        2 if is_year(0) && sign != '.' => Some(Stated::of(whole_month(context, number(0)?, small(1)?)?)),
        2 if is_year(1) && sign != '.' => Some(Stated::of(whole_month(context, number(1)?, small(0)?)?)),
        3 if is_year(0) => Some(Stated::of(one_day(context, number(0), small(1)?, small(2)?)?)),
        3 if is_year(2) => by_locale(context, number(2)?, small(0)?, small(1)?, sign),
        _ => None,
    }
}

/// "between 01/06/2026 and 31/08/2026": who writes the one so writes the other so.
fn is_day_first_elsewhere(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| {
        let parts: Vec<u16> = token.text.split('/').map_while(|part| part.parse().ok()).collect();
        matches!(parts.as_slice(), [13..=31, 1..=12, 1_000..=9_999])
    })
}

/// `01/02/2026`: which is the month, the locale says, unless one number is above 12.
fn by_locale(context: Context<'_>, year: i16, first: i8, second: i8, sign: char) -> Option<Stated> {
    let of = |month: i8, day: i8| one_day(context, Some(year), month, day);
    let month_first = of(first, second);
    let day_first = of(second, first);
    let locale = context.locale.to_ascii_lowercase().replace('_', "-");
    let is_us = ["en-us", "en-ph", "es-us"].contains(&locale.as_str());
    match (month_first, day_first) {
        (Some(one), Some(other)) if one == other => Some(Stated::of(one)),
        (Some(_), Some(day)) if sign == '.' => Some(Stated::of(day)),
        (Some(one), Some(_)) if is_us => {
            Some(Stated::noted(one, "Read the month before the day, as in the United States."))
        }
        (Some(_), Some(day)) if locale.contains('-') => Some(Stated::noted(day, "Read the day before the month.")),
        (Some(one), Some(other)) => Some(Stated { other: Some(other), ..Stated::of(one) }),
        (one, other) => one.or(other).map(Stated::of),
    }
}

fn one_day(context: Context<'_>, year: Option<i16>, month: i8, day: i8) -> Option<Range> {
    let date = match year {
        Some(year) => Date::new(year, month, day).ok()?,
        None => {
            let this = Date::new(context.today.year(), month, day).ok();
            this.filter(|date| *date <= context.today)
                .or_else(|| Date::new(context.today.year() - 1, month, day).ok())?
        }
    };
    calendar::whole(context, date, Grain::Day)
}

pub(super) fn whole_month(context: Context<'_>, year: i16, month: i8) -> Option<Range> {
    calendar::whole(context, Date::new(year, month, 1).ok()?, Grain::Month)
}

fn name(month: i8) -> String {
    let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).map_or("", |(name, _)| name);
    name[..1].to_uppercase() + &name[1..]
}
