//! Phrases that ask for what is computed of two fields of one row: "difference between price and cost", "days from order
//! to delivery", "how long does it take to settle a claim".

use super::annotate::{Lattice, Mark};
use super::dates::any_phrase;
use super::derived_fields::Made;
use super::ground::{FieldId, Ground, Type};
use super::lexicon::{Lexicon, Part};
use super::times;
use super::words::{Phrases, Token};

const DIFFERENCES: [&str; 6] =
    ["difference between", "difference of", "gap between", "margin between", "spread between", "differences between"];
/// How long, asked or named.
static LENGTHS: Phrases = Phrases::named("computed.LENGTHS");
static PASSING: Phrases = Phrases::named("computed.PASSING");
static TAKING: Phrases = Phrases::named("computed.TAKING");
const AVERAGE: [&str; 2] = ["on average", ", on average ,"];
const ARTICLES: [&str; 8] = ["the", "a", "an", "its", "their", "being", "it", "they"];
const BEING: [&str; 8] = ["is", "are", "was", "were", "has been", "have been", "gets", "get"];

struct Look<'a> {
    ground: &'a Ground,
    lexicon: &'a Lexicon,
    tokens: &'a [Token],
    lattice: &'a Lattice,
}

pub(super) fn computed(lattice: &mut Lattice, ground: &Ground, lexicon: &Lexicon, tokens: &[Token]) {
    let look = Look { ground, lexicon, tokens, lattice };
    let found: Vec<(usize, usize, FieldId)> = (0..tokens.len())
        .flat_map(|at| {
            let all = look.differences(at).into_iter().chain(look.lengths(at));
            all.map(move |(end, field)| (at, end, field)).collect::<Vec<_>>()
        })
        .collect();
    for (at, end, field) in found {
        let mark = Mark { end, part: Part::Field(field) };
        if !lattice.at[at].contains(&mark) {
            lattice.at[at].push(mark);
        }
    }
}

