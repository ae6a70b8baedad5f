//! Slots of verified questions: each takes what it declares, and all the other words must be there.

use super::{answered, is_polite};
use crate::chat::annotate::annotate;
use crate::chat::dates;
use crate::chat::ground::{FieldId, Ground};
use crate::chat::lexicon::{Lexicon, Part, value_words};
use crate::chat::query::{Grain, Value};
use crate::chat::reading::{Asked, Probe, Reading};
use crate::chat::verified::{Slot, Takes, Verified};
use crate::chat::words::{Kind, Token, fold, tokens};

enum Piece<'a> {
    Word(String),
    Slot(&'a Slot),
}

type Bound = Vec<(String, Value)>;

struct Matcher<'a> {
    tokens: &'a [Token],
    context: dates::Context<'a>,
    lattice: crate::chat::annotate::Lattice,
    asked: &'a Asked<'a>,
    /// Values that must be looked up before it is known whether they fill a slot.
    open: Vec<Probe>,
}

/// A verified query whose question this is, with its slots filled. Two that fit: none is chosen.
pub(in crate::chat::read) fn slots(
    ground: &Ground,
    lexicon: &Lexicon,
    all: &[Token],
    asked: &Asked<'_>,
) -> Option<Reading> {
    let asks: Vec<Token> = all.iter().filter(|token| !is_polite(token)).cloned().collect();
    let lattice = annotate(ground, lexicon, &asks, asked.found, &asked.thread.choices);
    let context = dates::Context { today: asked.today, locale: asked.locale, calendar: &ground.calendar };
    let mut matcher = Matcher { tokens: &asks, context, lattice, asked, open: Vec::new() };
    let mut fits: Vec<(&Verified, Bound)> = Vec::new();
    for one in asked.verified {
        for question in one.questions.iter().filter(|question| question.contains('{')) {
            let Some(pieces) = pieces(question, &one.slots) else { continue };
            if let Some(bound) = matcher.fits(&pieces, 0)
                && !fits.iter().any(|(other, values)| other.id == one.id && *values == bound)
            {
                fits.push((one, bound));
            }
        }
    }
    match fits.len() {
        0 if !matcher.open.is_empty() => {
            matcher.open.truncate(3);
            Some(Reading::LookUp(matcher.open))
        }
        1 => fits
            .pop()
            .map(|(one, bound)| answered(one, bound, 0.97, "A verified query asks the same of another value.")),
        _ => None,
    }
}

/// The words and slots of a question. `None`: a slot is not declared, or the braces do not match.
fn pieces<'a>(question: &str, slots: &'a [Slot]) -> Option<Vec<Piece<'a>>> {
    let mut pieces = Vec::new();
    let mut rest = question;
    loop {
        let (before, behind) = rest.split_once('{').map_or((rest, None), |(before, behind)| (before, Some(behind)));
        let words = tokens(before)?.into_iter().filter(|token| !is_polite(token));
        pieces.extend(words.map(|token| Piece::Word(token.text)));
        let Some(behind) = behind else { return Some(pieces) };
        let (name, after) = behind.split_once('}')?;
        pieces.push(Piece::Slot(slots.iter().find(|slot| slot.name == name.trim())?));
        rest = after;
    }
}

