//! Node reader of documents: each look says what it expects, and what is not there is reported with its place.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::document::{self, MAX_VALUES};
use super::violation::Violation;

/// Everything found while reading one document.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub errors: Vec<Violation>,
    /// Errors that keep a part out of the model, but not the model from being one.
    pub left: Vec<Violation>,
    pub warnings: Vec<Violation>,
    /// Where the parts of the model stand in a document of another format.
    pub source_paths: HashMap<String, String>,
    /// At least how many values the texts hold that were read so far.
    values_in_texts: usize,
}

impl Report {
    /// The object that a text in the document holds, if it does. All texts together hold as much as a document may.
    ///
    /// Errors: what they hold is too much.
    pub fn object_in(&mut self, text: &str) -> Result<Option<Value>, Violation> {
        self.values_in_texts += document::values(text);
        if self.values_in_texts > MAX_VALUES {
            return Err(document::too_many_values());
        }
        Ok(serde_json::from_str(text).ok().filter(Value::is_object))
    }

    pub fn error(&mut self, path: impl Into<String>, rule: &'static str, message: impl Into<String>) {
        // A broken list of a hundred thousand says nothing new after a while.
        if self.errors.len() < 1_000 {
            self.errors.push(Violation::new(path, rule, message));
        }
    }

    /// Of something that the model does without, so that the rest of it can still be looked at.
    pub fn leave(&mut self, path: impl Into<String>, rule: &'static str, message: impl Into<String>) {
        if self.left.len() < 1_000 {
            self.left.push(Violation::new(path, rule, message));
        }
    }

    /// Remembers that a part (`/metrics/0`) came from `path`.
    pub fn came_from(&mut self, part: String, path: &str) {
        self.source_paths.insert(part, path.to_owned());
    }

    pub fn warn(&mut self, path: impl Into<String>, rule: &'static str, message: impl Into<String>) {
        if self.warnings.len() < 1_000 {
            self.warnings.push(Violation::new(path, rule, message));
        }
    }
}

/// Where the parts of a model stand in the document that it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourcePaths {
    pub(super) parts: HashMap<String, String>,
    pub(super) words: &'static [(&'static str, &'static str)],
}

impl SourcePaths {
    /// A path of the model in the words of its document: the part's own place, and the property below it where the
    /// format has a word for it.
    pub fn of(&self, path: &str) -> String {
        let cuts = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]).collect::<Vec<_>>();
        let known = cuts.iter().rev().find_map(|cut| Some((self.parts.get(&path[..*cut])?, &path[*cut..])));
        let Some((place, below)) = known else { return path.to_owned() };
        match self.words.iter().find(|(ours, _)| below.strip_prefix('/') == Some(*ours)) {
            Some((_, theirs)) => format!("{place}/{theirs}"),
            None => place.clone(),
        }
    }
}

/// An object of the document with its place.
pub(super) struct Node<'a> {
    pub path: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Node<'a> {
    pub fn of(value: &'a Value, path: String, report: &mut Report) -> Option<Node<'a>> {
        match value {
            Value::Object(fields) => Some(Node { path, fields }),
            _ => {
                report.error(path, "TYPE", "an object is expected here");
                None
            }
        }
    }

    pub fn at(&self, name: &str) -> String {
        format!("{}/{}", self.path, escaped(name))
    }

    /// `null` is like absent.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn text(&self, name: &str, report: &mut Report) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            // A bare 2024 or true in YAML where a text belongs.
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => {
                report.error(self.at(name), "TYPE", "a text is expected here");
                None
            }
        }
    }

    pub fn required(&self, name: &str, report: &mut Report) -> String {
        let before = report.errors.len();
        match self.text(name, report) {
            Some(text) if !text.trim().is_empty() => text,
            _ => {
                if report.errors.len() == before {
                    report.error(self.at(name), "REQUIRED", format!("`{name}` is required"));
                }
                String::new()
            }
        }
    }

    pub fn flag(&self, name: &str, report: &mut Report) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                report.error(self.at(name), "TYPE", "true or false is expected here");
                false
            }
        }
    }

    pub fn list(&self, name: &str, report: &mut Report) -> &'a [Value] {
        match self.get(name) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                report.error(self.at(name), "TYPE", "a list is expected here");
                &[]
            }
        }
    }

    pub fn texts(&self, name: &str, report: &mut Report) -> Vec<String> {
        let mut texts = Vec::new();
        for (at, item) in self.list(name, report).iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.clone()),
                Value::Number(number) => texts.push(number.to_string()),
                _ => report.error(format!("{}/{at}", self.at(name)), "TYPE", "a text is expected here"),
            }
        }
        texts
    }

    pub fn nodes(&self, name: &str, report: &mut Report) -> Vec<Node<'a>> {
        let list = self.list(name, report);
        list.iter()
            .enumerate()
            .filter_map(|(at, item)| Node::of(item, format!("{}/{at}", self.at(name)), report))
            .collect()
    }

    pub fn node(&self, name: &str, report: &mut Report) -> Option<Node<'a>> {
        Node::of(self.get(name)?, self.at(name), report)
    }

    /// Properties that nobody knows: an error where the format forbids them, else a warning.
    pub fn only(&self, known: &[&str], strict: bool, report: &mut Report) {
        for name in self.fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let shown: String = name.chars().take(60).collect();
            let message = format!("`{shown}` is not known here");
            if strict {
                report.error(self.at(name), "UNKNOWN_PROPERTY", message);
            } else {
                report.warn(self.at(name), "UNKNOWN_PROPERTY", message);
            }
        }
    }
}

/// A name as part of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.chars().take(100).collect::<String>().replace('~', "~0").replace('/', "~1")
}
