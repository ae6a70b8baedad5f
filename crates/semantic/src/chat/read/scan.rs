//! Goes through a question from left to right and keeps all sequences of items that cover it.

pub(super) mod adjectives;
pub(super) mod clauses;
pub(super) mod conditions;
mod existence;
mod figures;
mod groups;
mod harmless;
mod marks;
mod nouns;
mod orders;
mod spent;
mod superlatives;
pub(super) mod times;

use super::items::{Item, Noun, Rank};
use crate::chat::annotate::{Lattice, Mark};
use crate::chat::dates;
use crate::chat::ground::{DatasetId, Ground};
use crate::chat::lexicon::Part;
use crate::chat::query::Measure;
use crate::chat::words::{Token, is_connector, stop_phrase};
use marks::LIGHT;

/// Sequences kept at one place.
const BEAM: usize = 32;

pub(super) struct Reader<'a> {
    pub ground: &'a Ground,
    pub tokens: &'a [Token],
    pub lattice: &'a Lattice,
    pub context: dates::Context<'a>,
    /// Words that only follow-ups say may be used.
    pub is_follow_up: bool,
}

/// Items with the tokens that each covers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sequence {
    pub items: Vec<(usize, usize, Item)>,
    /// Of those that mean something: the fewer cover a question, the longer the names that were recognised.
    pub pieces: usize,
}

pub(super) struct Scanned {
    /// Each covers the whole question.
    pub sequences: Vec<Sequence>,
    /// More sequences were equally good than are kept, so what is left may not be all.
    pub is_cut: bool,
}

