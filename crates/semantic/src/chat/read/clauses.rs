//! Conditions: values, comparisons with numbers, what is there and what is not.

use super::items::{Item, Target};
use super::scan::Reader;
use crate::chat::ground::{FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Filter, Measure, Op, Value};
use crate::chat::words::Kind;

/// None of several.
const EXCEPT: [&str; 24] = [
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
    "minus",
    "aside from",
];
const IS: [&str; 12] =
    ["is", "are", "was", "were", "=", "equals", "equal to", ":", "of", "is equal to", "being", "= ="];
const IS_NOT: [&str; 8] = ["is not", "are not", "was not", "were not", "! =", "!=", "<>", "not"];
const COMPARISONS: [(&str, Op); 40] = [
    ("more than", Op::More),
    ("greater than", Op::More),
    ("higher than", Op::More),
    ("larger than", Op::More),
    ("bigger than", Op::More),
    ("over", Op::More),
    ("above", Op::More),
    ("exceeding", Op::More),
    ("exceeds", Op::More),
    ("exceed", Op::More),
    (">", Op::More),
    ("at least", Op::AtLeast),
    ("no less than", Op::AtLeast),
    ("no fewer than", Op::AtLeast),
    ("not less than", Op::AtLeast),
    ("not fewer than", Op::AtLeast),
    ("not below", Op::AtLeast),
    ("not under", Op::AtLeast),
    ("a minimum of", Op::AtLeast),
    ("minimum of", Op::AtLeast),
    ("greater than or equal to", Op::AtLeast),
    (">=", Op::AtLeast),
    ("less than", Op::Less),
    ("fewer than", Op::Less),
    ("lower than", Op::Less),
    ("smaller than", Op::Less),
    ("below", Op::Less),
    ("under", Op::Less),
    ("<", Op::Less),
    ("at most", Op::AtMost),
    ("no more than", Op::AtMost),
    ("not more than", Op::AtMost),
    ("not over", Op::AtMost),
    ("not above", Op::AtMost),
    ("up to", Op::AtMost),
    ("a maximum of", Op::AtMost),
    ("maximum of", Op::AtMost),
    ("less than or equal to", Op::AtMost),
    ("<=", Op::AtMost),
    ("exactly", Op::Is),
];

