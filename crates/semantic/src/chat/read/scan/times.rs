//! Periods, and the periods that they are compared with.

use super::super::field_roles;
use super::super::items::Item;
use super::super::reader::Reader;
use crate::chat::dates::{self, Against};
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::{Filter, Grain, Op, Value};

pub(in crate::chat::read) const VERSUS: [&str; 21] = [
    "vs",
    "vs .",
    "versus",
    "compared to",
    "compared with",
    "against",
    "relative to",
    "in comparison to",
    "in comparison with",
    "as compared to",
    "compare to",
    "compare with",
    "compare it to",
    "compare it with",
    "compare that to",
    "compare that with",
    "compare this to",
    "compare this with",
    "compare them to",
    "compare them with",
    "and compare it with",
];

pub(in crate::chat::read) const UNTIL_THE_SAME: [&str; 8] = [
    "until the same day",
    "until the same date",
    "up to the same day",
    "up to the same date",
    "through the same day",
    "through the same date",
    "till the same day",
    "to the same day",
];

impl Reader<'_> {
    pub fn times(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, stated) in dates::at(self.tokens, at, self.context) {
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
            let end = self.past(end, &["is", "are", "was", "were", "in", "of", "on", "during", "=", "within"]);
            for (end, stated) in dates::at(self.tokens, end, self.context) {
                steps.push((end, Item::Time { stated, field: Some(*field) }));
            }
        }
        self.in_force(at, steps);
        // "due next month": what is over by then may lie ahead.
        for (end, part) in self.parts(at) {
            let (Part::Field(field) | Part::Happened(field)) = part else { continue };
            let start = self.past(end, &["in", "within", "during", "is", "are", "on"]);
            let coming = dates::coming(self.tokens, start, self.context);
            if let Some((end, range)) = coming.filter(|_| field_roles::ends(self.ground, *field)) {
                steps.push((end, Item::Time { stated: dates::Stated::of(range), field: Some(*field) }));
            }
        }
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

    /// "in force on 1 July", of what has the days on which it begins and ends: begun by that day, and not over before it.
    fn in_force(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        const FORCE: [&str; 9] =
            ["in force", "in effect", "valid", "effective", "active", "running", "in place", "current", "applicable"];
        let start = self.past(at, &["that", "which", "is", "are", "was", "were"]);
        let Some(end) = self.any(start, &FORCE).filter(|_| at > 0) else { return };
        let day = self.any(end, &["on", "as of", "as at", "at"]).and_then(|end| {
            let of_day = |(_, stated): &(usize, dates::Stated)| {
                let until = stated.range.to.and_then(|to| to.yesterday().ok());
                stated.range.grain == Some(Grain::Day) && (stated.range.from.is_none() || stated.range.from == until)
            };
            dates::at(self.tokens, end, self.context).into_iter().find(of_day)
        });
        let (Some((end, stated)), Some(of)) = (day, self.thing_before(at)) else { return };
        let Some((from, until)) = self.days_of(of) else { return };
        let Some(tomorrow) = stated.range.to else { return };
        let Ok(day) = tomorrow.yesterday() else { return };
        let begun = Filter { field: from, op: Op::IsNotEmpty, values: vec![Value::Date(tomorrow)] };
        let lasts = Filter { field: until, op: Op::IsEmpty, values: vec![Value::Date(day)] };
        steps.push((end, Item::InForce([begun, lasts])));
    }

    /// The days on which things of a dataset begin and end, where they have one of each.
    fn days_of(&self, of: DatasetId) -> Option<(FieldId, FieldId)> {
        const STARTS: [&str; 6] = ["from", "start", "begin", "effective", "since", "begun"];
        const ENDS: [&str; 4] = ["to", "until", "end", "thru"];
        let named = |words: &[&str]| -> Vec<FieldId> {
            let is_so = |id: &FieldId| {
                let mut said = phrases(&self.ground.field(*id).names).into_iter().flatten();
                self.is_date(*id) && said.any(|word| words.contains(&word.as_str()))
            };
            self.ground.fields_of(of).filter(is_so).collect()
        };
        match (named(&STARTS).as_slice(), named(&ENDS).as_slice()) {
            ([from], [until]) if from != until => Some((*from, *until)),
            _ => None,
        }
    }
}
