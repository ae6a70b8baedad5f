//! Models of form types: the text of a form type becomes a model, and the content of forms is checked against it.
//!
//! The language is Smithy, of which data shapes and their traits are read, tolerantly: commas are optional, `$version`
//! and `namespace` may be missing, unknown traits are left alone. Operations, services and resources have no meaning in
//! a form and are refused.

mod content;
mod lexer;
mod parser;
mod resolver;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use emporion_catalog::problem::Violation;
use emporion_catalog::provided::{FormLanguage, FormModel, TermReference};
use regex::Regex;
use serde_json::Value;

/// Smithy, as the language of form types.
#[derive(Debug)]
pub struct Smithy;

impl FormLanguage for Smithy {
    fn parse(&self, text: &str, form_type: &str, is_open: bool) -> Result<Arc<dyn FormModel>, String> {
        let model = SmithyModel::parse(text, form_type).map_err(|fault| fault.to_string())?;
        Ok(Arc::new(SmithyModel { is_open, ..model }))
    }
}

/// The shapes of a form type.
#[derive(Debug)]
pub struct SmithyModel {
    shapes: Vec<Shape>,
    /// The structure that bears the form type's name.
    root: ShapeId,
    /// Structures may hold members that the text does not know.
    is_open: bool,
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

/// A member of a structure, list or map, and what is said about it.
#[derive(Debug)]
struct Field {
    name: String,
    required: bool,
    /// `@glossaryterm("…")`: values are ids of terms of this glossary.
    glossary: Option<String>,
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

impl SmithyModel {
    /// Reads a model; the structure called like the form type describes the form.
    pub fn parse(text: &str, form_type: &str) -> Result<SmithyModel, ModelFault> {
        let name = form_type.rsplit('.').next().unwrap_or(form_type);
        resolver::resolve(&parser::parse(text)?, name)
    }

    /// Reads and checks the content of a form; every fault at once. `at` is what the content is called in them.
    ///
    /// No content and an empty text are an empty form.
    fn read(&self, at: &str, content: Option<&str>) -> Result<Value, Vec<Violation>> {
        content::check(self, at, content.unwrap_or_default())
    }

    /// The terms that checked content refers to.
    fn term_references(&self, at: &str, content: &Value) -> Vec<TermReference> {
        content::term_references(self, at, content)
    }

    fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }
}

impl FormModel for SmithyModel {
    fn check(&self, at: &str, content: Option<&str>) -> Result<Vec<TermReference>, Vec<Violation>> {
        Ok(self.term_references(at, &self.read(at, content)?))
    }
}

#[cfg(test)]
mod tests;