impl Look<'_> {
    fn past(&self, at: usize, words: &[&str]) -> usize {
        let mut at = at;
        while let Some(end) = any_phrase(self.tokens, at, words) {
            at = end;
        }
        at
    }

    fn marks(&self, at: usize) -> &[Mark] {
        self.lattice.at.get(at).map_or(&[], Vec::as_slice)
    }

    fn figures(&self, at: usize) -> Vec<(usize, FieldId)> {
        let marks = self.marks(self.past(at, &ARTICLES)).iter();
        let of = |mark: &Mark| match mark.part {
            Part::Field(id) if self.ground.field(id).ty == Type::Number => Some((mark.end, id)),
            _ => None,
        };
        marks.filter_map(of).collect()
    }

    /// "difference between price and cost"
    fn differences(&self, at: usize) -> Vec<(usize, FieldId)> {
        let Some(start) = any_phrase(self.tokens, at, &DIFFERENCES) else { return Vec::new() };
        self.pairs(self.figures(start), |at| self.figures(at), &["and", "to"], Made::Difference)
    }

    fn pairs(
        &self,
        firsts: Vec<(usize, FieldId)>,
        seconds: impl Fn(usize) -> Vec<(usize, FieldId)>,
        joints: &[&str],
        made: fn(FieldId, FieldId) -> Made,
    ) -> Vec<(usize, FieldId)> {
        let mut found = Vec::new();
        for (end, first) in firsts {
            let Some(joint) = any_phrase(self.tokens, end, joints) else { continue };
            for (end, second) in seconds(joint) {
                found.extend(self.ground.made(made(first, second)).map(|field| (end, field)));
            }
        }
        found
    }

    /// Times that words name, as what they are called or as what happened then.
    fn times(&self, at: usize) -> Vec<(usize, FieldId)> {
        let at = self.past(at, &ARTICLES);
        let mut found: Vec<(usize, FieldId)> = Vec::new();
        let is_time = |id: FieldId| matches!(self.ground.field(id).ty, Type::Date | Type::Timestamp);
        for mark in self.marks(at) {
            if let Part::Field(id) | Part::Happened(id) | Part::Deeds(id) = mark.part
                && is_time(id)
            {
                found.push((mark.end, id));
            }
        }
        if let Some(token) = self.tokens.get(at) {
            let verbs =
                [self.lexicon.deeds(&token.lemma), self.lexicon.verbs(&token.text), self.lexicon.verbs(&token.lemma)];
            for part in verbs.into_iter().flatten() {
                if let Part::Happened(id) | Part::Deeds(id) = part
                    && is_time(*id)
                    && !found.contains(&(at + 1, *id))
                {
                    found.push((at + 1, *id));
                }
            }
        }
        found
    }

    fn lengths(&self, at: usize) -> Vec<(usize, FieldId)> {
        let Some(start) = any_phrase(self.tokens, at, &LENGTHS) else { return Vec::new() };
        let made = if self.tokens.iter().any(|token| token.is("hours")) { Made::Hours } else { Made::Days };
        let start = self.past(start, &AVERAGE);
        let mut found = Vec::new();
        let between = self.past(self.past(start, &PASSING), &AVERAGE);
        if let Some(start) = any_phrase(self.tokens, between, &["between", "from"]) {
            found = self.pairs(self.times(start), |at| self.times(at), &["and", "to", "until", "till"], made);
        }
        // "time to fix a fault"
        if let Some(end) = any_phrase(self.tokens, start, &["to be", "to get", "to", "until", "till"]) {
            found.extend(self.ending(end, made));
        }
        if !self.tokens[at].is("how") {
            return found;
        }
        // "how many days before arrival do people book"
        if let Some(start) = any_phrase(self.tokens, start, &["before", "after"]) {
            let is_before = self.tokens[start - 1].is("before");
            for (end, one) in self.times(start) {
                let end =
                    self.past(end, &["do", "does", "did", "people", "we", "they", "is", "are", "was", "were", "it"]);
                for (end, other) in self.times(end) {
                    let made = if is_before { made(other, one) } else { made(one, other) };
                    found.extend(self.ground.made(made).map(|field| (end, field)));
                }
            }
        }
        // "how long does it take on average until an invoice is paid"
        let taking = self.past(start, &AVERAGE);
        if let Some(end) = any_phrase(self.tokens, taking, &TAKING) {
            let end = self.past(end, &AVERAGE);
            if let Some(end) =
                any_phrase(self.tokens, end, &["to be", "to get", "to", "until", "till", "before", "for"])
            {
                found.extend(self.ending(end, made));
            }
        }
        // "how long does delivery take"
        if let Some(end) = any_phrase(self.tokens, start, &["does", "do", "did"]) {
            for (end, field) in self.times(end) {
                if let (Some(end), Some(span)) =
                    (any_phrase(self.tokens, end, &["take", "takes"]), self.since(field, made))
                {
                    found.push((end, span));
                }
            }
        }
        found
    }

    /// "settle a claim", "an invoice is paid"
    fn ending(&self, at: usize, made: fn(FieldId, FieldId) -> Made) -> Vec<(usize, FieldId)> {
        let mut found = self.ends(at, made);
        let things = self.marks(self.past(at, &ARTICLES)).iter().filter(|mark| matches!(mark.part, Part::Dataset(_)));
        found.extend(things.flat_map(|mark| self.ends(self.past(mark.end, &BEING), made)));
        found
    }

    fn ends(&self, at: usize, made: fn(FieldId, FieldId) -> Made) -> Vec<(usize, FieldId)> {
        self.times(at).into_iter().filter_map(|(end, field)| Some((end, self.since(field, made)?))).collect()
    }

    /// From the time that its rows are of, or at which they begin.
    fn since(&self, field: FieldId, made: fn(FieldId, FieldId) -> Made) -> Option<FieldId> {
        let of = self.ground.field(field).dataset;
        let begun = || times::span(self.ground, of).filter(|(_, end)| *end == field).map(|(begun, _)| begun);
        let own = times::own(self.ground, of).filter(|own| *own != field).or_else(begun)?;
        self.ground.made(made(own, field))
    }
}
