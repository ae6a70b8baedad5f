//! Checks the content of a form against its model.

use std::collections::HashSet;

use emporion_catalog::problem::Violation;
use emporion_catalog::provided::TermReference;
use emporion_catalog::{field, timestamp};
use serde_json::{Map, Value};

use super::{Field, Limits, Members, ShapeId, ShapeKind, SmithyModel};

/// More than this helps nobody.
const MOST_FAULTS: usize = 50;
/// Names of fields come from the caller; no path grows beyond this, neither in the answer nor while walking.
const MAX_PATH_BYTES: usize = 256;

pub fn check(model: &SmithyModel, at: &str, content: &str) -> Result<Value, Vec<Violation>> {
    let value = if content.trim().is_empty() { Value::Object(Map::new()) } else { read(at, content)? };
    let mut checker = Checker { model, faults: Vec::new() };
    checker.value(model.root, &[], &value, at);
    if checker.faults.is_empty() { Ok(value) } else { Err(checker.faults) }
}

/// The content as JSON; of duplicate keys the last one wins.
fn read(at: &str, content: &str) -> Result<Value, Vec<Violation>> {
    let fault = |rule: String| vec![Violation::new(at, rule)];
    let value: Value = serde_json::from_str(content).map_err(|error| match error.to_string() {
        text if text.starts_with("recursion limit exceeded") => fault(field::TOO_DEEP.to_owned()),
        _ => fault(format!("is not JSON at line {}, column {}", error.line(), error.column())),
    })?;
    if field::is_too_deep(&value) { Err(fault(field::TOO_DEEP.to_owned())) } else { Ok(value) }
}

struct Checker<'a> {
    model: &'a SmithyModel,
    faults: Vec<Violation>,
}

impl Checker<'_> {
    /// `limits` are those of the member; the shape has its own beside them.
    fn value(&mut self, shape: ShapeId, limits: &[&Limits], value: &Value, path: &str) {
        if self.is_full() {
            return;
        }
        let shape = self.model.shape(shape);
        let limits: Vec<&Limits> = limits.iter().copied().chain([&shape.limits]).collect();
        match &shape.kind {
            ShapeKind::Boolean => match value {
                Value::Bool(_) => {}
                _ => self.wrong_type(path, value, "boolean"),
            },
            ShapeKind::Integer { min, max } => match whole(value) {
                Some(number) if number < *min as f64 || number > *max as f64 => {
                    self.fault(path, "must be within the range of its type")
                }
                Some(number) => self.range(&limits, number, path),
                None => self.wrong_type(path, value, "integer"),
            },
            ShapeKind::Number { whole: true } => match whole(value) {
                Some(number) => self.range(&limits, number, path),
                None => self.wrong_type(path, value, "integer"),
            },
            ShapeKind::Number { whole: false } => match value.as_f64() {
                Some(number) => self.range(&limits, number, path),
                None => self.wrong_type(path, value, "number"),
            },
            ShapeKind::Text => match value {
                Value::String(text) => self.text(&limits, text, path),
                _ => self.wrong_type(path, value, "string"),
            },
            ShapeKind::Timestamp => match value {
                Value::Number(_) => {}
                Value::String(text) if timestamp::parse(text).is_some() => {}
                Value::String(_) => self.fault(path, "must be a date-time such as 2026-01-02T03:04:05Z"),
                _ => self.wrong_type(path, value, "timestamp"),
            },
            ShapeKind::Document => {}
            ShapeKind::Enumeration(values) => match value {
                Value::String(text) if values.contains(text) => {}
                Value::String(_) => {
                    self.fault(path, &format!("must be one of [{}]", values.join(", ")));
                }
                _ => self.wrong_type(path, value, "string"),
            },
            ShapeKind::IntegerEnumeration(values) => match value.as_i64() {
                Some(number) if values.contains(&number) => {}
                Some(_) => {
                    let values: Vec<String> = values.iter().map(i64::to_string).collect();
                    self.fault(path, &format!("must be one of [{}]", values.join(", ")));
                }
                None => self.wrong_type(path, value, "integer"),
            },
            ShapeKind::List(member) => match value {
                Value::Array(entries) => self.list(member, &limits, entries, path),
                _ => self.wrong_type(path, value, "array"),
            },
            ShapeKind::Map { key, value: entry } => match value {
                Value::Object(entries) => self.map(key, entry, &limits, entries, path),
                _ => self.wrong_type(path, value, "object"),
            },
            ShapeKind::Structure(known) => match value {
                Value::Object(members) => self.structure(known, members, path),
                _ => self.wrong_type(path, value, "object"),
            },
            ShapeKind::Union(known) => match value {
                Value::Object(members) => {
                    if members.values().filter(|value| !value.is_null()).count() != 1 {
                        self.fault(path, "must have exactly one member");
                    }
                    self.structure(known, members, path);
                }
                _ => self.wrong_type(path, value, "object"),
            },
        }
    }

    /// Work grows with what the content holds, not with what the model could hold.
    fn structure(&mut self, known: &Members, members: &Map<String, Value>, path: &str) {
        let is_missing = |field: &Field| members.get(&field.name).is_none_or(Value::is_null);
        for field in known.required() {
            if self.is_full() {
                return;
            }
            if is_missing(field) {
                self.fault(&below(path, &field.name), "is missing but it is required");
            }
        }
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            if self.is_full() {
                return;
            }
            let at = below(path, name);
            match known.field(name) {
                Some(field) => self.value(field.target, &[&field.limits], value, &at),
                None if self.model.is_open => {}
                None => self.fault(&at, "is not defined in the form type, which allows no other fields"),
            }
        }
    }

    fn list(&mut self, member: &Field, limits: &[&Limits], entries: &[Value], path: &str) {
        self.count(limits, entries.len(), path);
        if limits.iter().any(|limits| limits.unique) {
            let mut seen = HashSet::new();
            if !entries.iter().all(|entry| seen.insert(entry.to_string())) {
                self.fault(path, "must not hold an item twice");
            }
        }
        for (index, entry) in entries.iter().enumerate() {
            if self.is_full() {
                return;
            }
            self.value(member.target, &[&member.limits], entry, &entry_of(path, index));
        }
    }

    fn map(&mut self, key: &Field, entry: &Field, limits: &[&Limits], entries: &Map<String, Value>, path: &str) {
        self.count(limits, entries.len(), path);
        for (name, value) in entries {
            if self.is_full() {
                return;
            }
            let at = below(path, name);
            self.value(key.target, &[&key.limits], &Value::String(name.clone()), &at);
            self.value(entry.target, &[&entry.limits], value, &at);
        }
    }

    fn text(&mut self, limits: &[&Limits], text: &str, path: &str) {
        for limits in limits {
            let length = if limits.shortest.is_some() || limits.longest.is_some() { text.chars().count() } else { 0 };
            if let Some(shortest) = limits.shortest.filter(|shortest| length < *shortest) {
                self.fault(path, &format!("must have at least {shortest} characters"));
            }
            if let Some(longest) = limits.longest.filter(|longest| length > *longest) {
                self.fault(path, &format!("must have at most {longest} characters"));
            }
            if let Some(pattern) = limits.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
                self.fault(path, &format!("must match the pattern {}", pattern.as_str()));
            }
        }
    }

    fn range(&mut self, limits: &[&Limits], number: f64, path: &str) {
        for limits in limits {
            if let Some(least) = limits.least.filter(|least| number < *least) {
                self.fault(path, &format!("must be at least {least}"));
            }
            if let Some(most) = limits.most.filter(|most| number > *most) {
                self.fault(path, &format!("must be at most {most}"));
            }
        }
    }

    fn count(&mut self, limits: &[&Limits], count: usize, path: &str) {
        for limits in limits {
            if let Some(shortest) = limits.shortest.filter(|shortest| count < *shortest) {
                self.fault(path, &format!("must have at least {shortest} items"));
            }
            if let Some(longest) = limits.longest.filter(|longest| count > *longest) {
                self.fault(path, &format!("must have at most {longest} items"));
            }
        }
    }

    fn is_full(&self) -> bool {
        self.faults.len() >= MOST_FAULTS
    }

    fn wrong_type(&mut self, path: &str, value: &Value, expected: &str) {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        self.fault(path, &format!("must be of type {expected}, not {found}"));
    }

    fn fault(&mut self, path: &str, what: &str) {
        if !self.is_full() {
            self.faults.push(Violation::new(path, what));
        }
    }
}

