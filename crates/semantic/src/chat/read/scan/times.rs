//! Periods, and the periods that they are compared with.

use super::super::field_roles;
use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::dates::{self, Against};
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Filter, Op, Value};
use crate::chat::times;
use crate::chat::words::Phrases;

pub(in crate::chat::read) static VERSUS: Phrases = Phrases::named("scan.times.VERSUS");

pub(in crate::chat::read) static UNTIL_THE_SAME: Phrases = Phrases::named("scan.times.UNTIL_THE_SAME");

/// Last words of a name that say as well from when or until when.
pub(in crate::chat::read) const BOUNDS: [&str; 4] = ["since", "until", "before", "after"];

impl Reader<'_> {
    pub fn times(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let dates = if self.there(at).is_some() { Vec::new() } else { dates::at(self.tokens, at, self.context) };
        for (end, stated) in dates {
            steps.push((end, Item::Time { stated, field: None }));
        }
        // "over the last 6 months", but not "over 2024".
        if let Some(end) = self.any(at, &["over", "across", "throughout", "over the course of"])
            && self.any(end, &["the", "last", "past", "previous"]).is_some()
        {
            for (end, stated) in dates::at(self.tokens, end, self.context) {
                steps.push((end, Item::Time { stated, field: None }));
            }
        }
        // "order date in 2024", "with a ship date after March".
        let start = self.past(at, &["with", "a", "an", "the", "whose", "where", "having"]);
        for (end, part) in self.parts(start) {
            let Part::Field(field) = part else { continue };
            if !matches!(self.ground.field(*field).ty, Type::Date | Type::Timestamp)
                && !self.ground.field(*field).is_time
            {
                continue;
            }
            // "subscriber since 2015", where the field is called so: from then on.
            let is_from = BOUNDS.iter().any(|word| self.tokens[end - 1].is(word));
            // By their own time, the period alone says it.
            let is_own = times::own(self.ground, self.ground.field(*field).dataset) == Some(*field);
            if is_from && end == start + 1 && (is_own || !self.is_said_of_own(start, *field)) {
                continue;
            }
            let bounded = if is_from { dates::at(self.tokens, end - 1, self.context) } else { Vec::new() };
            let end = self.past(end, &["is", "are", "was", "were", "in", "of", "on", "during", "=", "within"]);
            let said = if bounded.is_empty() { dates::at(self.tokens, end, self.context) } else { bounded };
            for (end, stated) in said {
                steps.push((end, Item::Time { stated, field: Some(*field) }));
            }
        }
        self.on_weekday(at, steps);
        self.lasting(at, steps);
        // "due next month", "that start next week": what is over or begins by then may lie ahead.
        for (end, part) in self.parts(at) {
            let (Part::Field(field) | Part::Happened(field)) = part else { continue };
            let begins =
                times::day_called(self.ground, self.ground.field(*field).dataset, &times::STARTS) == Some(*field);
            self.next_period(end, Some(*field).filter(|_| begins || field_roles::ends(self.ground, *field)), steps);
        }
        self.next_period(at, self.ahead(), steps);
        if let Some(end) = self.any(at, &VERSUS) {
            let end = self.past(end, &["in", "for", "that of", "the one in"]);
            if let Some((end, against)) = dates::against(self.tokens, end) {
                steps.push((end, Item::Versus(against)));
            }
            // "2025 until the same day", this year.
            let year = self.tokens.get(end).and_then(|token| token.number()).and_then(|year| year.parse::<i16>().ok());
            if year == Some(self.context.today.year() - 1)
                && let Some(end) = self.any(end + 1, &UNTIL_THE_SAME)
            {
                steps.push((end, Item::Versus(Against::SameLastYear)));
            }
            for (end, stated) in dates::at(self.tokens, end, self.context) {
                // "vs last quarter" says the one before, which is not always the last.
                if dates::against(
                    self.tokens,
                    self.past(self.any(at, &VERSUS).unwrap_or(at), &["in", "for", "that of", "the one in"]),
                )
                .is_none()
                {
                    steps.push((end, Item::VersusRange(stated)));
                }
            }
        }
        // "from last year", "than the month before" behind a change.
        if let Some(end) = self.any(at, &["from", "than", "over", "on", "since"])
            && let Some((end, against)) = dates::against(self.tokens, end)
        {
            let is_range = dates::at(self.tokens, at, self.context).iter().any(|(other, _)| *other >= end);
            if !is_range {
                steps.push((end, Item::Versus(against)));
            }
        }
        if let Some((end, over)) = dates::over(self.tokens, at) {
            steps.push((end, Item::Over(over)));
        }
    }

    /// "customers since 2024", of a time that is only called "since": right behind its own things, and not "sales since May".
    fn is_said_of_own(&self, at: usize, field: FieldId) -> bool {
        const BETWEEN: [&str; 10] = ["who", "that", "which", "is", "are", "was", "were", "been", "has", "have"];
        let of = self.ground.field(field).dataset;
        let small = |at: usize| BETWEEN.iter().any(|word| self.tokens[at].is(word));
        let behind = (0..at).rev().find(|at| !small(*at)).map_or(0, |last| last + 1);
        let is_it = |part: &Part| match part {
            Part::Dataset(id) => *id == of,
            Part::Value(id, _) => self.ground.field(*id).dataset == of,
            _ => false,
        };
        (0..behind).any(|from| self.parts(from).any(|(end, part)| end == behind && is_it(part)))
    }

    /// "next month", of a time that may lie ahead.
    fn next_period(&self, at: usize, field: Option<FieldId>, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["in", "within", "during", "is", "are", "on", "for"]);
        let coming = dates::coming(self.tokens, start, self.context).filter(|_| field.is_some());
        steps.extend(coming.map(|(end, range)| (end, Item::Time { stated: dates::Stated::of(range), field })));
    }

    /// The time of the only things that are named, which may lie ahead.
    fn ahead(&self) -> Option<FieldId> {
        let mut things: Vec<DatasetId> = (0..self.tokens.len()).filter_map(|at| self.thing_at(at)).collect();
        things.sort_unstable();
        things.dedup();
        let [one] = things[..] else { return None };
        let is_ahead = field_roles::may_lie_ahead(self.ground, one) || field_roles::is_planned(self.ground, one);
        times::own(self.ground, one).filter(|_| is_ahead)
    }

    /// "on Saturdays", "at weekends": of the time of what was named before.
    fn on_weekday(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let start = self.past(at, &["on", "at", "the", "a", "any"]);
        let Some(token) = self.tokens.get(start).filter(|_| start > at) else { return };
        let is_one = self.tokens[at..start].iter().any(|token| token.is("a") || token.is("any"));
        let is_it = |day: &&str| {
            token.text.eq_ignore_ascii_case(&format!("{day}s")) || is_one && token.text.eq_ignore_ascii_case(day)
        };
        let days: Vec<&str> = match token.text.as_str() {
            "weekend" | "weekends" => DAYS[5..].to_vec(),
            "weekdays" => DAYS[..5].to_vec(),
            _ => DAYS.into_iter().filter(is_it).collect(),
        };
        let of = |part: &Part| match part {
            Part::Happened(field) | Part::Deeds(field) => Some(*field),
            Part::Dataset(id) | Part::Done(id) => times::own(self.ground, *id),
            Part::Metric(id) => times::of_metric(self.ground, *id, *self.ground.metric(*id).datasets.first()?).field(),
            Part::Value(field, _) => times::own(self.ground, self.ground.field(*field).dataset),
            _ => None,
        };
        // Where what was named has several times, it is not said whose weekday is meant.
        let mut times: Vec<FieldId> =
            (0..at).flat_map(|from| self.parts(from)).filter_map(|(_, part)| of(part)).collect();
        times.sort_unstable();
        times.dedup();
        let [time] = times.as_slice() else { return };
        let field = self.ground.made(Made::Weekday(*time));
        if let (Some(field), false) = (field, days.is_empty()) {
            let values = days.into_iter().map(|day| Value::Text(day.to_owned())).collect();
            steps.push((start + 1, Item::Filter(Filter { field, op: Op::Is, values })));
        }
    }
}
