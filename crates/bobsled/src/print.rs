//! Printing: what a mount's clients read of failures, violations, warnings and messages.

use emporion_products::chat::streaming::Wording;
use emporion_products::failure::{Failure, Violation};
use emporion_products::message::Message;
use emporion_products::warning::Warning;
use serde_json::{Map, Value};

use crate::mount::Mount;

/// Has a form on the wire, in the names of a mount.
pub trait Print {
    type Printed;

    fn print(&self, mount: Mount) -> Self::Printed;
}

impl Print for Message {
    type Printed = String;

    fn print(&self, mount: Mount) -> String {
        self.text(mount.nouns())
    }
}

/// As it stands under `details.violations`.
impl Print for Violation {
    type Printed = Value;

    fn print(&self, mount: Mount) -> Value {
        self.printed(mount.nouns(), |path| mount.pointer(path))
    }
}

/// The `error` member of the envelope.
impl Print for Failure {
    type Printed = Value;

    fn print(&self, mount: Mount) -> Value {
        let mut details = self.details.as_deref().cloned().unwrap_or_default();
        if !self.violations.is_empty() {
            let printed: Vec<Value> = self.violations.iter().map(|violation| violation.print(mount)).collect();
            details.insert("violations".to_owned(), printed.into());
        }
        let mut error = Map::new();
        error.insert("code".to_owned(), self.code.name().into());
        error.insert("message".to_owned(), mount.sentence(self).into());
        if !details.is_empty() {
            error.insert("details".to_owned(), mount.to_wire(Value::Object(details)));
        }
        Value::Object(error)
    }
}

impl Print for Warning {
    type Printed = Value;

    fn print(&self, mount: Mount) -> Value {
        self.printed(mount.nouns(), |path| mount.pointer(path))
    }
}

impl Wording for Mount {
    fn sentence(&self, failure: &Failure) -> String {
        failure.sentence(self.nouns(), |pointer| self.pointer(pointer))
    }

    fn warning(&self, warning: &Warning) -> Value {
        warning.print(*self)
    }
}

#[cfg(test)]
#[path = "print_tests.rs"]
mod tests;
