//! What lasts: "in force on 1 July", "running contracts", "lorries in service": begun by that day, and not over before it.
//! Only of things that have one day on which they begin and one on which they end, and only in words that nothing else bears: a
//! status that is called so is the status.

use jiff::ToSpan;

use super::super::items::Item;
use super::super::reader::Reader;
use super::super::resolve::counts;
use crate::chat::dates;
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground};
use crate::chat::lexicon::{Part, is_person};
use crate::chat::null_meaning;
use crate::chat::query::{Filter, Grain, Measure, Op, Query, Value};
use crate::chat::schema_graph;
use crate::chat::times::{self, ENDS, OVER, STARTS};
use crate::chat::words::{Kind, Phrases, Token, lemmas};

/// Of what begins and ends.
static STATES: Phrases = Phrases::named("scan.lasting.STATES");
/// Behind "still": that it is not over.
static STILL: Phrases = Phrases::named("scan.lasting.STILL");
/// They say it by themselves; of the others a day, "still" or "now" makes a state.
const CLEAR: [&str; 6] = ["in force", "in effect", "running", "in service", "in operation", "under contract"];
/// What is called so is over as soon as it is.
const DONE: [&str; 8] = ["completed", "completion", "complete", "resolved", "resolution", "finished", "fixed", "done"];
/// They are said as well of what happens, as of tickets and orders.
const HAPPENS: [&str; 2] = ["open", "running"];
const NOW: [&str; 8] =
    ["today", "now", "right now", "at the moment", "at present", "currently", "as of today", "as of now"];

