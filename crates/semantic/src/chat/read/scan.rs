//! The scanner: goes through a question from left to right and keeps all sequences of items that cover it.

pub(super) mod adjectives;
pub(super) mod clauses;
pub(super) mod conditions;
mod existence;
mod figures;
pub(super) mod groups;
mod lasting;
pub(super) mod nouns;
pub(super) mod operators;
mod orders;
mod roles;
pub(super) mod self_relations;
mod spend_synonyms;
mod stop_phrases;
pub(super) mod superlatives;
mod theirs;
pub(super) mod times;

use super::items::{Edit, Item, Rank};
use super::reader::{Reader, Scanned, Sequence};
use super::resolver::is_extreme;
use crate::chat::lexicon::Part;
use crate::chat::query::{Measure, Value};
use crate::chat::words::{is_connector, stop_phrase};

/// Sequences kept at one place.
const BEAM: usize = 32;

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
            (_, Item::Measure { measure, .. }) if self.is_theirs_otherwise(before, at, measure) => true,
            // "hotel with the longest payment days": which one has them.
            (Some((from, end, Item::Filter(_))), Item::Measure { measure, .. }) if is_extreme(measure) => {
                self.is_first_one(*from, *end)
            }
            _ => false,
        }
    }

    /// The words that group begin with one that is a value, too.
    fn is_group_by_value(&self, at: usize, item: &Item) -> bool {
        // "split by" is not the town of Split.
        let is_written_so = |text: &String| *text == self.tokens[at].raw;
        let is_value = |(end, part): (usize, &Part)| {
            end == at + 1 && matches!(part, Part::Value(_, Value::Text(text)) if is_written_so(text))
        };
        matches!(item, Item::Group { .. }) && self.is(at + 1, "by").is_some() && self.parts(at).any(is_value)
    }

    /// The tokens behind all that can be said from here.
    pub fn ends(&self, at: usize) -> Vec<usize> {
        self.steps(at).into_iter().map(|(end, ..)| end).collect()
    }

    /// All that can be said by tokens that begin here: the token behind, the item, how many names it took.
    fn steps(&self, at: usize) -> Vec<(usize, Item, usize)> {
        let linking = self.linking(at);
        if !linking.is_empty() {
            return linking.into_iter().map(|(end, deed)| (end, Item::Deed(deed), 1)).collect();
        }
        let roles = self.by_role(at);
        let is_role = !roles.is_empty();
        let mut steps: Vec<(usize, Item)> = roles;
        self.nouns(at, &mut steps);
        self.measures(at, &mut steps);
        self.filters(at, &mut steps);
        self.conditions(at, &mut steps);
        self.groups(at, &mut steps);
        self.superlatives(at, &mut steps);
        self.times(at, &mut steps);
        self.operators(at, &mut steps);
        self.units(at, &mut steps);
        self.relatives(at, &mut steps);
        if self.is_follow_up {
            self.edits(at, &mut steps);
        }
        let mut steps: Vec<_> = steps
            .into_iter()
            .filter(|(end, _)| *end > at)
            // "orders with breakdown by branch", where that is a reason: of those, or as many of each.
            .map(|(end, item)| (end, pieces(&item) + usize::from(self.is_group_by_value(at, &item)), item))
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
            // "print copies": what is to be done, or which copies, is asked.
            let is_value = |(end, part): (usize, &Part)| end == 1 && matches!(part, Part::Value(..));
            let is_request = at == 0 && length == 1 && self.parts(at).any(is_value);
            if (is_ours || is_request || !self.is_named(at, at + length))
                && !self.has_things(at, at + length)
                && !(at..at + length).any(|at| self.is_abbreviation(at))
                && !self.is_deed(at)
                && self.with_us(at).is_none()
                && !is_total
                && !is_role
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
        // Nothing else that the same words could say is nearer.
        Item::Unit(_) | Item::Edit(Edit::Foremost { .. }) => 0,
        _ => 1,
    }
}

/// The same items, whatever the tokens.
fn same(one: &Sequence, other: &Sequence) -> bool {
    one.items.len() == other.items.len() && one.items.iter().zip(&other.items).all(|(one, other)| one.2 == other.2)
}
