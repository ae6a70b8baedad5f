//! Edits of the question before, by what only such a message says: its markers, and changes that need something to
//! change.

use super::items::{Edit, Item};
use super::reader::Reader;
use super::scan::times::VERSUS;
use crate::chat::dates::{self, Against};
use crate::chat::ground::FieldId;
use crate::chat::lexicon::Part;
use crate::chat::query::Aggregate;
use crate::chat::words::Phrases;

/// Messages that begin so go on from what was said, and the words say nothing else.
static GOING_ON: Phrases = Phrases::named("edits.GOING_ON");

/// Messages that begin so go on from what was said.
static CONTINUED: Phrases = Phrases::named("edits.CONTINUED");
/// Who begins so begins anew, where the message names what it is about.
pub(super) static OPENED: Phrases = Phrases::named("edits.OPENED");
/// Who says so has done with what was said.
static FORGOTTEN: Phrases = Phrases::named("edits.FORGOTTEN");
const PRONOUNS: [&str; 9] = ["it", "its", "them", "they", "their", "those", "these", "ones", "that"];
static MARKERS: Phrases = Phrases::named("edits.MARKERS");

impl Reader<'_> {
    /// The message goes on from the one before: it begins so, or its first pronoun has nothing in it to stand for.
    pub fn is_continued(&self) -> bool {
        self.any(0, &GOING_ON).or(self.any(0, &CONTINUED)).is_some() || self.refers_back()
    }

    pub fn refers_back(&self) -> bool {
        self.is_there() || (0..self.tokens.len()).any(|at| self.is_outward(at))
    }

    pub fn opens(&self) -> bool {
        self.any(0, &OPENED).is_some()
    }

    /// How many tokens say that what was said before does not count.
    pub fn forgets(&self) -> Option<usize> {
        let end = self.any(0, &FORGOTTEN)?;
        Some(self.past(end, &[".", ",", "!", ":", "-"])).filter(|end| *end < self.tokens.len())
    }

    pub fn edits(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        if let Some(end) =
            self.any(at, &["also", "as well", "in addition", "additionally", "too", "and also", "add", "plus"])
        {
            steps.push((end, Item::Also));
        }
        let all = [
            "remove the filter",
            "remove the filters",
            "remove all filters",
            "without filters",
            "clear the filters",
            "clear filters",
            "remove filters",
            "without the filter",
            "without any filter",
        ];
        if let Some(end) = self.any(at, &all) {
            steps.push((end, Item::Remove));
        }
        if let Some(end) = self.any(at, &GOING_ON).max(self.any(at, &MARKERS)) {
            steps.push((end, Item::Marker));
        }
        if PRONOUNS.iter().any(|word| self.tokens[at].is(word)) {
            steps.push((at + 1, Item::Marker));
        }
        // "what was it then", "and the average there": under the conditions before.
        if let Some(end) =
            self.any(at, &["then", "there", "in that time", "in that period", "at that time", "back then"])
            && at > 0
        {
            steps.push((end, Item::Marker));
        }
        // "make it 10"
        if let Some(end) = self.any(at, &["make it", "make that", "only the first", "just the first"])
            && let Some(rows) = self.count(end).filter(|rows| *rows < 1_000)
            && end + 1 == self.tokens.len()
        {
            steps.push((end + 1, Item::Limit(rows)));
        }
        let mut push = |end: usize, edit: Edit| steps.push((end, Item::Edit(edit)));
        if let Some((end, against)) = dates::against(self.tokens, at)
            && (self.any(at, &["last", "the last"]).is_none() || against == Against::SameLastYear)
        {
            push(end, Edit::Earlier(against));
        }
        let start = self.any(at, &["as of", "at", "by"]).unwrap_or(at);
        if let Some((end, count, grain)) = dates::later(self.tokens, start) {
            push(end, Edit::Later(count, grain));
        }
        self.of_them(at, &mut push);
        if let Some(end) = self.any(at, &["instead of", "rather than", "in place of"]) {
            let end = self.past(end, &["by", "per", "the"]);
            self.dimensions(end).into_iter().for_each(|(end, by)| push(end, Edit::Instead(by, false)));
        }
        self.taken_away(at, &mut push);
        self.dropped(at, &mut push);
        self.shared(at, &mut push);
        self.each(at, &mut push);
        self.foremost(at, &mut push);
        self.first_group(at, &mut push);
        self.beside(at, &mut push);
        // "including Germany"
        if let Some(end) = self.any(at, &super::undo::INCLUDING) {
            steps.extend(self.lists(end).into_iter().map(|(end, filter)| (end, Item::Filter(filter))));
            steps.push((end, Item::Marker));
        }
        // "with cancelled orders", where these were left out.
        if let Some(end) = self.is(at, "with") {
            steps.push((end, Item::Marker));
        }
        // "only those by phone"
        if let Some(end) = self.any(at, &["by", "via", "through", "over"]) {
            steps.extend(self.lists(end).into_iter().map(|(end, filter)| (end, Item::Filter(filter))));
        }
    }

    /// The rows of what was counted, and how many there are of what was listed.
    fn of_them(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        // "list them": the rows of what was counted.
        if let Some(end) = self.any(
            at,
            &[
                "list them",
                "show them",
                "list those",
                "show those",
                "which ones are they",
                "which ones",
                "who are they",
                "list these",
                "show these",
                "name them",
            ],
        ) {
            push(end, Edit::List);
        }
        if let Some(end) = self.any(at, &["how many", "number of", "the number of"]) {
            let them =
                ["of them", "of those", "of these", "them", "those", "these", "are there", "were there", "is that"];
            push(self.any(end, &them).unwrap_or(end), Edit::Count);
        }
    }

    /// "drop the city filter", "remove the condition on the city".
    fn dropped(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        const FILTERS: [&str; 6] = ["filter", "filters", "condition", "conditions", "restriction", "restrictions"];
        // "for all countries"
        if let Some(end) = self.any(at, &["for all", "in all", "from all", "all", "for all the", "for any", "in any"]) {
            for (end, part) in self.parts(end) {
                if let Part::Field(field) = part {
                    push(end, Edit::Drop(*field));
                }
            }
        }
        let Some(end) = self.any(at, &["drop", "remove", "clear", "without", "take off", "lift"]) else { return };
        let end = self.past(end, &["the", "any", "all"]);
        for (end, part) in self.parts(end) {
            if let (Part::Field(field), Some(end)) = (part, self.any(end, &FILTERS)) {
                push(end, Edit::Drop(*field));
            }
        }
        let Some(end) = self.any(end, &FILTERS).and_then(|end| self.any(end, &["on", "for", "by", "of"])) else {
            return;
        };
        for (end, part) in self.parts(self.past(end, &["the"])) {
            if let Part::Field(field) = part {
                push(end, Edit::Drop(*field));
            }
        }
    }

    /// "as a share of all orders", "as percentages of the total".
    fn shared(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        let words = [
            "as a share",
            "as share",
            "as shares",
            "as a percentage",
            "as percentage",
            "as percentages",
            "as a percent",
            "as a proportion",
            "as proportions",
            "in percent",
            "as %",
        ];
        let Some(end) = self.any(at, &words) else { return };
        let total = ["of the total", "of total", "of all", "of the whole", "of everything", "of them all"];
        push(self.any(end, &total).unwrap_or(end), Edit::Share(None));
        if let Some(end) = self.any(end, &["of all", "of all the", "of all our"]) {
            for (end, part) in self.parts(end) {
                if let Part::Dataset(id) = part {
                    push(end, Edit::Share(Some(*id)));
                }
            }
        }
    }

    /// "the longest one of each", "the average for each".
    fn each(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        const EXTREMES: [(&str, Aggregate); 12] = [
            ("longest", Aggregate::Maximum),
            ("highest", Aggregate::Maximum),
            ("largest", Aggregate::Maximum),
            ("biggest", Aggregate::Maximum),
            ("maximum", Aggregate::Maximum),
            ("shortest", Aggregate::Minimum),
            ("lowest", Aggregate::Minimum),
            ("smallest", Aggregate::Minimum),
            ("minimum", Aggregate::Minimum),
            ("average", Aggregate::Average),
            ("median", Aggregate::Median),
            ("total", Aggregate::Sum),
        ];
        const BEFORE: [&str; 6] = ["and", "but", "now", "what", "about", "how"];
        let start = self.past(at, &["the"]);
        for (word, aggregate) in EXTREMES {
            let Some(end) = self.is(start, word) else { continue };
            // "average instead of total"
            let others = ["total", "the total", "sum", "the sum", "average", "the average", "median", "the median"];
            let of = self.any(end, &["instead of", "rather than", "not"]).and_then(|of| self.any(of, &others));
            let instead = of.or_else(|| self.is(end, "instead")).filter(|end| self.is_end(*end));
            // "and the median?"
            let is_word = ["average", "median", "maximum", "minimum"].contains(&word);
            let is_first = (0..at).all(|at| BEFORE.iter().any(|it| self.tokens[at].is(it)));
            let alone = Some(end).filter(|end| is_word && is_first && self.is_end(*end));
            instead.or(alone).into_iter().for_each(|end| push(end, Edit::Each(aggregate)));
            let end = self.any(end, &["one", "ones", "value"]).unwrap_or(end);
            let end = self.any(end, &["of each", "for each", "in each", "per each", "each"]);
            end.into_iter().for_each(|end| push(end, Edit::Each(aggregate)));
        }
    }

    /// "compare it with France", "compared to Orion as a brand".
    fn beside(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        let Some(end) = self.any(at, &VERSUS) else { return };
        for (end, filter) in self.lists(end) {
            if let [value] = filter.values.as_slice() {
                push(end, Edit::Beside(filter.field, value.clone()));
                let named = self.named_as(end, filter.field);
                named.into_iter().for_each(|end| push(end, Edit::Beside(filter.field, value.clone())));
            }
        }
    }

    /// Behind a value: "as a brand".
    pub fn named_as(&self, at: usize, field: FieldId) -> Option<usize> {
        let end = self.any(at, &["as a", "as an", "as the", "as their", "as its", "as"])?;
        let of = self.ground.field(field).dataset;
        let is_it = |part: &Part| match part {
            Part::Field(id) => *id == field,
            Part::Dataset(id) => *id == of,
            _ => false,
        };
        self.parts(end).find(|(_, part)| is_it(part)).map(|(end, _)| end)
    }
}
