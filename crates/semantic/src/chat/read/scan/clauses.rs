//! Conditions: values, comparisons with numbers, what is there and what is not.

use super::super::field_roles;
use super::super::items::{Item, Noun, Phrase};
use super::super::reader::Reader;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Filter, Op, Value};
use crate::chat::words::Phrases;
use crate::chat::words::{Kind, Token, is_past, stop_phrase};

/// None of several.
static EXCEPT: Phrases = Phrases::named("scan.clauses.EXCEPT");
/// Behind what is left out.
static LEFT_OUT: Phrases = Phrases::named("scan.clauses.LEFT_OUT");
static NOT: Phrases = Phrases::named("scan.clauses.NOT");
/// Before what is said of things.
static LEADS: Phrases = Phrases::named("scan.clauses.LEADS");
const IS: [&str; 12] =
    ["is", "are", "was", "were", "=", "equals", "equal to", ":", "of", "is equal to", "being", "= ="];
const IS_NOT: [&str; 8] = ["is not", "are not", "was not", "were not", "! =", "!=", "<>", "not"];
impl Reader<'_> {
    pub fn filters(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        self.called_in_part(at, steps);
        for (end, filter) in self.lists(at) {
            // "critical impact", where critical is a priority.
            if self.is_before_another(end, filter.field) {
                continue;
            }
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
            // "store channel only"
            let ends: Vec<usize> = steps.iter().filter(|(_, other)| *other == item).map(|(end, _)| *end).collect();
            for end in ends.into_iter().chain([end]).filter_map(|end| self.any(end, &["only", "alone"])) {
                steps.push((end, item.clone()));
            }
            steps.push((end, item));
        }
        // "all formats except online"
        if let Some(start) = self.any(at, &["all", "all the", "every", "any", ", all"]) {
            for (end, part) in self.parts(start) {
                let (Part::Field(of), Some(end)) = (part, self.any(end, &EXCEPT)) else { continue };
                let left = self.excepted(self.past(end, &["the", "for"]));
                let left = left.into_iter().filter(|(_, filter)| filter.field == *of);
                steps.extend(left.map(|(end, filter)| (end, Item::Filter(filter))));
            }
        }
        // "own goals not counted", "captains left out"
        for (end, filter) in self.excepted(at) {
            let end = self.past(end, &[","]);
            let things: Vec<usize> =
                self.parts(end).filter(|(_, part)| matches!(part, Part::Dataset(_))).map(|it| it.0).collect();
            for end in things.into_iter().chain([end]).filter_map(|end| self.any(end, &LEFT_OUT)) {
                steps.push((end, Item::Filter(filter.clone())));
            }
        }
        // "received by bank transfer", "paid via PayPal"
        let is_done = |word: &str| word.ends_with("ed") || crate::chat::words::is_past(word);
        let means = self
            .any(at, &["via", "using"])
            .or_else(|| self.is(at, "by").filter(|_| at > 0 && is_done(&self.tokens[at - 1].text)));
        // "of a two bedroom flat"
        let many = self.so_many(self.past(at, &["of a", "of the", "a", "an", "the", "of", "in", "for"]));
        steps.extend(many.map(|(end, filter)| (end, Item::Filter(filter))));
        // "properties rated G", "G rated ones"
        for (end, filter) in self.lists(at) {
            let said = self.said_so(end, Some(filter.field));
            steps.extend(said.map(|end| (end, Item::Filter(filter))));
        }
        // "homes available right now": so is what is called so.
        for (end, filter) in self.lists(at).into_iter().filter(|(_, one)| self.ground.field(one.field).is_enumerated) {
            let behind = self.any(end, &["right now", "at the moment", "at present"]);
            let behind = behind.filter(|behind| self.is_clause_end(*behind) && !is_done(&self.tokens[end - 1].text));
            steps.extend(behind.map(|end| (end, Item::Filter(filter))));
        }
        // "analysers made by Hemotec", of their maker
        if is_done(&self.tokens[at].text) {
            for (end, part) in self.parts(at) {
                let Part::Field(field) = part else { continue };
                let behind = self.any(end, &["by", "in", "at", "from"]).map(|end| self.lists(end)).unwrap_or_default();
                let is_theirs = self.thing_before(at) == Some(self.ground.field(*field).dataset);
                let own = behind.into_iter().filter(|(_, filter)| is_theirs && filter.field == *field);
                steps.extend(own.map(|(end, filter)| (end, Item::Filter(filter))));
            }
        }
        // "visits by women"
        if let Some(start) = self.is(at, "by").filter(|_| means.is_none()) {
            let is_many = |end: usize| self.tokens[end - 1].text != self.tokens[end - 1].lemma;
            for (end, filter) in self.lists(start).into_iter().filter(|(end, _)| is_many(*end)) {
                if !crate::chat::schema_graph::is_label(self.ground, filter.field) {
                    steps.push((end, Item::Filter(filter)));
                }
            }
        }
        // "orders by email", which is a channel of theirs, and what their customers have.
        let things: Vec<DatasetId> = (0..at)
            .flat_map(|from| self.parts(from))
            .filter_map(|(_, part)| match part {
                Part::Dataset(id) => Some(*id),
                _ => None,
            })
            .collect();
        for (end, filter) in self.is(at, "by").map(|end| self.lists(end)).unwrap_or_default() {
            let known = self.ground.field(filter.field);
            let is_field = self.parts(at + 1).any(|(other, part)| other == end && matches!(part, Part::Field(_)));
            if is_field && known.is_enumerated && things.contains(&known.dataset) {
                steps.push((end, Item::Filter(filter)));
            }
        }
        // "deliveries by Monthly Meadow": by the one who is called so.
        for (end, filter) in self.is(at, "by").map(|end| self.singles(end)).unwrap_or_default() {
            let is_name = crate::chat::schema_graph::is_label(self.ground, filter.field);
            let is_own = self.thing_before(at) == Some(self.ground.field(filter.field).dataset);
            if at > 0 && is_name && !is_own {
                steps.push((end, Item::Filter(filter)));
            }
        }
        for (end, filter) in means.map(|end| self.lists(end)).unwrap_or_default() {
            if !crate::chat::schema_graph::is_label(self.ground, filter.field) {
                steps.push((end, Item::Filter(filter)));
            }
        }
        if let Some(end) = self.any(at, &EXCEPT) {
            let end = self.past(end, &["in", "from", "those in", "those from", "the", "those", "any"]);
            for (end, filter) in self.excepted(end) {
                steps.push((end, Item::Filter(filter)));
            }
            for (end, part) in self.parts(end) {
                let mut named = Vec::new();
                match part {
                    Part::Dataset(dataset) => self.one_called(end, *dataset, &mut named),
                    Part::Field(field) => self.of_field(end, *field, &mut named),
                    _ => {}
                }
                steps.extend(named.into_iter().filter_map(|(end, item)| match item {
                    Item::Filter(filter) if filter.op == Op::Is => {
                        Some((end, Item::Filter(Filter { op: Op::IsNot, ..filter })))
                    }
                    _ => None,
                }));
            }
        }
        let negated = self.any(at, &NOT);
        // "not paid by card"
        let means =
            negated.map(|end| end + usize::from(self.tokens.get(end).is_some_and(|token| is_done(&token.text))));
        let means = means.and_then(|end| self.any(end, &["by", "with", "via", "using"]));
        for (end, filter) in means.or(negated).map(|end| self.singles(end)).unwrap_or_default() {
            steps.push((end, Item::Filter(Filter { op: Op::IsNot, ..filter })));
        }
        let start = self.past(at, &LEADS);
        for (end, part) in self.parts(start) {
            if let Part::Field(field) = part
                && !self.is_of_another(at, start, end, *field)
            {
                let first = steps.len();
                self.of_field(end, *field, steps);
                if start == at
                    && self.thing_before(at).is_none()
                    && self.tokens[end - 1].text != self.tokens[end - 1].lemma
                {
                    let those = steps[first..].iter().filter_map(|(end, item)| Some((*end, those_of(*field, item)?)));
                    let those: Vec<(usize, Item)> = those.collect();
                    steps.extend(those);
                }
            }
            if let Part::Dataset(dataset) = part {
                self.one_called(end, *dataset, steps);
            }
        }
        // "in service in 2023": not in the state that they are in now.
        let is_then = |end: usize| {
            let start = self.past(end, &["in", "on", "at", "during", "since", "for"]);
            !dates::at(self.tokens, start, self.context).is_empty() || self.day_of(end).is_some()
        };
        let states = self.not_done(at).into_iter().filter(|(end, _)| !is_then(*end));
        steps.extend(states.map(|(end, filter)| (end, Item::Filter(filter))));
        self.in_text(at, steps);
        self.existence(at, steps);
        self.not_without(at, steps);
    }

    /// "products whose name": theirs, where they have one that is called so.
    fn is_of_another(&self, at: usize, start: usize, end: usize, field: FieldId) -> bool {
        if !self.tokens[at].is("whose") {
            return false;
        }
        let things = self.thing_before(at);
        let is_own = |field: &FieldId| Some(self.ground.field(*field).dataset) == things;
        let mut called = self.parts(start).filter(|(other, _)| *other == end);
        !is_own(&field) && called.any(|(_, part)| matches!(part, Part::Field(other) if is_own(other)))
    }

    /// A field of few values stands right behind, and the value is of another one.
    pub fn is_before_another(&self, end: usize, field: FieldId) -> bool {
        let is_sort = |id: FieldId| {
            let known = self.ground.field(id);
            let is_label = crate::chat::schema_graph::is_label(self.ground, id);
            known.ty == Type::Text && !known.is_key && !known.is_time && !is_label
        };
        let fields = self.parts(end).filter_map(|(_, part)| match part {
            Part::Field(id) => Some(*id),
            _ => None,
        });
        let fields: Vec<FieldId> = fields.collect();
        fields.iter().any(|id| *id != field && is_sort(*id)) && !fields.contains(&field)
    }

    /// "the category Cycling", "the experiment called Dark Mode"
    fn one_called(&self, at: usize, dataset: DatasetId, steps: &mut Vec<(usize, Item)>) {
        let is_singular = self.tokens[at - 1].text == self.tokens[at - 1].lemma;
        let named = self.any(at, &["called", "named", "titled", "with the name", "by the name of", "with the title"]);
        let (start, is_one) = (named.unwrap_or(at), is_singular || named.is_some());
        let names = crate::chat::schema_graph::identity(self.ground, dataset);
        let called = self.singles(start).into_iter().filter(|(_, filter)| is_one && names.contains(&filter.field));
        for (end, filter) in called {
            // "players called Marco Cardoso", where nothing else is asked for: these.
            if named.is_some() && self.is_end(end) && self.is_first_said(at) {
                let filters = vec![filter.clone()];
                steps.push((
                    end,
                    Item::Noun(Phrase { filters, is_plural: true, is_the_one: false, ..Phrase::one(dataset) }),
                ));
            }
            steps.push((end, Item::Filter(filter)));
        }
    }

    /// Nothing that means something stands before the words that end here.
    fn is_first_said(&self, end: usize) -> bool {
        let is_said = |at: usize| self.parts(at).any(|(behind, _)| behind < end);
        !(0..end).any(is_said)
    }

    /// "customers named Grant": a part of their names, where nothing is called so in full.
    fn called_in_part(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let Some(start) = self.any(at, &["called", "named", "titled"]) else { return };
        let is_name = |token: &&Token| {
            token.kind == Kind::Word && token.raw.chars().next().is_some_and(char::is_uppercase) && !self.is_said(start)
        };
        let (Some(token), Some(of)) = (self.tokens.get(start).filter(is_name), self.thing_before(at)) else { return };
        let names = crate::chat::schema_graph::identity(self.ground, of);
        let is_label = |field: &FieldId| {
            let is_text = self.ground.field(*field).ty == Type::Text;
            is_text && crate::chat::schema_graph::is_label(self.ground, *field)
        };
        let labels: Vec<FieldId> = names.into_iter().filter(is_label).collect();
        if let ([field], None) = (labels.as_slice(), self.parts(start).next()) {
            let filter = Filter { field: *field, op: Op::Contains, values: vec![Value::Text(token.raw.clone())] };
            steps.push((start + 1, Item::Filter(filter)));
        }
    }

    /// Behind "leave out", whether what follows is known or not.
    pub fn left_out(&self, at: usize) -> Option<usize> {
        self.any(at, &EXCEPT)
    }

    /// "without the orders that have no customer": those that have one.
    fn not_without(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        static NONE: Phrases = Phrases::named("scan.clauses.NONE");
        let out = self.any(at, &EXCEPT).or_else(|| self.any(at, &["without"]));
        let start = out.map(|end| self.past(end, &["the", "all", "any", "those"]));
        let things = start.map(|start| self.parts(start)).into_iter().flatten();
        for (end, thing) in things {
            let (Part::Dataset(of), Some(none)) = (thing, self.any(end, &NONE)) else { continue };
            let reach = crate::chat::schema_graph::reach(self.ground, *of);
            for (end, part) in self.parts(self.past(none, &["a", "an", "any", "the"])) {
                let field = match part {
                    Part::Field(field) => Some(*field),
                    Part::Dataset(id) if id != of => crate::chat::schema_graph::key(self.ground, *id),
                    _ => None,
                };
                let field = field.filter(|field| reach.contains(&self.ground.field(*field).dataset));
                steps.extend(
                    field.map(|field| (end, Item::Filter(Filter { field, op: Op::IsNotEmpty, values: Vec::new() }))),
                );
            }
        }
    }

    /// Values are joined by "and", not by "or".
    pub fn says_each(&self, at: usize, end: usize) -> bool {
        !self.tokens[at..end].iter().any(|token| token.is("or"))
    }

    /// A list, its words joined by "and", "or" or "nor".
    pub fn excepted(&self, at: usize) -> Vec<(usize, Filter)> {
        let mut found = Vec::new();
        for (end, filter) in self.lists(at) {
            // "without parking", of yes and no
            let mut filter = match crate::chat::schema_graph::flag(self.ground, filter.field) {
                Some((yes, no)) if filter.values == std::slice::from_ref(&yes) => Filter { values: vec![no], ..filter },
                _ => Filter { op: Op::IsNot, ..filter },
            };
            // "without the web channel"
            let named = self.parts(end).find(|(_, part)| **part == Part::Field(filter.field));
            let mut end = named.map_or(end, |(end, _)| end);
            while let Some(next) = self.any(end, &["nor", "nor in", "nor from", "nor for", "or in", "and in"]) {
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
        let texts: [(Op, &[&str]); 3] = [
            (Op::Contains, &["contains", "containing", "contain", "includes"]),
            (
                Op::StartsWith,
                &["starts with", "starting with", "start with", "begins with", "beginning with", "begin with"],
            ),
            (Op::EndsWith, &["ends with", "ending with", "end with", "ends in", "ending in", "end in"]),
        ];
        let is_text = self.ground.field(field).ty == Type::Text;
        for (op, words) in texts {
            let at = self.any(self.past(at, &["that", "which"]), words).filter(|_| is_text);
            let at = at.map(|at| self.past(at, &["the word", "the text"]));
            match at.and_then(|at| self.tokens.get(at)).map(|token| (&token.kind, &token.raw)) {
                Some((Kind::Quoted(text), _)) => push(at.map_or(0, |at| at + 1), op, vec![Value::Text(text.clone())]),
                // "categories that contain products": no piece of text is named.
                Some((Kind::Word, raw)) if at.is_some_and(|at| !self.is_said(at) || self.is_written_last(at)) => {
                    push(at.map_or(0, |at| at + 1), op, vec![Value::Text(raw.clone())]);
                }
                _ => {}
            }
        }
        let not = self.any(at, &IS_NOT);
        let (op, after) = match not {
            Some(end) => (Op::IsNot, end),
            // "owned by Anna"
            None if at > 0 && self.tokens[at - 1].text.ends_with("ed") && self.is(at, "by").is_some() => {
                (Op::Is, at + 1)
            }
            None => (Op::Is, self.any(at, &IS).unwrap_or(at)),
        };
        let is_said = after > at;
        let is_list = self.any(after, &["in", "one of", "any of", "either"]).is_some();
        let start = self.past(after, &["in", "one of", "any of", "the", "("]);
        let led_to = super::roles::key_led_to(self.ground, field);
        for (end, filter) in self.lists(start) {
            let is_its = filter.field == field || Some(filter.field) == led_to;
            // "is not paid or pending" says two things.
            if is_its && (op == Op::Is || filter.values.len() == 1 || is_list) {
                push(self.past(end, &[")"]), op, filter.values);
            }
        }
        if let Some(empty) =
            self.any(after, &["empty", "null", "missing", "blank", "unknown", "not set", "unset"]).filter(|_| is_said)
        {
            push(empty, if op == Op::Is { Op::IsEmpty } else { Op::IsNotEmpty }, Vec::new());
        }
        if let Some((yes, no)) = crate::chat::schema_graph::flag(self.ground, field).filter(|_| is_said) {
            if let Some(end) = self.any(after, &["true", "yes"]) {
                push(end, op, vec![yes]);
            }
            if let Some(end) = self.any(after, &["false", "no"]) {
                push(end, op, vec![no]);
            }
        }
        let is_number = self.ground.field(field).ty == Type::Number;
        // "founded in 1968", where that is a number.
        let behind = self.is(at, "in").filter(|_| is_number && self.is_of_year(at, field));
        if let Some(value) = behind.and_then(|at| self.literal(at)) {
            push(behind.map_or(0, |at| at + 1), Op::Is, vec![value]);
        }
        let of_year = is_number && self.is_of_year(at, field);
        for (words, op) in [("before", Op::Less), ("after", Op::More), ("since", Op::AtLeast)] {
            let behind = self.is(at, words).filter(|at| of_year && self.is_year(*at, false));
            if let Some(value) = behind.and_then(|at| self.literal(at)) {
                push(behind.map_or(0, |at| at + 1), op, vec![value]);
            }
        }
        // "published between 2010 and 2015", "from 2010 to 2015"
        let ranges = [("between", "and"), ("from", "to"), ("from", "until")];
        for (first, second) in ranges {
            let low = self.is(at, first).filter(|at| of_year && self.is_year(*at, false));
            let high = low.and_then(|low| self.is(low + 1, second)).filter(|at| self.is_year(*at, false));
            let (Some(low), Some(high)) = (low, high) else { continue };
            if let (Some(low), Some(value)) = (self.literal(low), self.literal(high)) {
                push(high + 1, Op::Between, vec![low, value]);
            }
        }
        // "in seasons 2024 and 2025": the second is no period beside the first.
        let goes_on =
            self.any(after + 1, &["and", "or", ",", "to", "until", "-"]).is_some_and(|at| self.literal(at).is_some());
        if let Some(value) = self.literal(after) {
            match value {
                Value::Number(_) if is_number && (of_year && !goes_on || !self.is_year(after, is_said)) => {
                    push(after + 1, op, vec![value])
                }
                Value::Text(_) if is_text && is_said => push(after + 1, op, vec![value]),
                _ => {}
            }
        }
    }

    /// A year, as the name of the field says, or a verb that is all of it: "founded in", not "quantity shipped in".
    fn is_of_year(&self, at: usize, field: FieldId) -> bool {
        let before = &self.tokens[at - 1];
        let is_past = before.text.ends_with("ed") || is_past(&before.text);
        let is_done = |words: &Vec<String>| is_past && *words == [before.lemma.as_str()];
        field_roles::says_year(self.ground, field)
            || crate::chat::names::phrases(&self.ground.field(field).names).iter().any(is_done)
    }

    /// "clubs with United in their name": a piece of text in a field of theirs.
    fn in_text(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.any(
            at,
            &[
                "with",
                "having",
                "have",
                "has",
                "had",
                "that contain",
                "which contain",
                "contain",
                "contains",
                "containing",
            ],
        );
        let Some(start) = start.filter(|start| *start < self.tokens.len()) else { return };
        // "with Silva or Serra in the name"
        let other =
            self.any(start + 1, &["or"]).filter(|at| self.tokens.get(*at).is_some_and(|it| it.kind == Kind::Word));
        let other = other.filter(|at| !self.is_said(*at) && self.tokens[start].kind == Kind::Word);
        let Some(end) = self.any(other.unwrap_or(start) + 1, &["in their", "in its", "in the", "in"]) else { return };
        // A bare word is a piece of a name; "complications in the ward" are none of the ward's.
        let (text, is_quoted) = match &self.tokens[start].kind {
            Kind::Quoted(text) => (text.clone(), true),
            Kind::Word if !self.is_said(start) => (self.tokens[start].raw.clone(), false),
            _ => return,
        };
        let texts = std::iter::once(text).chain(other.map(|at| self.tokens[at].raw.clone()));
        let values: Vec<Value> = texts.map(Value::Text).collect();
        let things = self.thing_before(at);
        for (end, part) in self.parts(end) {
            if let Part::Field(field) = part
                && self.ground.field(*field).ty == Type::Text
                && Some(self.ground.field(*field).dataset) == things
                && (is_quoted || crate::chat::schema_graph::is_label(self.ground, *field))
            {
                steps.push((end, Item::Filter(Filter { field: *field, op: Op::Contains, values: values.clone() })));
            }
        }
    }

    /// A word in capitals at the end, which is written so.
    fn is_written_last(&self, at: usize) -> bool {
        self.is_end(at + 1) && self.tokens[at].raw.chars().next().is_some_and(char::is_uppercase)
    }

    /// The word means something by itself.
    fn is_said(&self, at: usize) -> bool {
        let is_value = |part: &Part| matches!(part, Part::Value(..));
        !stop_phrase(&self.tokens[at..]).is_empty() || self.parts(at).any(|(_, part)| !is_value(part))
    }

    /// "by amount 2024" is not an amount of 2024.
    fn is_year(&self, at: usize, is_said: bool) -> bool {
        !is_said && self.tokens.get(at).is_some_and(|token| token.raw.len() == 4)
    }
}

/// "titles that begin with X": a piece of text in a field that itself is asked for.
fn those_of(field: FieldId, item: &Item) -> Option<Item> {
    let Item::Filter(filter) = item else { return None };
    matches!(filter.op, Op::Contains | Op::StartsWith | Op::EndsWith).then(|| {
        Item::Noun(Phrase {
            noun: Noun::Field(field),
            filters: vec![filter.clone()],
            is_distinct: false,
            number: None,
            is_plural: true,
            is_keyed: false,
            is_of: false,
            is_the_one: false,
            is_behind_comma: false,
            role: None,
            figure: None,
        })
    })
}

/// A figure of rows, for lists that are ordered by it.
pub(in crate::chat::read) fn extreme(is_descending: bool) -> Aggregate {
    if is_descending { Aggregate::Maximum } else { Aggregate::Minimum }
}