impl Reader<'_> {
    pub fn filters(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, filter) in self.lists(at) {
            steps.push((end, Item::Filter(filter.clone())));
            // "paid status", "the EU region".
            for (end, part) in self.parts(end) {
                if *part == Part::Field(filter.field) {
                    steps.push((end, Item::Filter(filter.clone())));
                }
            }
        }
        if let Some(end) = self.any(at, &EXCEPT) {
            let end = self.past(end, &["in", "from", "those in", "those from", "the", "those", "any"]);
            for (end, filter) in self.excepted(end) {
                steps.push((end, Item::Filter(filter)));
            }
        }
        let negated = self.any(
            at,
            &["not", "non", "non -", "is not", "are not", "was not", "were not", "do not have", "did not have"],
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
        let of = |end: usize, is_without: bool, steps: &mut Vec<(usize, Item)>| {
            let end = self.past(end, &["a", "an", "any", "the"]);
            for (end, part) in self.parts(end) {
                match part {
                    Part::Field(field) => {
                        let op = if is_without { Op::IsEmpty } else { Op::IsNotEmpty };
                        steps.push((end, Item::Filter(Filter { field: *field, op, values: Vec::new() })));
                    }
                    Part::Dataset(dataset) => steps.push((end, Item::Has { dataset: *dataset, is_without })),
                    _ => {}
                }
            }
            if is_without {
                for (end, filter) in self.excepted(end) {
                    steps.push((end, Item::Filter(filter)));
                }
            }
        };
        if let Some(end) = self.any(at, &without) {
            of(end, true, steps);
        }
        if let Some(end) = self.any(at, &with) {
            of(end, false, steps);
        }
    }

    /// Comparisons with numbers, of fields, of measures, and of what is not named.
    pub fn conditions(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, op, values) in self.comparisons(at) {
            if !matches!(self.tokens[at].kind, Kind::Number(_)) {
                steps.push((end, Item::Condition { target: Target::Open, op, values: values.clone() }));
            }
            let after = self.past(end, &["in", "of"]);
            for (end, part) in self.parts(after) {
                let target = match part {
                    Part::Dataset(id) if !self.is_counted_by_metric(after, end) => {
                        Target::Measure(Measure::CountOf(*id))
                    }
                    Part::Metric(id) | Part::CountMetric(id) => Target::Measure(Measure::Metric(*id)),
                    Part::Field(id) if self.is_figure(*id) => Target::Field(*id),
                    _ => continue,
                };
                steps.push((end, Item::Condition { target, op, values: values.clone() }));
            }
        }
        let start = self
            .past(at, &["where", "with", "whose", "having", "the", "a", "an", "that have", "who have", "have", "had"]);
        let mut targets: Vec<(usize, Target)> = Vec::new();
        for (end, part) in self.parts(start) {
            if let Part::Field(field) = part
                && self.ground.field(*field).ty == Type::Number
                && !self.ground.field(*field).is_key
            {
                targets.push((end, Target::Field(*field)));
            }
        }
        for (end, measure, filters, _) in self.figures(start) {
            if filters.is_empty() {
                targets.push((end, Target::Measure(measure)));
            }
        }
        for (end, target) in targets {
            let end = self.past(end, &["is", "are", "was", "were", "of", "that is", "which is"]);
            for (end, op, values) in self.comparisons(end) {
                steps.push((end, Item::Condition { target: target.clone(), op, values }));
            }
        }
    }

    pub fn is_figure(&self, id: FieldId) -> bool {
        let field = self.ground.field(id);
        field.ty == Type::Number && !field.is_key && !field.is_time
    }

    /// "over 1000", "between 10 and 20", "10 or more".
    fn comparisons(&self, at: usize) -> Vec<(usize, Op, Vec<Value>)> {
        let mut found = Vec::new();
        let number = |at: usize| self.literal(at).filter(|value| matches!(value, Value::Number(_)));
        for (words, op) in COMPARISONS {
            if let Some(end) = self.is(at, words)
                && let Some(value) = number(end)
            {
                found.push((end + 1, op, vec![value]));
            }
        }
        if let Some(end) = self.any(at, &["between", "from"])
            && let (Some(low), Some(joint)) = (number(end), self.any(end + 1, &["and", "to", "-"]))
            && let Some(high) = number(joint)
        {
            let value = |value: &Value| match value {
                Value::Number(digits) => digits.parse::<f64>().unwrap_or(f64::NAN),
                _ => f64::NAN,
            };
            if value(&low) <= value(&high) {
                found.push((joint + 1, Op::Between, vec![low, high]));
            }
        }
        if let Some(value) = number(at) {
            if let Some(end) =
                self.any(at + 1, &["or more", "or above", "or higher", "and more", "and above", "+", "or over"])
            {
                found.push((end, Op::AtLeast, vec![value.clone()]));
            }
            if let Some(end) =
                self.any(at + 1, &["or less", "or fewer", "or below", "or lower", "and below", "or under"])
            {
                found.push((end, Op::AtMost, vec![value]));
            }
        }
        // The longest says what is meant: "less than or equal to".
        let longest = found.iter().map(|(end, ..)| *end).max();
        found.retain(|(end, ..)| Some(*end) == longest);
        found
    }

    pub fn marks(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, part) in self.parts(at) {
            match part {
                Part::Join(join) => steps.push((end, Item::Through(*join))),
                Part::Happened(field) => steps.push((end, Item::Happened(*field))),
                _ => {}
            }
        }
        let phrases: [(&[&str], Item); 7] = [
            (
                &[
                    "share of",
                    "percentage of",
                    "percent of",
                    "proportion of",
                    "what percentage of",
                    "what share of",
                    "what percent of",
                    "what proportion of",
                    "fraction of",
                    "the share of",
                    "the percentage of",
                    "the proportion of",
                    "what fraction of",
                    "% of",
                    "the percent of",
                    "percentage share of",
                    "contribution to",
                    "contribution of",
                    "how much of",
                    "relative share of",
                    "share in",
                ],
                Item::Share,
            ),
            (
                &[
                    "as a percentage of total",
                    "as a percentage of the total",
                    "as a share of total",
                    "as percentage of total",
                    "as share of total",
                    "as a share of the total",
                    "as % of total",
                    "as a percentage",
                    "in percent of total",
                    "as percent of total",
                    "as a percent of total",
                    "as a % of total",
                ],
                Item::OfTotal,
            ),
            (
                &[
                    "running total of",
                    "running total",
                    "cumulative",
                    "cumulated",
                    "running sum of",
                    "running sum",
                    "cumulative total of",
                    "cumulative sum of",
                    "accumulated",
                    "running",
                ],
                Item::Cumulative,
            ),
            (
                &[
                    "growth",
                    "growth of",
                    "growth in",
                    "growth rate",
                    "growth rate of",
                    "change in",
                    "change of",
                    "change",
                    "increase in",
                    "increase of",
                    "decrease in",
                    "increase",
                    "decrease",
                    "difference in",
                    "difference of",
                    "difference",
                    "percentage change",
                    "percentage change in",
                    "percent change in",
                ],
                Item::Change,
            ),
            (&["compare", "comparison of", "compare the"], Item::CompareWord),
            (
                &[
                    "trend",
                    "trends",
                    "trend of",
                    "trend in",
                    "trend for",
                    "over time",
                    "across time",
                    "trends in",
                    "trends of",
                    "development of",
                    "evolution of",
                    "timeline of",
                    "by time",
                ],
                Item::Trend,
            ),
            (&["each other"], Item::Skip),
        ];
        for (words, item) in phrases {
            if let Some(end) = self.any(at, words)
                && item != Item::Skip
            {
                steps.push((end, item));
            }
        }
        if let Some((field, first, second, end)) = self.versus_values(at) {
            steps.push((end, Item::VersusValues { field, first, second }));
        }
    }

    /// "Germany vs France", "between Germany and France", "Germany compared to France".
    fn versus_values(&self, at: usize) -> Option<(FieldId, Value, Value, usize)> {
        let between = self.is(at, "between");
        let start = self.past(between.unwrap_or(at), &["in", "for", "the"]);
        let joints: &[&str] = if between.is_some() { &["and"] } else { &super::times::VERSUS };
        self.parts(start).find_map(|(end, part)| {
            let Part::Value(field, first) = part else { return None };
            let joint = self.any(end, joints)?;
            let joint = self.past(joint, &["in", "for", "the"]);
            self.parts(joint).find_map(|(end, part)| match part {
                Part::Value(other, second) if other == field && second != first => {
                    Some((*field, first.clone(), second.clone(), end))
                }
                _ => None,
            })
        })
    }
}

/// A figure of rows, for lists that are ordered by it.
pub(super) fn extreme(is_descending: bool) -> Aggregate {
    if is_descending { Aggregate::Maximum } else { Aggregate::Minimum }
}
