//! Ranges between two periods, and open ones: "from A to B", "between A and B", "since", "before", "until".

use super::{Context, Stated, any_phrase, calendar, periods, phrase};
use crate::chat::query::{Grain, Range};
use crate::chat::words::{Phrases, Token};

pub(super) fn at(tokens: &[Token], from: usize, context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = Vec::new();
    if let Some(at) = phrase(tokens, from, "between") {
        found.extend(two(tokens, at, &["and"], context));
        found.extend(of_one_month(tokens, at, &["and"], context));
    }
    if let Some(at) = phrase(tokens, from, "from") {
        found.extend(two(tokens, at, &["to", "until", "till", "through", "thru", "up to", "-", "–"], context));
        found.extend(of_one_month(tokens, at, &["to", "until", "till", "through", "-", "–"], context));
    }
    found.extend(two(tokens, from, &["to", "until", "till", "through", "thru", "-", "–"], context));
    found.extend(open(tokens, from, context));
    found
}

/// A, a word between, and B; B is in it.
fn two(tokens: &[Token], from: usize, words: &[&str], context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = Vec::new();
    for (end, first) in periods::at(tokens, from, context) {
        let Some(at) = any_phrase(tokens, end, words) else { continue };
        if let Some(end) = any_phrase(tokens, at, &["today", "now", "date"]) {
            let range = first.range.from.zip(calendar::plus(context.today, Grain::Day, 1));
            let range = range
                .filter(|(from, to)| from < to)
                .and_then(|(from, to)| calendar::span(context, from, to, first.range.grain.unwrap_or(Grain::Day)));
            let range = range.map(|range| Range { is_partial: true, ..range });
            found.extend(range.map(|range| (end, Stated { note: first.note.clone(), ..Stated::of(range) })));
            continue;
        }
        for (end, second) in periods::at(tokens, at, context) {
            // A dash joins what is alike.
            let is_dash = ["-", "–"].contains(&tokens[at - 1].text.as_str());
            if is_dash && first.range.grain != second.range.grain {
                continue;
            }
            if let Some(stated) = joined(&first, &second, context) {
                found.push((end, stated));
            }
        }
    }
    found
}

/// "20 and 26 December 2013": the first day is of the month of the second.
fn of_one_month(tokens: &[Token], from: usize, words: &[&str], context: Context<'_>) -> Vec<(usize, Stated)> {
    let day = tokens.get(from).and_then(|token| token.number()).and_then(|digits| digits.parse::<i8>().ok());
    let (Some(day), Some(at)) = (day, any_phrase(tokens, from + 1, words)) else { return Vec::new() };
    let range = |second: Stated| {
        let last = second.range.from.filter(|_| second.range.grain == Some(Grain::Day) && second.other.is_none())?;
        let first = last.with().day(day).build().ok().filter(|first| *first < last)?;
        let range = calendar::span(context, first, second.range.to?, Grain::Day)?;
        Some(Stated { range, ends: None, ..second })
    };
    periods::at(tokens, at, context).into_iter().filter_map(|(end, second)| Some((end, range(second)?))).collect()
}

/// The range from the beginning of the first to the end of the second. A first without a year has that of the second.
fn joined(first: &Stated, second: &Stated, context: Context<'_>) -> Option<Stated> {
    if first.other.is_some() || second.other.is_some() {
        return None;
    }
    let (mut one, two) = (first.range, second.range);
    let is_yearless = first.is_latest();
    if is_yearless {
        let grain = one.grain?;
        let year = two.from?.year();
        let same = one.from?.with().year(year).build().ok()?;
        let from = if same <= two.from? { same } else { same.with().year(year - 1).build().ok()? };
        let months = if one.to? > calendar::plus(one.from?, Grain::Quarter, 1)? { 2 } else { 1 };
        one = calendar::span(context, from, calendar::plus(from, grain, months)?, grain)?;
    }
    let (from, to) = (one.from?, two.to?);
    if one.from > two.from || from >= to {
        return None;
    }
    let grain = one.grain.min(two.grain)?;
    let range = calendar::span(context, from, to, grain)?;
    let note = if is_yearless { second.note.clone() } else { first.note.clone().or_else(|| second.note.clone()) };
    Some(Stated { range, ends: Some((one, two)), other: None, note })
}

/// "since A", "after A", "before A", "until A", "A onwards".
fn open(tokens: &[Token], from: usize, context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = Vec::new();
    let make = |from: Option<_>, to: Option<_>, stated: &Stated, is_partial: bool| {
        let range = Range { from, to, grain: stated.range.grain, is_partial };
        (stated.other.is_none()).then(|| Stated { range, ends: None, other: None, note: stated.note.clone() })
    };
    let after = |words: &[&str]| {
        let at = any_phrase(tokens, from, words);
        at.map(|at| periods::at(tokens, at, context)).unwrap_or_default()
    };
    let tomorrow = calendar::plus(context.today, Grain::Day, 1);
    // What lies ahead is among these.
    static FROM_THEN: Phrases = Phrases::named("dates.ranges.FROM_THEN");
    for (end, stated) in after(&FROM_THEN) {
        found.extend(make(stated.range.from, None, &stated, false).map(|made| (end, made)));
    }
    for (end, stated) in after(&["after", "later than", "following", "after the end of", "since the end of"]) {
        found.extend(make(stated.range.to, None, &stated, false).map(|made| (end, made)));
    }
    for (end, stated) in after(&["before", "prior to", "earlier than", "until before", "before the beginning of"]) {
        found.extend(make(None, stated.range.from, &stated, false).map(|made| (end, made)));
    }
    static UNTIL: Phrases = Phrases::named("dates.ranges.UNTIL");
    for (end, stated) in after(&UNTIL) {
        found.extend(make(None, stated.range.to, &stated, false).map(|made| (end, made)));
    }
    // "so far" by itself is until today.
    if let Some(end) = any_phrase(tokens, from, &["so far", "up to now", "until now", "to date", "as of today"])
        && any_phrase(tokens, end, &["this", "in", "since", "for"]).is_none()
    {
        found.push((end, Stated::of(Range { from: None, to: tomorrow, grain: None, is_partial: true })));
    }
    let from_on = phrase(tokens, from, "from").unwrap_or(from);
    for (end, stated) in periods::at(tokens, from_on, context) {
        let end = any_phrase(tokens, end, &["onwards", "onward", "and later", "and after", "or later", "on"]);
        let is_plain = end.is_some_and(|end| tokens[end - 1].text != "on" || from_on > from);
        let made = end.filter(|_| is_plain).and_then(|end| Some((end, make(stated.range.from, None, &stated, false)?)));
        found.extend(made);
    }
    found.retain(|(_, stated)| stated.range.from.is_none_or(|from| stated.range.to.is_none_or(|to| from < to)));
    found
}
