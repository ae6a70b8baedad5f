//! What lasts: "in force on 1 July", "running contracts", "lorries still in service": begun by that day, and not over
//! before it.

use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Grain, Op, Value};
use crate::chat::times;
use crate::chat::words::Kind;
use crate::chat::words::Phrases;

/// Of what begins and ends.
static STATES: Phrases = Phrases::named("scan.lasting.STATES");
const ALIVE: [&str; 2] = ["alive", "living"];
/// They say it by themselves; of the others a day, "still" or "now" makes a state.
const CLEAR: [&str; 9] =
    ["in force", "in effect", "running", "in service", "in operation", "under contract", "alive", "living", "current"];
const NOW: [&str; 8] =
    ["today", "now", "right now", "at the moment", "at present", "currently", "as of today", "as of now"];

impl Reader<'_> {
    pub fn lasting(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["that", "which", "who", "is", "are", "was", "were"]);
        let has_been = self.tokens[at..start].iter().any(|token| token.is("was") || token.is("were"));
        let still = self.any(start, &["still", "currently", "now", "today", "at present"]);
        // "nurse we still have"
        let ours = self.any(at, &["we still have", "that we still have", "we still employ"]);
        let said = ours.or_else(|| self.any(still.unwrap_or(start), &STATES));
        let alive = self.any(still.unwrap_or(start), &ALIVE);
        let Some(end) = said.max(alive) else { return };
        let from = still.unwrap_or(start);
        let is_clear = self.any(from, &CLEAR) == Some(end) || still.is_some() || ours.is_some();
        let named = (from..end).any(|at| self.parts(at).next().is_some());
        let day = self.day_of(end);
        let of_things = |of: DatasetId, alive: bool, day: Option<(usize, jiff::civil::Date)>, end: usize| {
            let filters = self.lasts(of, alive, day.map_or(self.context.today, |(_, day)| day))?;
            Some((day.map_or(end, |(end, _)| end), Item::InForce(filters)))
        };
        let is_alive = alive == Some(end);
        match day {
            Some(_) => {
                let of = self.thing_before(at).or_else(|| self.thing_at(end));
                steps.extend(of.and_then(|of| of_things(of, is_alive, day, end)));
            }
            None if is_clear && !named && !has_been => {
                // "running contracts", "contracts running"
                let of = self.thing_at(end).or_else(|| self.thing_before(at).filter(|_| self.is_clause_end(end)));
                steps.extend(of.and_then(|of| of_things(of, is_alive, None, end)));
            }
            None => {}
        }
    }

    /// "contract value today", of what begins and ends: no day on which it began.
    pub(super) fn is_lasting_now(&self, at: usize, end: usize) -> bool {
        self.lasting_now(at).is_some_and(|(behind, _)| behind == end)
    }

    pub(super) fn lasting_now(&self, at: usize) -> Option<(usize, Item)> {
        let end = self.any(at, &NOW)?;
        let of_figure = |(_, part): (usize, &Part)| match part {
            Part::Metric(id) => self.ground.metric(*id).datasets.first().copied(),
            Part::Dataset(id) => Some(*id),
            _ => None,
        };
        let is_deed =
            |part: &Part| matches!(part, Part::Happened(_) | Part::Done(_) | Part::Undone(_) | Part::Deeds(_));
        if (0..at).any(|from| self.parts(from).any(|(_, part)| is_deed(part))) {
            return None;
        }
        let of = (0..at).rev().find_map(|from| self.parts(from).find_map(of_figure))?;
        let (from, _) = self.days_of(of, false)?;
        from?;
        Some((end, Item::InForce(self.lasts(of, false, self.context.today)?)))
    }

    fn is_clause_end(&self, at: usize) -> bool {
        const GOING_ON: [&str; 12] =
            ["by", "per", "with", "and", "in", "of", "at", "for", "on", ",", "longer", "since"];
        self.tokens.get(at).is_none_or(|token| token.kind == Kind::Sign || GOING_ON.iter().any(|word| token.is(word)))
    }

    /// The thing that is named here, or by a value of it.
    fn thing_at(&self, at: usize) -> Option<DatasetId> {
        self.parts(at).find_map(|(_, part)| match part {
            Part::Dataset(id) => Some(*id),
            Part::Value(field, _) => Some(self.ground.field(*field).dataset),
            _ => None,
        })
    }

    /// The day that is named here, and the token behind it.
    fn day_of(&self, at: usize) -> Option<(usize, jiff::civil::Date)> {
        if let Some(end) = self.any(at, &NOW) {
            return Some((end, self.context.today));
        }
        let of_day = |(end, stated): (usize, dates::Stated)| {
            let until = stated.range.to.and_then(|to| to.yesterday().ok())?;
            let is_end = self.tokens[at..end].iter().any(|token| token.is("end")) && stated.range.from.is_none();
            let is_day = stated.range.grain == Some(Grain::Day)
                && (stated.range.from.is_none() || stated.range.from == Some(until));
            (is_day || is_end).then_some((end, until))
        };
        let on = self.any(at, &["on", "as of", "as at", "at"]);
        let stated = on.into_iter().chain([at]).flat_map(|at| dates::at(self.tokens, at, self.context));
        stated.filter_map(of_day).find(|(end, _)| on.is_none_or(|on| *end > on))
    }

    fn lasts(&self, of: DatasetId, is_alive: bool, day: jiff::civil::Date) -> Option<Vec<Filter>> {
        let (from, until) = self.days_of(of, is_alive)?;
        let tomorrow = day.tomorrow().ok()?;
        let begun = from.map(|field| Filter { field, op: Op::IsNotEmpty, values: vec![Value::Date(tomorrow)] });
        let lasts = Filter { field: until, op: Op::IsEmpty, values: vec![Value::Date(day)] };
        Some(begun.into_iter().chain([lasts]).collect())
    }

    /// The days on which things of a dataset begin and end, where they have one of each.
    fn days_of(&self, of: DatasetId, is_alive: bool) -> Option<(Option<FieldId>, FieldId)> {
        const STARTS: [&str; 6] = ["from", "start", "begin", "effective", "since", "begun"];
        const ENDS: [&str; 19] = [
            "to",
            "until",
            "end",
            "thru",
            "leave",
            "left",
            "retire",
            "retired",
            "close",
            "closed",
            "resolve",
            "settle",
            "settled",
            "terminate",
            "terminated",
            "withdrawn",
            "dissolve",
            "dissolved",
            "decommission",
        ];
        const DEATHS: [&str; 4] = ["die", "died", "dead", "death"];
        let named = |words: &[&str]| -> Vec<FieldId> {
            let is_so = |id: &FieldId| {
                let mut said = phrases(&self.ground.field(*id).names).into_iter().flatten();
                self.is_date(*id) && said.any(|word| words.contains(&word.as_str()))
            };
            self.ground.fields_of(of).filter(is_so).collect()
        };
        let until = named(if is_alive { &DEATHS } else { &ENDS });
        let [until] = until.as_slice() else { return None };
        let from = match named(&STARTS).as_slice() {
            _ if is_alive => None,
            [from] if from != until => Some(*from),
            [] => times::own(self.ground, of).filter(|own| own != until),
            _ => return None,
        };
        Some((from, *until))
    }
}