impl Reader<'_> {
    pub fn lasting(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["that", "which", "who", "is", "are", "was", "were"]);
        let still = self.any(start, &["still", "currently", "now"]);
        let from = still.unwrap_or(start);
        self.as_said(start, from, steps);
        steps.extend(self.there(at).map(|(end, filters)| (end, Item::InForce(filters))));
        let there =
            still.and_then(|still| self.any(still, &STILL)).or_else(|| self.with_us(start).filter(|_| still.is_none()));
        steps.extend(self.late(at).map(|(end, filter)| (end, Item::Filter(filter))));
        steps.extend(self.within(at).map(|(end, filter)| (end, Item::Filter(filter))));
        steps.extend(self.undone_for(start).map(|(end, filters)| (end, Item::InForce(filters))));
        if let Some((end, filters)) = self.overdue(start) {
            steps.push((end, Item::InForce(filters)));
        }
        if let (Some(end), Some(of)) = (there, self.such_before(at).or_else(|| self.thing_before(at))) {
            let is_there = self.is_clause_end(end) && !(from..end).any(|at| self.parts(at).next().is_some());
            // "still running", of what has one day on which it closes.
            let over = || self.over(of).filter(|_| still.is_some());
            let until = self.end_of(of).or_else(over);
            let until = until.filter(|_| is_there && self.lasts(of, self.context.today).is_none());
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

    /// "current staff", "former employees": of persons who come and go, those that are there, and those that are not.
    pub fn there_still(&self, at: usize) -> Option<(usize, Filter)> {
        const CURRENT: [&str; 4] = ["current", "present", "currently employed", "active"];
        const FORMER: [&str; 4] = ["former", "ex", "ex -", "past"];
        let said = self.any(at, &CURRENT).map(|end| (end, false));
        let (end, is_over) = said.or_else(|| self.any(at, &FORMER).map(|end| (end, true)))?;
        let is_named = (at..end).any(|at| self.parts(at).next().is_some());
        let of = self.thing_at(end).or_else(|| self.such_at(end));
        let of = of.filter(|of| !is_named && is_person(self.ground, *of))?;
        let until = self.end_of(of).filter(|_| self.is_standing(of)).or_else(|| self.may_end(of))?;
        let lasts = self.lasts_still(until);
        Some((end, if is_over { Filter { op: Op::IsNotEmpty, ..lasts } } else { lasts }))
    }

    /// "overdue loans": due before today, and not done.
    pub fn overdue(&self, at: usize) -> Option<(usize, Vec<Filter>)> {
        let end = self.any(at, &["overdue", "past due"]).filter(|_| self.parts(at).next().is_none())?;
        let of = self.thing_at(end).or_else(|| self.thing_before(at).filter(|_| self.is_clause_end(end)))?;
        let due = times::day_called(self.ground, of, &["due", "deadline"])?;
        let done = self.over(of).filter(|done| *done != due)?;
        let is_due = Filter { field: due, op: Op::Less, values: vec![Value::Date(self.context.today)] };
        Some((end, vec![is_due, Filter { field: done, op: Op::IsEmpty, values: Vec::new() }]))
    }

    /// "returned late", "paid on time": done after the day on which it was due, or by then.
    fn late(&self, at: usize) -> Option<(usize, Filter)> {
        let start = self.past(at, &["that", "which", "was", "were"]);
        let of = |part: &Part| match part {
            Part::Happened(done) => Some(*done),
            _ => None,
        };
        self.parts(start).filter_map(|(end, part)| Some((end, of(part)?))).find_map(|(end, done)| {
            let due = times::day_called(self.ground, self.ground.field(done).dataset, &["due", "deadline"])?;
            let late = self.any(end, &["late", "too late"]).map(|end| (end, Op::More));
            let (end, op) = late.or_else(|| Some((self.any(end, &["on time", "in time"])?, Op::AtMost)))?;
            let field = self.ground.made(Made::Days(due, done))?;
            Some((end, Filter { field, op, values: vec![Value::Number("0".to_owned())] }))
        })
    }

    /// "closed within 90 days", "resolved in less than a week": from their beginning on.
    fn within(&self, at: usize) -> Option<(usize, Filter)> {
        let start = self.past(at, &["that", "which", "was", "were"]);
        let done = self.parts(start).filter_map(|(end, part)| match part {
            Part::Happened(done) => Some((end, *done)),
            _ => None,
        });
        let spans =
            [("within", Op::AtMost), ("in less than", Op::Less), ("in under", Op::Less), ("after more than", Op::More)];
        done.into_iter().find_map(|(end, done)| {
            let (end, op) = spans.iter().find_map(|(words, op)| Some((self.is(end, words)?, *op)))?;
            let (end, days) = self.days(end)?;
            let field = self.ground.made(Made::Days(self.begun_before(done)?, done))?;
            Some((end, Filter { field, op, values: vec![Value::Number(days.to_string())] }))
        })
    }

    /// "open for more than 30 days": not over, and begun before these.
    fn undone_for(&self, at: usize) -> Option<(usize, Vec<Filter>)> {
        self.not_done(at).into_iter().find_map(|(end, undone)| {
            let end = self.any(end, &["for more than", "for over", "for longer than", "longer than", "more than"])?;
            let (end, days) = self.days(end)?;
            let of = self.ground.field(undone.field).dataset;
            // Since when it should have been so, or since when it could, is not said.
            let is_due = times::day_called(self.ground, of, &["due", "deadline"]).is_some();
            let field = self.begun_before(undone.field).filter(|_| !is_due)?;
            let day = self.context.today.checked_sub(days.days()).ok()?;
            Some((end, vec![undone, Filter { field, op: Op::Less, values: vec![Value::Date(day)] }]))
        })
    }

    /// "associates still here": the things of a value that stands right before, as several of them.
    fn such_before(&self, at: usize) -> Option<DatasetId> {
        let is_many = |at: usize| self.tokens[at].text != self.tokens[at].lemma;
        at.checked_sub(1).filter(|last| is_many(*last))?;
        self.only_such((0..at).flat_map(|from| self.parts(from)).filter(|(end, _)| *end == at))
    }

    /// The same of "current associates".
    fn such_at(&self, at: usize) -> Option<DatasetId> {
        let longest = self.parts(at).map(|(end, _)| end).max()?;
        let is_many = self.tokens[longest - 1].text != self.tokens[longest - 1].lemma;
        self.only_such(self.parts(at).filter(|(end, _)| *end == longest)).filter(|_| is_many)
    }

    /// The only things that have one of these values; none where something else is called so.
    fn only_such<'p>(&self, parts: impl Iterator<Item = (usize, &'p Part)>) -> Option<DatasetId> {
        let mut of: Vec<Option<DatasetId>> = parts
            .map(|(_, part)| match part {
                Part::Value(field, Value::Text(_)) => Some(self.ground.field(*field).dataset),
                _ => None,
            })
            .collect();
        of.dedup();
        if let [Some(one)] = of.as_slice() { Some(*one) } else { None }
    }

    /// The day on which that began which is over on this one.
    fn begun_before(&self, over: FieldId) -> Option<FieldId> {
        let of = self.ground.field(over).dataset;
        let span = times::span(self.ground, of).filter(|(_, end)| *end == over).map(|(begun, _)| begun);
        let own = || times::own(self.ground, of).or_else(|| times::came(self.ground, of));
        span.or_else(own).filter(|begun| *begun != over)
    }

    /// "90 days", "a week", in days.
    fn days(&self, at: usize) -> Option<(usize, i64)> {
        let is_one = ["a", "one"].iter().any(|word| self.tokens.get(at).is_some_and(|token| token.is(word)));
        let count = match self.tokens.get(at)?.number().and_then(|digits| digits.parse::<i64>().ok()) {
            Some(count) => count,
            None => is_one.then_some(1)?,
        };
        let unit = match self.tokens.get(at + 1)?.text.as_str() {
            "day" | "days" => 1,
            "week" | "weeks" => 7,
            _ => return None,
        };
        (1..=10_000).contains(&count).then_some((at + 2, count * unit))
    }

    /// The one day on which things of a dataset are done or gone.
    pub fn over(&self, of: DatasetId) -> Option<FieldId> {
        let called = |words: &[&str]| times::day_called(self.ground, of, words);
        let span = || times::span(self.ground, of).map(|(_, end)| end);
        span().or_else(|| called(&OVER)).or_else(|| called(&times::FINISHED))
    }

    /// "drivers with us", who have an end: behind what they are called, those that are there. "Here" may say nothing.
    pub fn with_us(&self, at: usize) -> Option<usize> {
        let end = self.is(at, "with us").filter(|end| self.is_clause_end(*end))?;
        let copulas = ["that", "which", "who", "is", "are", "was", "were", "have", "do", "we"];
        let is_copula = |token: &Token| copulas.iter().any(|word| token.is(word));
        let behind = (0..at).rev().find(|at| !is_copula(&self.tokens[*at]))? + 1;
        let named = (0..behind).flat_map(|from| self.parts(from)).find_map(|(end, part)| match part {
            Part::Dataset(id) if end == behind => Some(*id),
            _ => None,
        })?;
        self.end_of(named).map(|_| end)
    }

    /// "still alive", "in service on 30 June": in words that the model has for it.
    fn as_said(&self, start: usize, from: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, filter) in self.not_done(from) {
            match self.day_of(end) {
                Some((behind, day)) => {
                    // What was paid on the day is no longer unpaid, and a last day is one of those that are there.
                    let is_state = self.is_state(filter.field, from, end);
                    let until = if is_state { Some(day) } else { day.tomorrow().ok() };
                    let filters = self.begun_by(filter.field, day).zip(until).map(|(mut filters, until)| {
                        filters.iter_mut().skip(1).for_each(|lasts| lasts.values = vec![Value::Date(until)]);
                        filters
                    });
                    steps.extend(filters.map(|filters| (behind, Item::InForce(filters))));
                }
                None if from > start && !self.is_date(filter.field) => steps.push((end, Item::Filter(filter))),
                None if from > start && self.is_state(filter.field, from, end) => {
                    steps.push((end, Item::Filter(self.lasts_still(filter.field))));
                }
                None if from > start => {
                    let filter = self.context.come(self.ground, filter.field, false);
                    steps.push((end, Item::Filter(filter)));
                }
                None => {}
            }
        }
    }

    /// "staff as of DAY": those that were there on that day.
    pub fn there(&self, at: usize) -> Option<(usize, Vec<Filter>)> {
        let (behind, day) = self.any(at, &["as of", "as at"]).and_then(|_| self.day_of(at))?;
        // "revenue by store as of DAY" is of the revenue, which is named first.
        let parts = || (0..at).flat_map(|from| self.parts(from)).filter(|(end, _)| *end <= at);
        let (of, is_count) = parts().find_map(|(_, part)| match part {
            Part::Dataset(id) => Some((*id, true)),
            Part::Metric(id) => {
                let home = *self.ground.metric(*id).datasets.first()?;
                Some((home, counts::counted(self.ground, &Measure::Metric(*id)) == Some(home)))
            }
            _ => None,
        })?;
        // What is added up over orders is so over all of them.
        let is_there = self.has_both_days(of) || is_count && self.is_standing(of);
        let until = self.end_of(of).filter(|_| is_there && !self.is_of_deeds())?;
        Some((behind, self.begun_by(until, day)?))
    }

    /// Things that are there for long, of a period in which they began, and of which now or then they are what is said: "lorries
    /// in service in 2023" were so then, and of "contracts today" those count that hold.
    pub fn is_of_now_and_then(&self, query: &Query) -> bool {
        let Some(time) = &query.time else { return false };
        let of = self.ground.field(time.field).dataset;
        let is_state = |filter: &Filter| {
            let is_own = filter.op == Op::IsEmpty && self.ground.field(filter.field).dataset == of;
            is_own && null_meaning::of(self.ground, filter.field).is_some_and(|it| it.may_last)
        };
        let is_one_day = time.range.from.is_some_and(|from| from.tomorrow().ok() == time.range.to);
        let is_today = || {
            let is_now = is_one_day && time.range.from == Some(self.context.today);
            is_now && self.end_of(of).is_some() && !self.is_of_deeds()
        };
        let is_own = times::own(self.ground, of) == Some(time.field);
        let is_now = query.filters.iter().any(is_state);
        // "open complaints as of 30 June" were open then, and so were those on that day.
        let is_then = time.range.from.is_none() || is_one_day && !self.is_of_deeds();
        is_own && (is_now && is_then || self.may_stand(of) && (is_now || is_today()))
    }

    /// "in force on DAY" of other things than those that are counted or listed, which then have no period.
    pub fn is_of_others(&self, query: &Query, items: &[(usize, usize, Item)]) -> bool {
        let homes = query.measures.iter().filter_map(|measure| schema_graph::home(self.ground, measure));
        let homes: Vec<DatasetId> = homes.chain(query.listed).collect();
        let is_other = |filter: &Filter| !homes.contains(&self.ground.field(filter.field).dataset);
        items.iter().any(|(.., item)| matches!(item, Item::InForce(filters) if filters.iter().any(is_other)))
    }

    /// "tickets as of DAY", which come to an end, where nothing says that only those are meant that were there then.
    pub fn until_note(&self, query: &Query) -> Option<String> {
        let time = query.time.as_ref().filter(|time| time.range.from.is_none())?;
        let of = self.ground.field(time.field).dataset;
        let counts = |measure: &Measure| counts::counted(self.ground, measure) == Some(of);
        let is_of_rows = query.listed == Some(of) || query.measures.iter().any(counts);
        let is_said = (0..self.tokens.len()).any(|at| self.any(at, &["as of", "as at"]).is_some());
        let is_unclear = is_said && is_of_rows && query.filters.is_empty() && !self.is_of_deeds();
        let name = self.ground.path(time.field);
        let over = self.may_end(of).filter(|_| is_unclear)?;
        Some(format!("Took all with {name} by that day, whatever their {}.", self.ground.field(over).names.shown()))
    }

    /// A day at which things may be over, as what is said of it or its name tells.
    pub fn may_end(&self, of: DatasetId) -> Option<FieldId> {
        let is_over = |id: &FieldId| {
            let may_last = null_meaning::of(self.ground, *id).is_some_and(|it| it.may_last);
            may_last || is_called_over(self.ground, *id)
        };
        let own = times::own(self.ground, of);
        self.ground.fields_of(of).filter(|id| Some(*id) != own && self.is_date(*id)).find(is_over)
    }

    /// A description says that it is empty in a state, and not that all in which it is empty are so.
    pub fn state_note(&self, query: &Query) -> Option<String> {
        let is_taken =
            |field: FieldId| query.filters.iter().any(|filter| filter.field == field && filter.op == Op::IsEmpty);
        let is_state = |at: usize, (end, part): (usize, &Part)| match part {
            Part::Undone(field) if is_taken(*field) && self.is_state(*field, at, end) => Some((*field, at, end)),
            _ => None,
        };
        let said = |at: usize| self.parts(at).find_map(|part| is_state(at, part));
        let (field, at, end) = (0..self.tokens.len()).find_map(said)?;
        let words: Vec<&str> = self.tokens[at..end].iter().map(|token| token.text.as_str()).collect();
        Some(format!("Took rows without {} for those that are {}.", self.ground.path(field), words.join(" ")))
    }

    /// In the words of the description, and not "unpaid".
    fn is_state(&self, field: FieldId, at: usize, end: usize) -> bool {
        let state = null_meaning::of(self.ground, field).and_then(|it| it.state.as_ref());
        state.is_some_and(|words| words.iter().eq(self.tokens[at..end].iter().map(|token| &token.lemma)))
    }

    /// "staff hired as of DAY": when that happened.
    fn is_of_deeds(&self) -> bool {
        (0..self.tokens.len()).any(|at| self.parts(at).any(|(_, part)| matches!(part, Part::Happened(_))))
    }

    /// Not over today; its end may be known already. What is completed today is done, a last day is one of those that are
    /// there.
    fn lasts_still(&self, field: FieldId) -> Filter {
        let is_done = times::is_called_plainly(self.ground, field, &DONE);
        let until = self.context.today.tomorrow().ok().filter(|_| is_done).unwrap_or(self.context.today);
        Filter { field, op: Op::IsEmpty, values: vec![Value::Date(until)] }
    }

    fn is_over(&self) -> bool {
        self.tokens.iter().any(|token| token.is("was") || token.is("were"))
    }

    pub fn is_clause_end(&self, at: usize) -> bool {
        const GOING_ON: [&str; 6] = ["by", "per", "with", "and", "of", ","];
        self.tokens.get(at).is_none_or(|token| token.kind == Kind::Sign || GOING_ON.iter().any(|word| token.is(word)))
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
        in_force(times::day_called(self.ground, of, &STARTS)?, times::day_called(self.ground, of, &ENDS)?, day)
    }

    /// Begun by the day, where what ends then has a time of its own at which it began.
    fn begun_by(&self, until: FieldId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
        let of = self.ground.field(until).dataset;
        let came = || times::own(self.ground, of).or_else(|| times::joined(self.ground, of));
        let from = times::day_called(self.ground, of, &STARTS).or_else(came)?;
        in_force(from, until, day).filter(|_| self.is_date(from) && self.is_date(until))
    }

    /// The one day at which things of a dataset are over.
    fn end_of(&self, of: DatasetId) -> Option<FieldId> {
        let mut ends = self.ground.fields_of(of).filter(|id| is_end(self.ground, *id));
        ends.next().filter(|_| ends.next().is_none()).or_else(|| times::day_called(self.ground, of, &ENDS))
    }

    /// Things, and nothing that happens: others belong to them, or both their days are called so.
    fn may_stand(&self, of: DatasetId) -> bool {
        self.ground.joins.iter().any(|join| join.to == of) || self.has_both_days(of)
    }

    fn has_both_days(&self, of: DatasetId) -> bool {
        [&STARTS, &ENDS].iter().all(|words| times::day_called(self.ground, of, words).is_some())
    }

    /// What the model says of its end is that of things that are there. Orders and tickets have lines and comments as well.
    fn is_standing(&self, of: DatasetId) -> bool {
        let is_thing = |id| {
            let state = null_meaning::of(self.ground, id).and_then(|it| it.state.as_ref());
            let is_said = |words: &[&str]| words.iter().any(|said| state == Some(&lemmas(said)));
            !is_said(&HAPPENS) && (is_said(&STATES) || is_said(&STILL) || is_called_over(self.ground, id))
        };
        self.has_both_days(of) || self.may_stand(of) && self.end_of(of).is_some_and(is_thing)
    }
}

/// It is called by a verb of what is gone.
fn is_called_over(ground: &Ground, field: FieldId) -> bool {
    times::is_called_plainly(ground, field, &OVER)
}

fn in_force(from: FieldId, until: FieldId, day: jiff::civil::Date) -> Option<Vec<Filter>> {
    let tomorrow = day.tomorrow().ok().filter(|_| from != until)?;
    let begun = Filter { field: from, op: Op::IsNotEmpty, values: vec![Value::Date(tomorrow)] };
    let lasts = Filter { field: until, op: Op::IsEmpty, values: vec![Value::Date(day)] };
    Some(vec![begun, lasts])
}

/// It is empty for as long as the thing is there.
fn is_end(ground: &Ground, field: FieldId) -> bool {
    null_meaning::of(ground, field).is_some_and(|it| it.is_lasting)
}
