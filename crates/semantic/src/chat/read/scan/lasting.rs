//! What lasts: "in force on 1 July", "running contracts", "lorries in service": begun by that day, and not over before it.
//! Only of things that have one day on which they begin and one on which they end, and only in words that nothing else bears: a
//! status that is called so is the status.

use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::dates;
use crate::chat::emptiness;
use crate::chat::ground::{DatasetId, FieldId, Ground};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Grain, Op, Query, Value};
use crate::chat::times::{self, ENDS, STARTS};
use crate::chat::words::{Kind, Phrases};

/// Of what begins and ends.
static STATES: Phrases = Phrases::named("scan.lasting.STATES");
/// Behind "still": that it is not over.
static STILL: Phrases = Phrases::named("scan.lasting.STILL");
/// They say it by themselves; of the others a day, "still" or "now" makes a state.
const CLEAR: [&str; 6] = ["in force", "in effect", "running", "in service", "in operation", "under contract"];
const NOW: [&str; 8] =
    ["today", "now", "right now", "at the moment", "at present", "currently", "as of today", "as of now"];
/// What the names of such days are made of, beside what the thing is called.
const FILLERS: [&str; 10] = ["date", "day", "on", "at", "time", "valid", "of", "the", "in", "effective"];

impl Reader<'_> {
    pub fn lasting(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["that", "which", "who", "is", "are", "was", "were"]);
        let still = self.any(start, &["still", "currently", "now"]);
        let from = still.unwrap_or(start);
        self.as_said(start, from, steps);
        steps.extend(self.there(at).map(|(end, filters)| (end, Item::InForce(filters))));
        if let (Some(end), Some(of)) = (still.and_then(|still| self.any(still, &STILL)), self.thing_before(at)) {
            let is_there = self.is_clause_end(end) && !(from..end).any(|at| self.parts(at).next().is_some());
            let until = self.end_of(of).filter(|_| is_there && self.lasts(of, self.context.today).is_none());
            steps.extend(until.map(|field| (end, Item::Filter(self.lasts_still(field)))));
        }
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
        if is_clear && is_timeless && !self.is_over() {
            let of = self.thing_at(end).or_else(|| self.thing_before(at).filter(|_| self.is_clause_end(end)));
            let filters = of.and_then(|of| self.lasts(of, self.context.today));
            steps.extend(filters.map(|filters| (end, Item::InForce(filters))));
        }
    }

    /// "still alive", "in service on 30 June": in words that the model has for it.
    fn as_said(&self, start: usize, from: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, filter) in self.not_done(from) {
            match self.day_of(end) {
                Some((behind, day)) => {
                    let filters = self.begun_by(filter.field, day);
                    steps.extend(filters.map(|filters| (behind, Item::InForce(filters))));
                }
                None if from > start => steps.push((end, Item::Filter(filter))),
                None => {}
            }
        }
    }

    /// "staff as of DAY": those that were there on that day.
    pub fn there(&self, at: usize) -> Option<(usize, Vec<Filter>)> {
        let (behind, day) = self.any(at, &["as of", "as at"]).and_then(|_| self.day_of(at))?;
        // "staff hired as of DAY": when that happened.
        let parts = || (0..at).rev().flat_map(|from| self.parts(from)).filter(|(end, _)| *end <= at);
        let of = parts().find_map(|(_, part)| match part {
            Part::Dataset(id) => Some(*id),
            Part::Metric(id) => self.ground.metric(*id).datasets.first().copied(),
            _ => None,
        });
        let is_deed = parts().any(|(_, part)| matches!(part, Part::Happened(_)));
        let until = of.filter(|of| !is_deed && self.is_standing(*of)).and_then(|of| self.end_of(of))?;
        Some((behind, self.begun_by(until, day)?))
    }

    /// Things that are there for long, of a period in which they began, and of which now or then they are what is said: "lorries
    /// in service in 2023" were so then, and of "contracts today" those count that hold.
    pub fn is_of_now_and_then(&self, query: &Query) -> bool {
        let Some(time) = &query.time else { return false };
        let of = self.ground.field(time.field).dataset;
        let is_state = |filter: &Filter| {
            let is_own =
                filter.op == Op::IsEmpty && filter.values.is_empty() && self.ground.field(filter.field).dataset == of;
            is_own && is_end(self.ground, filter.field)
        };
        let is_today = || {
            let is_deed = |at: usize| self.parts(at).any(|(_, part)| matches!(part, Part::Happened(_)));
            let is_now =
                time.range.from == Some(self.context.today) && time.range.to == self.context.today.tomorrow().ok();
            is_now && self.end_of(of).is_some() && !(0..self.tokens.len()).any(is_deed)
        };
        let is_own = times::own(self.ground, of) == Some(time.field);
        let is_now = query.filters.iter().any(is_state);
        // "open complaints as of 30 June" were open then.
        is_own && (is_now && time.range.from.is_none() || self.is_standing(of) && (is_now || is_today()))
    }

    /// Not over today; its end may be known already.
    fn lasts_still(&self, field: FieldId) -> Filter {
        Filter { field, op: Op::IsEmpty, values: vec![Value::Date(self.context.today)] }
    }

    fn is_over(&self) -> bool {
        self.tokens.iter().any(|token| token.is("was") || token.is("were"))
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
    pub fn day_of(&self, at: usize) -> Option<(usize, jiff::civil::Date)> {
        if let Some(end) = self.any(at, &NOW) {
            return Some((end, self.context.today));
        }
        let on = self.any(at, &["on", "as of", "as at", "at"])?;
        let of_day = |(end, stated): (usize, dates::Stated)| {
            let until = stated.range.to.and_then(|to| to.yesterday().ok())?;
            // "as of the end of 2020"
            let is_end = stated.range.from.is_none() && self.tokens[at].is("as");
            let is_one = stated.range.from.is_none() || stated.range.from == Some(until);
            let is_day = is_end || stated.range.grain == Some(Grain::Day) && is_one;
            is_day.then_some((end, until))
        };
        let whole = dates::at(self.tokens, at, self.context);
        whole.into_iter().chain(dates::at(self.tokens, on, self.context)).find_map(of_day)
    }

    fn lasts(&self, of: DatasetId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
        in_force(self.day_called(of, &STARTS)?, self.day_called(of, &ENDS)?, day)
    }

    /// Begun by the day, where what ends then has a time of its own at which it began.
    fn begun_by(&self, until: FieldId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
        let of = self.ground.field(until).dataset;
        let from = self.day_called(of, &STARTS).or_else(|| times::own(self.ground, of))?;
        in_force(from, until, day).filter(|_| self.is_date(from) && self.is_date(until))
    }

    /// The one day at which things of a dataset are over.
    fn end_of(&self, of: DatasetId) -> Option<FieldId> {
        let mut ends = self.ground.fields_of(of).filter(|id| is_end(self.ground, *id));
        ends.next().filter(|_| ends.next().is_none()).or_else(|| self.day_called(of, &ENDS))
    }

    /// Things, and nothing that happens: others belong to them, or both their days are called so.
    fn is_standing(&self, of: DatasetId) -> bool {
        self.ground.joins.iter().any(|join| join.to == of)
            || self.day_called(of, &STARTS).is_some() && self.day_called(of, &ENDS).is_some()
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

fn in_force(from: FieldId, until: FieldId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
    let tomorrow = day.tomorrow().ok().filter(|_| from != until)?;
    let begun = Filter { field: from, op: Op::IsNotEmpty, values: vec![Value::Date(tomorrow)] };
    let lasts = Filter { field: until, op: Op::IsEmpty, values: vec![Value::Date(day)] };
    Some(vec![begun, lasts])
}

/// It is empty for as long as the thing is there.
fn is_end(ground: &Ground, field: FieldId) -> bool {
    emptiness::of(ground, field).is_some_and(|it| it.is_lasting)
}