impl Reader<'_> {
    pub fn scan(&self) -> Scanned {
        let count = self.tokens.len();
        let mut chart: Vec<Vec<Sequence>> = vec![Vec::new(); count + 1];
        chart[0].push(Sequence::default());
        let mut is_cut = false;
        for at in 0..count {
            let mut here = std::mem::take(&mut chart[at]);
            if here.is_empty() {
                continue;
            }
            here.sort_by_key(|sequence| sequence.pieces);
            if let Some(first) = here.get(BEAM) {
                is_cut |= first.pieces == here[0].pieces;
                here.truncate(BEAM);
            }
            let steps = self.steps(at);
            for sequence in &here {
                for (end, item, pieces) in &steps {
                    if self.is_of_figure(sequence, at, item) {
                        continue;
                    }
                    let mut next = sequence.clone();
                    next.pieces += pieces;
                    if *item != Item::Skip {
                        next.items.push((at, *end, item.clone()));
                    }
                    let there = &mut chart[*end];
                    match there.iter_mut().find(|other| same(other, &next)) {
                        Some(other) => other.pieces = other.pieces.min(next.pieces),
                        None => there.push(next),
                    }
                }
            }
        }
        let mut sequences = std::mem::take(&mut chart[count]);
        sequences.sort_by_key(|sequence| sequence.pieces);
        sequences.truncate(BEAM * 2);
        Scanned { sequences, is_cut }
    }

    /// "average word count of pages viewed" is not one figure beside the other.
    fn is_of_figure(&self, before: &Sequence, at: usize, item: &Item) -> bool {
        match (before.items.last(), item) {
            (Some((_, end, Item::Measure { .. })), Item::Measure { .. }) => {
                (*end..=at).any(|at| self.tokens[at].is("of"))
            }
            _ => false,
        }
    }

    /// All that can be said by tokens that begin here: the token behind, the item, how many names it took.
    fn steps(&self, at: usize) -> Vec<(usize, Item, usize)> {
        let mut steps: Vec<(usize, Item)> = Vec::new();
        self.nouns(at, &mut steps);
        self.measures(at, &mut steps);
        self.filters(at, &mut steps);
        self.conditions(at, &mut steps);
        self.groups(at, &mut steps);
        self.superlatives(at, &mut steps);
        self.times(at, &mut steps);
        self.marks(at, &mut steps);
        self.units(at, &mut steps);
        if self.is_follow_up {
            self.edits(at, &mut steps);
        }
        let mut steps: Vec<_> = steps
            .into_iter()
            .filter(|(end, _)| *end > at)
            .map(|(end, item)| (end, pieces(&item), item))
            .map(|(end, pieces, item)| (end, item, pieces))
            .collect();
        // "with and without" is more than its second word.
        let is_cut_off = at > 0 && CUT_OFF.contains(&self.tokens[at - 1].text.as_str());
        let adds = self.is_follow_up && at == 0 && self.tokens[at].is("plus");
        if !adds && is_connector(&self.tokens[at]) && !is_cut_off && self.is(at, "and their").is_none() {
            steps.push((at + 1, Item::And, 0));
        }
        for length in stop_phrase(&self.tokens[at..]) {
            // "did we make": who asks did it, and nobody who is named.
            let is_total = self.is_follow_up && self.totals(at) == Some(at + length);
            let is_ours = length > 2 && self.tokens[at + 1].is("we");
            if (is_ours || !self.is_named(at, at + length))
                && !self.has_things(at, at + length)
                && !(at..at + length).any(|at| self.is_abbreviation(at))
                && !self.is_deed(at)
                && !is_total
            {
                let copula = (at..at + length).any(|at| COPULAS.contains(&self.tokens[at].text.as_str()));
                let which = (at..at + length).any(|at| INTERROGATIVES.contains(&self.tokens[at].text.as_str()));
                let list = (at..at + length).any(|at| LISTING.contains(&self.tokens[at].text.as_str()));
                let item = if length == 1 && self.ends_sentence(at) {
                    Item::Stop
                } else if at == 0 && self.tokens[at].is("who") {
                    Item::Person
                } else if which {
                    Item::Which
                } else if list {
                    Item::List
                } else if copula {
                    Item::Copula
                } else {
                    Item::Skip
                };
                steps.push((at + length, item, 0));
            }
        }
        steps.dedup();
        steps
    }

    /// The tokens behind all that can be said from here.
    pub fn ends(&self, at: usize) -> Vec<usize> {
        self.steps(at).into_iter().map(|(end, ..)| end).collect()
    }

    /// One of the words is a name by itself, so it is not without meaning.
    fn is_named(&self, from: usize, end: usize) -> bool {
        const FUNCTION: [&str; 12] = ["of", "in", "for", "the", "a", "to", "at", "on", "is", "by", "and", "from"];
        let named = |at: &usize| {
            let is_function = FUNCTION.contains(&self.tokens[*at].text.as_str());
            // "A" and "US" are values where they are written as those are.
            let means = |mark: &Mark| mark.end == at + 1 && (!is_function || matches!(mark.part, Part::Value(..)));
            self.lattice.at[*at].iter().any(means)
        };
        (from..end).any(|at| named(&at))
    }

    /// "did we return", "have they reported": asked of what was done, and not of us.
    fn is_deed(&self, at: usize) -> bool {
        const REQUESTS: [&str; 12] = [
            "return",
            "report",
            "provide",
            "find",
            "list",
            "display",
            "print",
            "calculate",
            "compute",
            "retrieve",
            "fetch",
            "view",
        ];
        let is_before = |words: &[&str]| at > 0 && words.contains(&self.tokens[at - 1].text.as_str());
        REQUESTS.contains(&self.tokens[at].text.as_str()) && is_before(&["we", "they"])
    }

    /// A question mark or a full stop with more behind it, and not that of an abbreviation.
    pub fn ends_sentence(&self, at: usize) -> bool {
        let next = self.tokens.get(at + 1).and_then(|token| token.raw.chars().next());
        let is_more = next.is_some_and(|letter| letter.is_alphanumeric());
        let sign = &self.tokens[at];
        at > 0 && is_more && (sign.is("?") || sign.is(".") && next.is_some_and(char::is_uppercase))
    }

    /// In capitals, where the question is not: "sales for US" speaks of no pronoun, whether the value is known or not.
    fn is_abbreviation(&self, at: usize) -> bool {
        let is_upper = |token: &Token| {
            let letters = || token.raw.chars().filter(|c| c.is_alphabetic());
            letters().nth(1).is_some() && letters().all(char::is_uppercase)
        };
        is_upper(&self.tokens[at]) && self.tokens.iter().any(|token| token.raw.chars().any(char::is_lowercase))
    }

    /// "with orders" says that there are some.
    fn has_things(&self, at: usize, end: usize) -> bool {
        const HAS: [&str; 9] = ["with", "having", "have", "has", "had", "that have", "that had", "who have", "who had"];
        let is_thing = |(behind, phrase): &(usize, super::items::Phrase)| {
            matches!(phrase.noun, Noun::Entity(_))
                && phrase.is_plain()
                && !phrase.is_distinct
                && !self.is_cut_short(end, *behind)
                && !self.is_column(*behind, phrase)
        };
        // "How much have stores generated": of a question, and nothing that they have.
        let is_auxiliary = self.tokens[at..].iter().any(|token| LIGHT.contains(&token.text.as_str()));
        !is_auxiliary && self.any(at, &HAS) == Some(end) && self.phrases(end).iter().any(is_thing)
    }

    /// "with order date" names no orders: a longer name begins where the thing does.
    fn is_cut_short(&self, at: usize, behind: usize) -> bool {
        (at..behind).any(|at| {
            self.parts(at).any(|(end, part)| end > behind && matches!(part, Part::Field(_) | Part::Metric(_)))
        })
    }

    /// "with the customer", "with customer": which one it is, and not whether there is one. Behind it nothing says more of it.
    pub fn is_column(&self, behind: usize, phrase: &super::items::Phrase) -> bool {
        const MORE: [&str; 14] = [
            "that", "which", "who", "whose", "where", "called", "named", "is", "=", "in", "from", "of", "with",
            "number",
        ];
        let next = self.tokens.get(behind);
        let is_bare = next.is_none_or(|token| !MORE.contains(&token.text.as_str()) && token.number().is_none())
            && !self.parts(behind).any(|(_, part)| matches!(part, Part::Value(..) | Part::Join(_) | Part::Happened(_)));
        phrase.is_the_one && is_bare && phrase.filters.is_empty()
    }

    pub fn marks_at(&self, at: usize) -> &[Mark] {
        self.lattice.at.get(at).map_or(&[], Vec::as_slice)
    }

    pub fn is(&self, at: usize, words: &str) -> Option<usize> {
        dates::phrase(self.tokens, at, words)
    }

    pub fn any(&self, at: usize, phrases: &[&str]) -> Option<usize> {
        dates::any_phrase(self.tokens, at, phrases)
    }

    /// Behind words that say nothing here: "of the", "are", "our".
    pub fn past(&self, at: usize, words: &[&str]) -> usize {
        let mut at = at;
        while let Some(end) = self.any(at, words).filter(|end| !self.is_named(at, *end)) {
            at = end;
        }
        at
    }

    /// The thing that was named last.
    pub fn thing_before(&self, at: usize) -> Option<DatasetId> {
        (0..at).rev().find_map(|from| {
            self.parts(from).find_map(|(end, part)| match part {
                Part::Dataset(id) if end <= at => Some(*id),
                _ => None,
            })
        })
    }

    pub fn parts(&self, at: usize) -> impl Iterator<Item = (usize, &Part)> {
        self.marks_at(at).iter().map(|mark| (mark.end, &mark.part))
    }
}

const CUT_OFF: [&str; 10] = ["with", "in", "for", "from", "of", "by", "at", "on", "to", "within"];
const COPULAS: [&str; 10] = ["is", "are", "was", "were", "come", "comes", "came", "been", "coming", "belong"];
const LISTING: [&str; 6] = ["list", "show", "display", "print", "find", "fetch"];
const INTERROGATIVES: [&str; 3] = ["which", "what", "who"];

/// A thing and its key are two, so that "order 2024" may be of the year.
fn pieces(item: &Item) -> usize {
    match item {
        Item::Filter(filter) | Item::Lacking(filter) => filter.values.len().max(1),
        Item::Noun(phrase) if phrase.is_keyed => 2,
        // "the most revenue per shop": for one of them, or of each.
        Item::By(Measure::Per { .. }) | Item::Rank(Rank::Best { measure: Measure::Per { .. }, .. }) => 2,
        Item::Unit(_) => 0,
        _ => 1,
    }
}

/// The same items, whatever the tokens.
fn same(one: &Sequence, other: &Sequence) -> bool {
    one.items.len() == other.items.len() && one.items.iter().zip(&other.items).all(|(one, other)| one.2 == other.2)
}
