//! What words were taken for that are no names of it: the answer says so, and is less sure of it.

use super::clauses::Clauses;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::lexicon::{Part, is_count, last_words};
use crate::chat::names::{of_each, phrases};
use crate::chat::null_meaning;
use crate::chat::query::{Aggregate, Measure, Query};
use crate::chat::read::items::Item;
use crate::chat::read::reader::{Reader, Sequence};
use crate::chat::schema_graph;
use crate::chat::times;

impl Reader<'_> {
    /// A note for each: "reason" of `cancel_reason`, "price" of `price_per_kwh`, "open" of what has no time at which it was
    /// closed, "from", "largest".
    pub fn weaker(&self, query: &Query, sequence: &Sequence) -> Vec<String> {
        let now = Clauses::of(self.ground, query);
        let mut notes: Vec<String> = Vec::new();
        for at in 0..self.tokens.len() {
            for (end, part) in self.parts(at).filter(|(_, part)| now.holds(part)) {
                match part {
                    Part::Field(id) if self.is_short_of(*id, at, end) && !self.is_longer(*id, at, end) => {
                        notes.push(self.took(&self.ground.path(*id), at, end));
                    }
                    Part::Undone(id) if self.tokens[at].is("open") && !self.says_open(*id) => {
                        let path = self.ground.path(*id);
                        notes.push(format!("Took rows without {path} for those that are open."));
                    }
                    _ => {}
                }
            }
        }
        for (from, end, item) in &sequence.items {
            notes.extend(self.adjective_note(*from, *end, item));
            notes.extend(self.direction_note(*from, item));
        }
        notes.dedup();
        notes
    }

    fn took(&self, name: &str, at: usize, end: usize) -> String {
        let said: Vec<&str> = self.tokens[at..end].iter().map(|token| token.raw.as_str()).collect();
        format!("Took {name} for \u{201c}{}\u{201d}.", said.join(" "))
    }

    /// The words are no name of the field, but the last word of one, or what stands before "per".
    fn is_short_of(&self, id: FieldId, at: usize, end: usize) -> bool {
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let names = &self.ground.field(id).names;
        let is_full = phrases(names).iter().any(|name| words.ends_with(name));
        !is_full
            && (last_words(self.ground, id).contains(&words) || of_each(names).iter().any(|name| words.ends_with(name)))
    }

    /// A longer name of it stands around these words.
    fn is_longer(&self, id: FieldId, at: usize, end: usize) -> bool {
        let is_around = |from: usize, (to, part): (usize, &Part)| {
            to >= end && to - from > end - at && *part == Part::Field(id) && !self.is_short_of(id, from, to)
        };
        (0..=at).any(|from| self.parts(from).any(|part| is_around(from, part)))
    }

    /// Its description says that what it is empty for is open.
    fn says_open(&self, id: FieldId) -> bool {
        let state = null_meaning::of(self.ground, id).and_then(|it| it.state.as_ref());
        state.is_some_and(|words| words.as_slice() == ["open"])
    }

    /// Why what was understood cannot be put together: "total price" of prices per kWh, "fees per weekly hours" of fees of all
    /// years and hours of today.
    pub fn is_unlike(&self, query: &Query, sequence: &Sequence) -> Option<String> {
        let shown = |id: FieldId| self.ground.field(id).names.shown().to_lowercase();
        let summed = query.measures.iter().find_map(|measure| match measure {
            Measure::Of { aggregate: Aggregate::Sum, field } => Some(*field),
            _ => None,
        });
        let is_said = |id: FieldId| {
            let is_it = |at: usize, (end, part): (usize, &Part)| {
                let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
                let is_last = last_words(self.ground, id).contains(&words);
                *part == Part::Field(id) && !is_last && self.is_short_of(id, at, end) && !self.is_longer(id, at, end)
            };
            (0..self.tokens.len()).any(|at| self.parts(at).any(|part| is_it(at, part)))
        };
        if let Some(id) = summed.filter(|id| is_said(*id)) {
            return Some(format!("Say what of {} is wanted: it is that of one.", shown(id)));
        }
        let per = sequence.items.iter().find_map(|(_, _, item)| match item {
            Item::PerFigure(Measure::Metric(id)) if is_count(&self.ground.metric(*id).expression) => None,
            Item::PerFigure(whole) => Some(whole),
            _ => None,
        })?;
        let part = query.measures.iter().find_map(|measure| match measure {
            Measure::Over { part, .. } => Some(part),
            _ => None,
        })?;
        let homes = (schema_graph::home(self.ground, part)?, schema_graph::home(self.ground, per)?);
        let happens = |of: DatasetId| times::own(self.ground, of).is_some() && !times::stays(self.ground, of);
        let dated = |of: DatasetId| times::of(self.ground, of).field();
        let is_dated_alike = dated(homes.0).is_some() && dated(homes.0) == dated(homes.1);
        // "revenue per bed": of things that have so many at any time.
        let is_had = matches!(per, Measure::Of { .. })
            && !happens(homes.1)
            && schema_graph::reach(self.ground, homes.0).contains(&homes.1);
        let is_like = homes.0 == homes.1 || happens(homes.0) && happens(homes.1) || is_dated_alike || is_had;
        let name = match per {
            Measure::Metric(id) => self.ground.metric(*id).names.shown().to_lowercase(),
            Measure::Of { field, .. } => shown(*field),
            _ => return None,
        };
        (!is_like).then(|| format!("What is divided by {name} is not of the same times: ask for each of them."))
    }
}
