//! Conditions: values, comparisons with numbers, what is there and what is not.

use super::items::{Item, Noun};
use super::scan::Reader;
use crate::chat::ground::{FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Filter, Op, Value};
use crate::chat::words::Kind;

/// None of several.
const EXCEPT: [&str; 26] = [
    "excluding",
    "exclude",
    "except",
    "except for",
    "other than",
    "outside",
    "outside of",
    "apart from",
    "ignoring",
    "not including",
    "leaving out",
    "but not",
    "but not in",
    "not in",
    "not from",
    "are not in",
    "is not in",
    "neither",
    "everything but",
    "without counting",
    "not counting",
    "neither in",
    "aside from",
    "leave out",
    "omit",
    "omitting",
];
const IS: [&str; 12] =
    ["is", "are", "was", "were", "=", "equals", "equal to", ":", "of", "is equal to", "being", "= ="];
const IS_NOT: [&str; 8] = ["is not", "are not", "was not", "were not", "! =", "!=", "<>", "not"];
impl Reader<'_> {
    pub fn filters(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, filter) in self.lists(at) {
            let is_each = filter.values.len() > 1 && self.says_each(at, end);
            let item = if is_each { Item::Each(filter.clone()) } else { Item::Filter(filter.clone()) };
            // "paid status", "the EU region".
            for (end, part) in self.parts(end) {
                if *part == Part::Field(filter.field) {
                    steps.push((end, item.clone()));
                }
            }
            if let Some(end) = self.named_as(end, filter.field) {
                steps.push((end, item.clone()));
            }
            steps.push((end, item));
        }
        if let Some(end) = self.any(at, &EXCEPT) {
            let end = self.past(end, &["in", "from", "those in", "those from", "the", "those", "any"]);
            for (end, filter) in self.excepted(end) {
                steps.push((end, Item::Filter(filter)));
            }
        }
        let negated = self.any(
            at,
            &[
                "not",
                "not yet",
                "not currently",
                "non",
                "non -",
                "is not",
                "are not",
                "was not",
                "were not",
                "do not have",
                "did not have",
            ],
        );
        if let Some((end, filter)) = negated.and_then(|end| self.single(end)) {
            steps.push((end, Item::Filter(Filter { op: Op::IsNot, ..filter })));
        }
        let start = self
            .past(at, &["where", "with", "whose", "having", "and", "the", "a", "for which", "in", "for", "that have"]);
        for (end, part) in self.parts(start) {
            if let Part::Field(field) = part {
                self.of_field(end, *field, steps);
            }
        }
        self.emptiness(at, steps);
    }

    /// Values are joined by "and", not by "or".
    pub fn says_each(&self, at: usize, end: usize) -> bool {
        !self.tokens[at..end].iter().any(|token| token.is("or"))
    }

    /// A list, its words joined by "and", "or" or "nor".
    fn excepted(&self, at: usize) -> Vec<(usize, Filter)> {
        let mut found = Vec::new();
        for (end, filter) in self.lists(at) {
            let mut filter = Filter { op: Op::IsNot, ..filter };
            let mut end = end;
            while let Some(next) = self.any(end, &["nor", "nor in", "or in", "and in"]) {
                let more = self.lists(next).into_iter().find(|(_, more)| more.field == filter.field);
                let Some((next, more)) = more else { break };
                filter.values.extend(more.values);
                end = next;
            }
            found.push((end, filter));
        }
        found
    }

    /// Behind the name of a field: "is paid", "not in (a, b)", "contains 'x'".
    fn of_field(&self, at: usize, field: FieldId, steps: &mut Vec<(usize, Item)>) {
        let mut push =
            |end: usize, op: Op, values: Vec<Value>| steps.push((end, Item::Filter(Filter { field, op, values })));
        let texts = [
            (Op::Contains, ["contains", "containing", "contain", "includes", "that contains", "which contains"]),
            (
                Op::StartsWith,
                ["starts with", "starting with", "start with", "begins with", "beginning with", "begin with"],
            ),
            (Op::EndsWith, ["ends with", "ending with", "end with", "ends in", "ending in", "end in"]),
        ];
        let is_text = self.ground.field(field).ty == Type::Text;
        for (op, words) in texts {
            let at = self.any(at, &words).filter(|_| is_text);
            match at.and_then(|at| self.tokens.get(at)).map(|token| (&token.kind, &token.raw)) {
                Some((Kind::Quoted(text), _)) => push(at.map_or(0, |at| at + 1), op, vec![Value::Text(text.clone())]),
                Some((Kind::Word, raw)) => push(at.map_or(0, |at| at + 1), op, vec![Value::Text(raw.clone())]),
                _ => {}
            }
        }
        let not = self.any(at, &IS_NOT);
        let (op, after) = match not {
            Some(end) => (Op::IsNot, end),
            None => (Op::Is, self.any(at, &IS).unwrap_or(at)),
        };
        let is_said = after > at;
        let is_list = self.any(after, &["in", "one of", "any of", "either"]).is_some();
        let start = self.past(after, &["in", "one of", "any of", "the", "("]);
        for (end, filter) in self.lists(start) {
            // "is not paid or pending" says two things.
            if filter.field == field && (op == Op::Is || filter.values.len() == 1 || is_list) {
                push(self.past(end, &[")"]), op, filter.values);
            }
        }
        if let Some(empty) =
            self.any(after, &["empty", "null", "missing", "blank", "unknown", "not set", "unset"]).filter(|_| is_said)
        {
            push(empty, if op == Op::Is { Op::IsEmpty } else { Op::IsNotEmpty }, Vec::new());
        }
        if self.ground.field(field).ty == Type::Boolean && is_said {
            let truths = [(true, ["true", "yes"]), (false, ["false", "no"])];
            for (truth, words) in truths {
                if let Some(end) = self.any(after, &words) {
                    push(end, op, vec![Value::Boolean(truth)]);
                }
            }
        }
        let is_number = self.ground.field(field).ty == Type::Number;
        if let Some(value) = self.literal(after) {
            match value {
                Value::Number(_) if is_number && !self.is_year(after, is_said) => push(after + 1, op, vec![value]),
                Value::Text(_) if is_text && is_said => push(after + 1, op, vec![value]),
                _ => {}
            }
        }
    }

    /// "by amount 2024" is not an amount of 2024.
    fn is_year(&self, at: usize, is_said: bool) -> bool {
        !is_said && self.tokens.get(at).is_some_and(|token| token.raw.len() == 4)
    }

    fn emptiness(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let without = [
            "without",
            "with no",
            "missing",
            "lacking",
            "that have no",
            "which have no",
            "who have no",
            "have no",
            "has no",
            "having no",
            "that do not have",
            "do not have",
            "does not have",
            "without any",
            "do not have any",
            "with missing",
            "that lack",
            "had no",
            "with zero",
            "did not have any",
            "did not have",
        ];
        let with = [
            "with a",
            "with an",
            "with any",
            "that have a",
            "that have an",
            "who have a",
            "having a",
            "have a",
            "has a",
        ];
        if let Some(end) = self.any(at, &without) {
            self.fields_there(end, true, steps);
            self.things_there(end, true, steps);
            for (end, filter) in self.excepted(self.past(end, &["a", "an", "any", "the"])) {
                steps.push((end, Item::Filter(filter)));
            }
        }
        if let Some(end) = self.any(at, &with) {
            self.fields_there(end, false, steps);
        }
        let with = ["with", "having", "have", "has", "had", "has had", "have had", "with some", "with existing"];
        if let Some(end) = self.any(self.past(at, &["that", "which", "who"]), &with) {
            self.things_there(end, false, steps);
        }
        // "did not order"
        if let Some(end) = self.any(at, &["did not", "do not", "does not", "did not ever", "did never"]) {
            for (end, part) in self.parts(end) {
                if let Part::Dataset(dataset) = part
                    && self.tokens[end - 1].text == self.tokens[end - 1].lemma
                {
                    let filters = Vec::new();
                    steps.push((end, Item::Has { dataset: *dataset, filters, via: None, is_without: true }));
                }
            }
        }
        // "never bought", "not ordered", "never shipped"
        if let Some(end) =
            self.any(at, &["never", "not", "never been", "not been", "not yet", "not yet been", "not ever"])
        {
            for (end, part) in self.parts(end) {
                match part {
                    Part::Join(_) | Part::Done(_) => steps.push((end, self.did(part, true))),
                    Part::Happened(field) => {
                        let filter = Filter { field: *field, op: Op::IsEmpty, values: Vec::new() };
                        steps.push((end, Item::Filter(filter)));
                    }
                    _ => {}
                }
            }
        }
    }

    fn fields_there(&self, at: usize, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
        for (end, part) in self.parts(self.past(at, &["a", "an", "any", "the"])) {
            if let Part::Field(field) = part {
                steps.push((end, Item::Filter(Filter { field: *field, op, values: Vec::new() })));
            }
        }
    }

    fn things_there(&self, at: usize, is_without: bool, steps: &mut Vec<(usize, Item)>) {
        for (end, phrase) in self.phrases(at) {
            if let Noun::Entity(dataset) = phrase.noun
                && phrase.is_plain()
                && !phrase.is_distinct
                && (is_without || !self.is_column(end, &phrase))
                && !(phrase.filters.iter().any(|filter| filter.values.len() > 1) && self.says_each(at, end))
            {
                steps.push((end, Item::Has { dataset, filters: phrase.filters, via: None, is_without }));
            }
        }
    }
}

/// A figure of rows, for lists that are ordered by it.
pub(super) fn extreme(is_descending: bool) -> Aggregate {
    if is_descending { Aggregate::Maximum } else { Aggregate::Minimum }
}
