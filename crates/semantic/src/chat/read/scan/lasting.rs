//! What lasts: "in force on 1 July", "running contracts", "policies still in effect": begun by that day, and not over before it.
//! Only of things that have one day on which they begin and one on which they end, and only in words that nothing else bears: a
//! status that is called so is the status.

use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Grain, Op, Value};
use crate::chat::words::{Kind, Phrases};

/// Of what begins and ends.
static STATES: Phrases = Phrases::named("scan.lasting.STATES");
/// They say it by themselves; of the others a day, "still" or "now" makes a state.
const CLEAR: [&str; 6] = ["in force", "in effect", "running", "in service", "in operation", "under contract"];
const NOW: [&str; 8] =
    ["today", "now", "right now", "at the moment", "at present", "currently", "as of today", "as of now"];
/// What the names of such days are made of, beside what the thing is called.
const STARTS: [&str; 6] = ["from", "start", "begin", "effective", "since", "begun"];
const ENDS: [&str; 4] = ["to", "until", "end", "thru"];
const FILLERS: [&str; 10] = ["date", "day", "on", "at", "time", "valid", "of", "the", "in", "effective"];

impl Reader<'_> {
    pub fn lasting(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["that", "which", "who", "is", "are", "was", "were"]);
        let still = self.any(start, &["still", "currently", "now"]);
        let from = still.unwrap_or(start);
        let Some(end) = self.any(from, &STATES) else { return };
        if (from..end).any(|at| self.parts(at).next().is_some()) {
            return;
        }
        if let Some((behind, day)) = self.day_of(end) {
            let of = self.thing_before(at).or_else(|| self.thing_at(end));
            let filters = of.and_then(|of| self.lasts(of, day));
            steps.extend(filters.map(|filters| (behind, Item::InForce(filters))));
            return;
        }
        // Of today, where no time is spoken of.
        let is_clear = still.is_some() || self.any(from, &CLEAR) == Some(end);
        let is_timeless = (0..self.tokens.len()).all(|at| dates::at(self.tokens, at, self.context).is_empty());
        let is_over = self.tokens.iter().any(|token| token.is("was") || token.is("were"));
        if is_clear && is_timeless && !is_over {
            let of = self.thing_at(end).or_else(|| self.thing_before(at).filter(|_| self.is_clause_end(end)));
            let filters = of.and_then(|of| self.lasts(of, self.context.today));
            steps.extend(filters.map(|filters| (end, Item::InForce(filters))));
        }
    }

    fn is_clause_end(&self, at: usize) -> bool {
        const GOING_ON: [&str; 6] = ["by", "per", "with", "and", "of", ","];
        self.tokens.get(at).is_none_or(|token| token.kind == Kind::Sign || GOING_ON.iter().any(|word| token.is(word)))
    }

    fn thing_at(&self, at: usize) -> Option<DatasetId> {
        self.parts(at).find_map(|(_, part)| match part {
            Part::Dataset(id) => Some(*id),
            _ => None,
        })
    }

    /// The day that is named here, and the token behind it.
    fn day_of(&self, at: usize) -> Option<(usize, jiff::civil::Date)> {
        if let Some(end) = self.any(at, &NOW) {
            return Some((end, self.context.today));
        }
        let on = self.any(at, &["on", "as of", "as at", "at"])?;
        let of_day = |(end, stated): (usize, dates::Stated)| {
            let until = stated.range.to.and_then(|to| to.yesterday().ok())?;
            let is_day = stated.range.grain == Some(Grain::Day)
                && (stated.range.from.is_none() || stated.range.from == Some(until));
            is_day.then_some((end, until))
        };
        dates::at(self.tokens, on, self.context).into_iter().find_map(of_day)
    }

    fn lasts(&self, of: DatasetId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
        let (from, until) = (self.day_called(of, &STARTS)?, self.day_called(of, &ENDS)?);
        let tomorrow = day.tomorrow().ok().filter(|_| from != until)?;
        let begun = Filter { field: from, op: Op::IsNotEmpty, values: vec![Value::Date(tomorrow)] };
        let lasts = Filter { field: until, op: Op::IsEmpty, values: vec![Value::Date(day)] };
        Some(vec![begun, lasts])
    }

    /// The only day of a dataset that is called so. The end of a trial is not that of a membership.
    fn day_called(&self, of: DatasetId, words: &[&str]) -> Option<FieldId> {
        let own: Vec<String> = phrases(&self.ground.dataset(of).names).into_iter().flatten().collect();
        let is_called = |id: &FieldId| {
            let names = phrases(&self.ground.field(*id).names);
            self.is_date(*id) && names.iter().flatten().any(|word| words.contains(&word.as_str()))
        };
        let mut called = self.ground.fields_of(of).filter(is_called);
        let field = called.next().filter(|_| called.next().is_none())?;
        let is_plain =
            |word: &String| words.contains(&word.as_str()) || FILLERS.contains(&word.as_str()) || own.contains(word);
        phrases(&self.ground.field(field).names).iter().any(|name| name.iter().all(is_plain)).then_some(field)
    }
}