impl Matcher<'_> {
    fn fits(&mut self, pieces: &[Piece<'_>], at: usize) -> Option<Bound> {
        let Some((piece, rest)) = pieces.split_first() else {
            return (at == self.tokens.len()).then(Vec::new);
        };
        match piece {
            Piece::Word(word) => {
                let is_there = self.tokens.get(at).is_some_and(|token| token.text == *word);
                if is_there { self.fits(rest, at + 1) } else { None }
            }
            Piece::Slot(slot) => {
                for (end, mut bound) in self.filled(slot, at, rest) {
                    if let Some(more) = self.fits(rest, end) {
                        bound.extend(more);
                        return Some(bound);
                    }
                }
                None
            }
        }
    }

    /// What can fill a slot from here.
    fn filled(&mut self, slot: &Slot, at: usize, rest: &[Piece<'_>]) -> Vec<(usize, Bound)> {
        let one = |end: usize, value: Value| (end, vec![(slot.name.clone(), value)]);
        let Some(token) = self.tokens.get(at) else { return Vec::new() };
        match &slot.takes {
            Takes::Number => match &token.kind {
                Kind::Number(digits) | Kind::Money(digits, _) | Kind::Percent(digits) => {
                    vec![one(at + 1, Value::Number(digits.clone()))]
                }
                _ => Vec::new(),
            },
            Takes::Date | Takes::Period => {
                let is_day = slot.takes == Takes::Date;
                let named = dates::at(self.tokens, at, self.context).into_iter();
                let clear = named.filter(|(_, stated)| stated.other.is_none());
                clear
                    .filter_map(|(end, stated)| match (stated.range.from, stated.range.to) {
                        (Some(from), _) if is_day => {
                            let is_one =
                                stated.range.grain == Some(Grain::Day) && stated.range.to == from.tomorrow().ok();
                            is_one.then(|| one(end, Value::Date(from)))
                        }
                        (Some(from), Some(to)) => {
                            let named = |end: &str, day| (format!("{}_{end}", slot.name), Value::Date(day));
                            Some((end, vec![named("start", from), named("end", to)]))
                        }
                        _ => None,
                    })
                    .collect()
            }
            Takes::OneOf(values) => {
                let fits = |value: &String| {
                    let words = value_words(value);
                    let end = at + words.len();
                    let said = self.tokens.get(at..end)?.iter().map(|token| fold(&token.text)).collect::<Vec<_>>();
                    (said == words && !words.is_empty()).then(|| one(end, Value::Text(value.clone())))
                };
                values.iter().filter_map(fits).collect()
            }
            Takes::ValueOf(field) => self.values(slot, *field, at, rest),
            Takes::ValueIn(column) => self.values_in(slot, column, at, rest),
            Takes::Quoted => match &token.kind {
                Kind::Quoted(text) => vec![one(at + 1, Value::Text(text.clone()))],
                _ => Vec::new(),
            },
        }
    }

    fn values(&mut self, slot: &Slot, field: FieldId, at: usize, rest: &[Piece<'_>]) -> Vec<(usize, Bound)> {
        let of_field = self.lattice.at[at].iter().filter_map(|mark| match &mark.part {
            Part::Value(other, value) if *other == field => Some((mark.end, vec![(slot.name.clone(), value.clone())])),
            _ => None,
        });
        let known: Vec<(usize, Bound)> = of_field.collect();
        if known.is_empty()
            && let Some(phrase) = self.phrase(at, rest)
            && !self.asked.found.looked_up.iter().any(|it| it.field == field && is_same(&it.phrase, &phrase))
        {
            self.open.push(Probe { phrase, fields: vec![field], ..Probe::default() });
        }
        known
    }

    /// The same where only the source knows the values.
    fn values_in(&mut self, slot: &Slot, column: &str, at: usize, rest: &[Piece<'_>]) -> Vec<(usize, Bound)> {
        let Some(phrase) = self.phrase(at, rest) else { return Vec::new() };
        let end = self.end(at, rest);
        let of_phrase = self.asked.found.in_columns.iter();
        let of_phrase: Vec<_> = of_phrase.filter(|it| it.column == column && is_same(&it.phrase, &phrase)).collect();
        if of_phrase.is_empty() {
            let phrase = phrase.clone();
            self.open.push(Probe { phrase, columns: vec![column.to_owned()], ..Probe::default() });
        }
        match of_phrase.iter().filter_map(|it| it.stored.as_ref()).collect::<Vec<_>>().as_slice() {
            [stored] => vec![(end, vec![(slot.name.clone(), Value::Text((*stored).clone()))])],
            // Of several that differ in capitals, the one that is written so.
            several => {
                let written = several.iter().find(|stored| stored.trim() == phrase.trim());
                let bound = |stored: &&String| (end, vec![(slot.name.clone(), Value::Text((*stored).clone()))]);
                written.map(bound).into_iter().collect()
            }
        }
    }

    /// Where the words of a slot end at the latest: before those that follow it.
    fn end(&self, at: usize, rest: &[Piece<'_>]) -> usize {
        match rest.first() {
            None => self.tokens.len(),
            Some(Piece::Word(word)) => {
                let behind = self.tokens[at..].iter().position(|token| token.text == *word);
                behind.map_or(at, |behind| at + behind)
            }
            Some(Piece::Slot(_)) => at + 1,
        }
    }

    /// The words up to those that follow the slot, which may be a value that only the source knows.
    fn phrase(&self, at: usize, rest: &[Piece<'_>]) -> Option<String> {
        let end = self.end(at, rest);
        // All other words must be there, or any question would be looked up.
        let mut words = rest.iter().filter_map(|piece| match piece {
            Piece::Word(word) => Some(word),
            Piece::Slot(_) => None,
        });
        let is_whole = words.all(|word| self.tokens[end..].iter().any(|token| token.text == *word));
        let phrase = match self.tokens.get(at..end)? {
            [Token { kind: Kind::Quoted(text), .. }] => text.clone(),
            [first, .., last] => self.asked.text.get(first.from..last.to).unwrap_or_default().to_owned(),
            [one] => one.raw.clone(),
            [] => return None,
        };
        (is_whole && end - at <= MOST_WORDS && !value_words(&phrase).is_empty()).then_some(phrase)
    }
}

/// Words of a value that is looked up, at most.
const MOST_WORDS: usize = 6;

fn is_same(one: &str, other: &str) -> bool {
    value_words(one) == value_words(other)
}
