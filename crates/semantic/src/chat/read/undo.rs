//! Removals: words that take away groups, the period, the limit or the order of the question before.

use super::edits::OPENED;
use super::items::{Edit, TotalKind};
use super::reader::Reader;
use crate::chat::words::Phrases;

/// Before what was left out, or is asked for beside the rest.
pub(super) const INCLUDING: [&str; 6] =
    ["including", "include", "including the", "with those in", "count in", "counting in"];
static TOTAL: Phrases = Phrases::named("undo.TOTAL");
static ALL_TIME: Phrases = Phrases::named("undo.ALL_TIME");
static ALONE: Phrases = Phrases::named("undo.ALONE");
static ALL: Phrases = Phrases::named("undo.ALL");
static ABSOLUTE: Phrases = Phrases::named("undo.ABSOLUTE");
static REVERSED: Phrases = Phrases::named("undo.REVERSED");
static DISPLAYS: Phrases = Phrases::named("undo.DISPLAYS");

impl Reader<'_> {
    pub fn taken_away(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        if let Some(end) = self.totals(at) {
            push(end, Edit::Total(self.totalled(at, end)));
        }
        let words: [(&[&str], Edit); 5] = [
            (&ALL_TIME, Edit::AllTime),
            (&ALONE, Edit::Alone),
            (&ALL, Edit::All),
            (&ABSOLUTE, Edit::Absolute),
            (&REVERSED, Edit::Reversed),
        ];
        for (words, edit) in words {
            self.any(at, words).into_iter().for_each(|end| push(end, edit.clone()));
        }
        // "not by channel", "without the region", "drop the month"
        let by = ["not by", "not per", "not grouped by", "not split by", "no longer by", "without grouping by"];
        let words = ["not", "without", "without the", "drop", "drop the", "remove", "remove the", "leave out the"];
        if let Some(end) = self.any(at, &words).or(self.any(at, &["leave out", "hide"])) {
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() {
                    push(end, Edit::Without(measure));
                }
            }
        }
        for end in [self.any(at, &by), self.any(at, &words)].into_iter().flatten() {
            for (end, by) in self.dimensions(end) {
                push(end, Edit::Instead(by.clone(), true));
                let behind = ["breakdown", "grouping", "split", "column", "groups"];
                self.any(end, &behind).into_iter().for_each(|end| push(end, Edit::Instead(by.clone(), true)));
            }
        }
    }

    /// "in total", where no name begins.
    pub fn totals(&self, at: usize) -> Option<usize> {
        let end = self.any(at, &TOTAL)?;
        let is_name = (at..end).any(|at| self.parts(at).next().is_some());
        // "total amount", "the total of": of a figure that comes.
        let is_before = self.tokens.get(end).is_some_and(|token| token.is("of")) || self.parts(end).next().is_some();
        (!is_name && (!is_before || self.tokens[end - 1].is("overall") && end > at + 1)).then_some(end)
    }

    fn totalled(&self, at: usize, end: usize) -> TotalKind {
        let is_word = |word: &str| (at..end).any(|at| self.tokens[at].is(word));
        match (is_word("overall") || is_word("group") || is_word("breakdown"), end - self.past(at, &["the"])) {
            (false, 1) if is_word("total") => TotalKind::Sum,
            (false, _) if ["total", "all", "altogether", "combined", "together", "one"].into_iter().any(is_word) => {
                TotalKind::Either
            }
            _ => TotalKind::Whole,
        }
    }

    /// One of the phrases stands somewhere.
    pub fn has(&self, phrases: &[&str]) -> bool {
        (0..self.tokens.len()).any(|at| self.any(at, phrases).is_some())
    }

    /// How it is shown, and not what.
    pub fn is_display(&self) -> bool {
        self.tokens.iter().any(|token| DISPLAYS.iter().any(|word| token.is(word)))
    }

    /// "average length there", "what was it then": under the conditions before. Not "how many are there", "then by
    /// name".
    pub fn is_there(&self) -> bool {
        let words = ["then", "there", "in that time", "in that period", "at that time", "back then"];
        let verbs = ["is", "are", "was", "were", "be", "been", "have", "has", "by"];
        let is_verb = |at: Option<usize>| {
            let token = at.and_then(|at| self.tokens.get(at));
            token.is_some_and(|token| verbs.iter().any(|word| token.is(word)))
        };
        let is_said = |at: usize| match self.any(at, &words) {
            Some(end) => !is_verb(at.checked_sub(1)) && !is_verb(Some(end)) && self.parts(at).next().is_none(),
            None => false,
        };
        // "how many orders was that"
        let ends = ["is that", "was that", "is this", "are those", "were those", "are these", "were these", "is it"];
        let is_end = |at: usize| {
            let signs = |end: usize| self.is_end(end);
            self.any(at, &ends).is_some_and(signs)
        };
        (1..self.tokens.len()).any(|at| is_said(at) || is_end(at))
    }

    /// It begins with a preposition, as what is added to a question does.
    pub fn hangs_on(&self) -> bool {
        let words = ["for", "in", "from", "with", "of", "during", "since", "at", "on", "by", "per", "via", "through"];
        let relative = ["who have", "who has", "who had", "that have", "that are", "that were"];
        let is_relative = self.any(0, &relative).is_some() && !self.tokens.iter().any(|token| token.is("?"));
        (is_relative || self.any(0, &words).is_some())
            && !(1..self.tokens.len()).any(|at| self.any(at, &OPENED).is_some())
    }
}
