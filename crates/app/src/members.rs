//! The members of an object that a request says: each read by its form, every fault collected.

use emporion_catalog::Problem;
use emporion_catalog::problem::Violation;
use serde_json::{Map, Value};

/// A reader of the members of an object. One that is `null` is as one that is not there; one of another form is a fault, and
/// read as not there.
pub struct Members<'a> {
    said: &'a Map<String, Value>,
    faults: Vec<Violation>,
}

impl<'a> Members<'a> {
    pub fn of(said: &'a Map<String, Value>) -> Members<'a> {
        Members { said, faults: Vec::new() }
    }

    /// What was read, if nothing was wrong.
    ///
    /// Errors: `Invalid` with every fault.
    pub fn end<T>(self, value: T) -> Result<T, Problem> {
        if self.faults.is_empty() { Ok(value) } else { Err(Problem::Invalid(self.faults)) }
    }

    pub fn refuse(&mut self, member: &str, rule: impl Into<String>) {
        self.faults.push(Violation::new(member, rule));
    }

    pub fn text(&mut self, member: &str) -> Option<&'a str> {
        let text = self.value(member)?.as_str();
        self.formed(member, text, "must be a text")
    }

    /// A text that has to be there. An empty one where it is not.
    pub fn needed(&mut self, member: &str) -> &'a str {
        if self.value(member).is_none() {
            self.refuse(member, "must not be null");
        }
        self.text(member).unwrap_or_default()
    }

    /// A text that has to be there, and say something.
    pub fn filled(&mut self, member: &str) -> &'a str {
        let text = self.needed(member);
        if text.is_empty() && self.value(member).is_some_and(Value::is_string) {
            self.refuse(member, "must not be empty");
        }
        text
    }

    pub fn texts(&mut self, member: &str) -> Vec<&'a str> {
        let Some(value) = self.value(member) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
        self.formed(member, texts, "must be a list of texts").unwrap_or_default()
    }

    /// Whether something is to be; not, where nothing is said.
    pub fn flag(&mut self, member: &str) -> bool {
        let flag = self.value(member).map(Value::as_bool);
        flag.and_then(|flag| self.formed(member, flag, "must be true or false")).unwrap_or_default()
    }

    /// A whole number between two, both included.
    pub fn whole(&mut self, member: &str, least: u64, most: u64) -> Option<u64> {
        let number = self.value(member)?.as_u64().filter(|number| (least..=most).contains(number));
        self.formed(member, number, &format!("must be a whole number from {least} to {most}"))
    }

    fn value(&self, member: &str) -> Option<&'a Value> {
        self.said.get(member).filter(|value| !value.is_null())
    }

    fn formed<T>(&mut self, member: &str, value: Option<T>, rule: &str) -> Option<T> {
        if value.is_none() {
            self.refuse(member, rule);
        }
        value
    }
}
