//! Records as files: what of the catalogue stands in documents that people keep beside their code, and how such documents
//! are compared with the catalogue and carried out.
//!
//! What a document holds follows from the kind: its declared fields, and its relations under the names of `shape`. What
//! lives in the catalogue alone is named there with its reason. A document says everything that it can say of its record;
//! what it leaves out, the record is not to have.

mod carry_out;
mod description;
mod plan;
mod present;
mod read;
pub mod serve;
pub mod shape;

use serde_json::{Value, json};

/// Something wrong in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which of the documents that were sent.
    pub document: usize,
    /// Where in it, as `rules[0].name`; empty for all of it.
    pub field: String,
    /// In words that complete "`field` …".
    pub rule: String,
}

impl Fault {
    fn new(document: usize, field: impl Into<String>, rule: impl Into<String>) -> Fault {
        Fault { document, field: field.into(), rule: rule.into() }
    }

    fn told(&self) -> Value {
        json!({"document": self.document, "field": self.field, "rule": self.rule})
    }
}
