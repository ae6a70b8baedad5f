//! Questions in two parts: "average air time per destination, top 10" is a question, and what could be said next.

use super::items::Noun;
use super::reader::Reader;
use super::{Attempt, attempt, edited, fresh};
use crate::chat::annotate::annotate;
use crate::chat::dates::{Context, any_phrase};
use crate::chat::ground::Ground;
use crate::chat::lexicon::Lexicon;
use crate::chat::query::Query;
use crate::chat::reading::{Asked, Confidence, Interpretation, Level, Reading, Thread};
use crate::chat::words::Token;

/// What the words before the last comma ask for, as those behind it change it: in nothing but which of its rows are shown, and
/// in which order.
pub(super) fn read(ground: &Ground, lexicon: &Lexicon, asked: &Asked<'_>, tokens: &[Token]) -> Option<Reading> {
    let comma = tokens.iter().rposition(|token| token.is(","))?;
    let (said, rest) = (&tokens[..comma], &tokens[comma + 1..]);
    let is_counted = rest.first().is_some_and(|the| the.is("the")) && rest.get(1).is_some_and(|n| n.number().is_some());
    if !is_counted && any_phrase(rest, 0, &["top", "bottom", "the top", "the bottom", "only", "just"]).is_none() {
        return None;
    }
    let Attempt::Done(first) = attempt(ground, lexicon, asked, said.to_vec(), Vec::new()) else {
        return None;
    };
    let (query, interpretation) = match *first {
        Reading::Query { query, interpretation } => (query, interpretation),
        Reading::LookUp(probes) => return Some(Reading::LookUp(probes)),
        _ => return None,
    };
    let thread = Thread { last: Some(*query), earlier: None, choices: asked.thread.choices.clone() };
    let last = thread.last.as_ref()?;
    let next = Asked { thread: &thread, ..*asked };
    let context = Context { today: asked.today, locale: asked.locale, calendar: &ground.calendar };
    let mut rest = rest.to_vec();
    let lattice = annotate(ground, lexicon, &rest, asked.found, &thread.choices);
    let reader = Reader { ground, tokens: &rest, lattice: &lattice, context, is_follow_up: true };
    if let Some(things) = reader.only_things(last) {
        rest.drain(things);
    }
    let lattice = annotate(ground, lexicon, &rest, asked.found, &thread.choices);
    let reader = Reader { ground, tokens: &rest, lattice: &lattice, context, is_follow_up: false };
    let as_query = |read: Attempt| match read {
        Attempt::Done(read) => match *read {
            Reading::Query { query, interpretation } if rows_of(&query) == rows_of(last) => {
                Some((query, interpretation))
            }
            _ => None,
        },
        Attempt::Unknown(..) => None,
    };
    // "the 5 artists with most albums" says all of it once more.
    let (query, then) =
        as_query(edited(&reader, last, &next, Vec::new())).or_else(|| as_query(fresh(&reader, &next, Vec::new())))?;
    Some(Reading::Query { query, interpretation: both(interpretation, then) })
}

impl Reader<'_> {
    /// "only albums with", of figures by album: the words that say no more than of what the groups are.
    fn only_things(&self, last: &Query) -> Option<std::ops::Range<usize>> {
        let start = self.past(self.any(0, &["only", "just"])?, &["the", "those"]);
        let of = last.dimensions.first().map(|one| self.ground.field(one.field).dataset)?;
        let is_it = |noun: &Noun| matches!(noun, Noun::Entity(id) if *id == of);
        let mut things = self.phrases(start).into_iter();
        let end = things.find(|(_, phrase)| phrase.is_bare_plural() && is_it(&phrase.noun)).map(|(end, _)| end)?;
        self.any(end, &["with", "that have", "which have", "having"]).map(|_| 0..end)
    }
}

/// A query without what says which of its rows are shown.
fn rows_of(query: &Query) -> Query {
    Query { having: Vec::new(), order: Vec::new(), limit: None, keeps_ties: false, ..query.clone().canonical() }
}

fn both(first: Interpretation, then: Interpretation) -> Interpretation {
    let is_new = |note: &String| note != "Changed the question before." && !first.assumptions.contains(note);
    let assumptions = [first.assumptions.clone(), then.assumptions.into_iter().filter(is_new).collect()].concat();
    let is_high = |confidence: &Confidence| confidence.level == Level::High;
    let confidence = if is_high(&first.confidence) { then.confidence } else { first.confidence };
    Interpretation {
        assumptions,
        used: [first.used, then.used].concat(),
        repairs: [first.repairs, then.repairs].concat(),
        confidence,
        is_follow_up: first.is_follow_up,
    }
}
