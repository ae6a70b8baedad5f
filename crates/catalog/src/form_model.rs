//! Form types: the Smithy text that a client sends becomes a model, and the content of forms is checked against it.
//!
//! Read are data shapes and their traits, tolerantly: commas are optional, `$version` and `namespace` may be missing,
//! unknown traits are left alone. Operations, services and resources have no meaning in a form and are refused.

mod content;
mod lexer;
mod parser;
mod resolver;

use std::collections::HashMap;
use std::fmt;

use regex::Regex;
use serde_json::Value;

use crate::error::ServiceError;

/// A form type that content can be checked against.
#[derive(Debug)]
pub struct FormModel {
    shapes: Vec<Shape>,
    /// The structure that bears the form type's name.
    root: ShapeId,
}

/// Place of a shape in its model; shapes may refer to one another in circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShapeId(usize);

#[derive(Debug)]
struct Shape {
    kind: ShapeKind,
    limits: Limits,
}

#[derive(Debug)]
enum ShapeKind {
    Boolean,
    /// Byte, Short, Integer, Long.
    Integer {
        min: i64,
        max: i64,
    },
    /// Float, Double, BigInteger, BigDecimal.
    Number {
        whole: bool,
    },
    Text,
    Timestamp,
    Document,
    Enumeration(Vec<String>),
    IntegerEnumeration(Vec<i64>),
    List(Box<Field>),
    Map {
        key: Box<Field>,
        value: Box<Field>,
    },
    Structure(Members),
    Union(Members),
}

/// The members of a structure or union.
#[derive(Debug)]
struct Members {
    /// In the order of the text.
    fields: Vec<Field>,
    by_name: HashMap<String, usize>,
    required: Vec<usize>,
}

impl Members {
    fn new(fields: Vec<Field>, by_name: HashMap<String, usize>) -> Members {
        let required = (0..fields.len()).filter(|index| fields[*index].required).collect();
        Members { fields, by_name, required }
    }

    fn required(&self) -> impl Iterator<Item = &Field> {
        self.required.iter().map(|index| &self.fields[*index])
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|index| &self.fields[*index])
    }
}

/// A member of a structure, and what is said about it.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub required: bool,
    pub documentation: Option<String>,
    /// `@amazon.datazone#displayname(defaultName: …)`.
    pub display_name: Option<String>,
    /// `@amazon.datazone#searchable`.
    pub searchable: bool,
    /// `@amazon.datazone#sortable`.
    pub sortable: bool,
    /// `@amazon.datazone#glossaryterm("…")`: values are ids of terms of this glossary.
    pub glossary: Option<String>,
    target: ShapeId,
    limits: Limits,
}

/// Constraint traits of a shape or of a member; a value must respect both.
#[derive(Debug, Default, Clone)]
struct Limits {
    least: Option<f64>,
    most: Option<f64>,
    shortest: Option<usize>,
    longest: Option<usize>,
    pattern: Option<Regex>,
    unique: bool,
}

/// Why a model is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFault {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ModelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl From<ModelFault> for ServiceError {
    fn from(fault: ModelFault) -> ServiceError {
        ServiceError::validation(format!("The Smithy model is not valid: {fault}"))
    }
}

/// A term that the content of a form refers to, and the glossary that it must belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermReference {
    /// `$.MyForm.category`.
    pub path: String,
    pub glossary: String,
    pub term: String,
}

impl FormModel {
    /// Reads a model; the structure called like the form type describes the form.
    pub fn parse(text: &str, form_type: &str) -> Result<FormModel, ModelFault> {
        let name = form_type.rsplit('.').next().unwrap_or(form_type);
        resolver::resolve(&parser::parse(text)?, name)
    }

    /// The members of the form, in the order of the text.
    pub fn fields(&self) -> &[Field] {
        match &self.shape(self.root).kind {
            ShapeKind::Structure(members) => &members.fields,
            _ => &[],
        }
    }

    /// Reads and checks the content of a form called `form`; every fault at once, as one text each.
    ///
    /// No content and an empty text are an empty form.
    pub fn check(&self, form: &str, content: Option<&str>) -> Result<Value, Vec<String>> {
        content::check(self, form, content.unwrap_or_default())
    }

    /// The terms that checked content refers to.
    pub fn term_references(&self, form: &str, content: &Value) -> Vec<TermReference> {
        content::term_references(self, form, content)
    }

    fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }
}

/// The one error for all faults in the content of all forms of a request.
pub fn content_error(faults: &[String]) -> ServiceError {
    ServiceError::validation(faults.join("; "))
}

#[cfg(test)]
mod tests;