/// The path of a member; one that is long already stays as it is.
fn below(path: &str, name: &str) -> String {
    let mut at = path.to_owned();
    if at.len() < MAX_PATH_BYTES {
        at.push('.');
        at.extend(name.chars().take(MAX_PATH_BYTES - at.len()));
    }
    at
}

fn entry_of(path: &str, index: usize) -> String {
    if path.len() < MAX_PATH_BYTES { format!("{path}[{index}]") } else { path.to_owned() }
}

/// A number without fraction; `5.0` counts as one.
fn whole(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.fract() == 0.0)
}

pub fn term_references(model: &SmithyModel, at: &str, content: &Value) -> Vec<TermReference> {
    let mut found = Vec::new();
    collect_terms(model, model.root, None, content, at, &mut found);
    found
}

/// `glossary` is that of the member; it reaches through lists to their texts.
fn collect_terms(
    model: &SmithyModel,
    shape: ShapeId,
    glossary: Option<&str>,
    value: &Value,
    path: &str,
    found: &mut Vec<TermReference>,
) {
    match (&model.shape(shape).kind, value) {
        (ShapeKind::Structure(known) | ShapeKind::Union(known), Value::Object(members)) => {
            for (name, value) in members {
                if let Some(field) = known.field(name) {
                    let at = below(path, name);
                    collect_terms(model, field.target, field.glossary.as_deref(), value, &at, found);
                }
            }
        }
        (ShapeKind::List(member), Value::Array(entries)) => {
            let glossary = member.glossary.as_deref().or(glossary);
            for (index, entry) in entries.iter().enumerate() {
                collect_terms(model, member.target, glossary, entry, &entry_of(path, index), found);
            }
        }
        (ShapeKind::Map { value: entry, .. }, Value::Object(entries)) => {
            for (name, value) in entries {
                collect_terms(model, entry.target, entry.glossary.as_deref(), value, &below(path, name), found);
            }
        }
        (_, Value::String(term)) => {
            if let Some(glossary) = glossary {
                found.push(TermReference { field: path.to_owned(), glossary: glossary.to_owned(), term: term.clone() });
            }
        }
        _ => {}
    }
}
