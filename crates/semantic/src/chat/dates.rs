//! Periods as people name them, as half-open ranges of days. What "today" is comes from the caller.

mod calendar;
mod days;
mod periods;
mod ranges;
#[cfg(test)]
mod tests;
mod versus;

use jiff::civil::Date;

use super::ground::{Calendar, FieldId, Ground, Type};
use super::query::{Filter, Op, Range, Value};
use super::words::Token;

pub(super) use versus::{Against, against, earlier, later, over, part_of, shifted};

/// What a period is named against.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub today: Date,
    pub locale: &'a str,
    pub calendar: &'a Calendar,
}

impl Context<'_> {
    /// What is said to have happened has happened by today, and what lies ahead has not.
    pub fn come(&self, ground: &Ground, field: FieldId, is_so: bool) -> Filter {
        let op = if is_so { Op::IsNotEmpty } else { Op::IsEmpty };
        let is_date = matches!(ground.field(field).ty, Type::Date | Type::Timestamp);
        let tomorrow = self.today.tomorrow().ok().filter(|_| is_date);
        Filter { field, op, values: tomorrow.into_iter().map(Value::Date).collect() }
    }
}

/// A range that the question names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stated {
    pub range: Range,
    /// Of "from A to B" and "A to B": A and B, which a question of growth compares.
    pub ends: Option<(Range, Range)>,
    /// `01/02/2026` where the locale does not say which is the month: the other reading.
    pub other: Option<Range>,
    /// What was assumed, a whole sentence.
    pub note: Option<String>,
}

impl Stated {
    pub(super) fn of(range: Range) -> Stated {
        Stated { range, ends: None, other: None, note: None }
    }

    /// A month or a quarter without a year: the latest one was taken.
    pub(super) fn is_latest(&self) -> bool {
        self.note.as_deref().is_some_and(|note| note.starts_with("Took the latest"))
    }

    fn noted(range: Range, note: impl Into<String>) -> Stated {
        Stated { note: Some(note.into()), ..Stated::of(range) }
    }
}

/// The ranges that begin at `from`, each with the token behind it; the longest first.
pub(super) fn at(tokens: &[Token], from: usize, context: Context<'_>) -> Vec<(usize, Stated)> {
    let mut found = ranges::at(tokens, from, context);
    found.extend(periods::at(tokens, from, context));
    found.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
    found.dedup();
    found
}

/// The tokens from `from` on are these words; the token behind them.
pub(super) fn phrase(tokens: &[Token], from: usize, words: &str) -> Option<usize> {
    let mut at = from;
    for word in words.split(' ') {
        if !tokens.get(at)?.is(word) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// The longest of the phrases that is there.
pub(super) fn any_phrase(tokens: &[Token], from: usize, phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter_map(|words| phrase(tokens, from, words)).max()
}

/// So many periods later.
pub(super) fn plus(day: Date, grain: super::query::Grain, count: i32) -> Option<Date> {
    calendar::plus(day, grain, count)
}

/// Words for what is to come: "next month", "tomorrow".
pub(super) fn is_to_come(tokens: &[Token], at: usize) -> bool {
    let next = any_phrase(tokens, at, &["next", "coming", "upcoming"]);
    let next =
        next.map(|end| if tokens.get(end).is_some_and(|token| token.number().is_some()) { end + 1 } else { end });
    phrase(tokens, at, "tomorrow").is_some() || next.is_some_and(|end| periods::unit(tokens.get(end)).is_some())
}

/// "next month": the whole period behind that of today, and the token behind.
pub(super) fn coming(tokens: &[Token], at: usize, context: Context<'_>) -> Option<(usize, Range)> {
    if let Some(end) = phrase(tokens, at, "tomorrow") {
        return Some((end, calendar::whole(context, context.today.tomorrow().ok()?, super::query::Grain::Day)?));
    }
    let end = any_phrase(tokens, at, &["next", "the next", "the coming", "the following"])?;
    // "the next 7 days": those behind today.
    if let Some(count) = tokens.get(end).and_then(Token::number).and_then(|digits| digits.parse::<i32>().ok()) {
        let grain = periods::unit(tokens.get(end + 1)).filter(|grain| *grain == super::query::Grain::Day)?;
        let from = context.today.tomorrow().ok()?;
        let to = plus(from, grain, count)?;
        return Some((end + 2, Range { from: Some(from), to: Some(to), grain: Some(grain), is_partial: false }));
    }
    let grain = periods::unit(tokens.get(end)).filter(|grain| *grain > super::query::Grain::Day)?;
    let is_fiscal = calendar::is_fiscal(context) && grain >= super::query::Grain::Quarter;
    let now = calendar::start(context, grain, context.today, is_fiscal)?;
    Some((end + 1, calendar::whole(context, plus(now, grain, 1)?, grain)?))
}

/// The period of today, up to today.
pub(super) fn this(context: Context<'_>, grain: super::query::Grain) -> Option<Range> {
    let is_fiscal = calendar::is_fiscal(context) && grain >= super::query::Grain::Quarter;
    calendar::so_far(context, grain, is_fiscal)
}
