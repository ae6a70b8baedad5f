//! The reader of a question: its words, and what they may mean.

use super::items::{Item, Noun};
use crate::chat::annotate::{Lattice, Mark};
use crate::chat::dates;
use crate::chat::ground::{DatasetId, Ground};
use crate::chat::lexicon::Part;
use crate::chat::words::Phrases;
use crate::chat::words::{Kind, Token};

/// Verbs of bringing about. None that says of which kind the figure is: "earned", "paid", "booked".
pub static LIGHT: Phrases = Phrases::named("reader.LIGHT");
/// What somebody does with what is counted, at the end of the question.
pub static LIGHT_LAST: Phrases = Phrases::named("reader.LIGHT_LAST");

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
    /// One of the words is a name by itself, so it is not without meaning.
    pub fn is_named(&self, from: usize, end: usize) -> bool {
        const FUNCTION: [&str; 13] =
            ["of", "in", "for", "the", "a", "to", "at", "on", "is", "by", "and", "from", "who"];
        let named = |at: &usize| {
            let is_function = FUNCTION.contains(&self.tokens[*at].text.as_str());
            // "A" and "US" are values where they are written as those are.
            let means = |mark: &Mark| mark.end == at + 1 && (!is_function || matches!(mark.part, Part::Value(..)));
            self.lattice.at[*at].iter().any(means)
        };
        (from..end).any(|at| named(&at))
    }

    /// "did we return", "have they reported": asked of what was done, and not of us.
    pub fn is_deed(&self, at: usize) -> bool {
        static REQUESTS: Phrases = Phrases::named("reader.REQUESTS");
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
    pub fn is_abbreviation(&self, at: usize) -> bool {
        let is_upper = |token: &Token| {
            let letters = || token.raw.chars().filter(|c| c.is_alphabetic());
            letters().nth(1).is_some() && letters().all(char::is_uppercase)
        };
        is_upper(&self.tokens[at]) && self.tokens.iter().any(|token| token.raw.chars().any(char::is_lowercase))
    }

    /// "with orders" says that there are some.
    pub fn has_things(&self, at: usize, end: usize) -> bool {
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

    /// "with the customer", "with customer": which one it is, and not whether there is one. Behind it nothing says more
    /// of it.
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

    /// Nothing but signs is left.
    pub fn is_end(&self, at: usize) -> bool {
        self.tokens[at..].iter().all(|token| token.kind == Kind::Sign)
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

    pub fn thing_at(&self, at: usize) -> Option<DatasetId> {
        self.parts(at).find_map(|(_, part)| match part {
            Part::Dataset(id) => Some(*id),
            _ => None,
        })
    }

    pub fn parts(&self, at: usize) -> impl Iterator<Item = (usize, &Part)> {
        self.marks_at(at).iter().map(|mark| (mark.end, &mark.part))
    }
}
