//! The parts of a semantic model: datasets with their fields, relationships, metrics, and the expressions of these.

use serde_json::Value;

/// The dialect of expressions that every reader knows.
pub(super) const ANSI: &str = "ANSI_SQL";

/// A question with its answer, out of a Snowflake document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedQuery {
    pub name: Option<String>,
    pub question: String,
    pub sql: String,
    pub onboarding: bool,
}

/// Hints for whoever turns questions into queries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AiContext {
    pub instructions: Option<String>,
    pub synonyms: Vec<String>,
    pub examples: Vec<String>,
}

/// An expression in one or several dialects, by name: `ANSI_SQL`, `SNOWFLAKE`…
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expression {
    pub dialects: Vec<(String, String)>,
}

impl Expression {
    pub fn ansi(text: impl Into<String>) -> Expression {
        Expression { dialects: vec![(ANSI.to_owned(), text.into())] }
    }

    /// The text for a dialect: its own, else the standard's.
    pub fn for_dialect(&self, name: &str) -> Option<&str> {
        let of = |wanted: &str| self.dialects.iter().find(|(dialect, _)| dialect.eq_ignore_ascii_case(wanted));
        of(name).or_else(|| of(ANSI)).map(|(_, text)| text.as_str())
    }

    /// The standard's text, else the first.
    pub fn any(&self) -> &str {
        self.for_dialect(ANSI).or_else(|| self.dialects.first().map(|(_, text)| text.as_str())).unwrap_or_default()
    }
}

/// What every part of a model has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Common {
    pub name: String,
    pub description: Option<String>,
    pub ai: AiContext,
    /// Our own extension, an object; `null` without one.
    pub extension: Value,
    /// Extensions of other vendors, kept as they are.
    pub foreign_extensions: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    pub common: Common,
    pub datasets: Vec<Dataset>,
    pub relationships: Vec<Relationship>,
    pub metrics: Vec<Metric>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    pub common: Common,
    /// `schema.table`, or `$ref(alias.table)` for a table of a composed product.
    pub source: String,
    pub primary_key: Vec<String>,
    pub unique_keys: Vec<Vec<String>>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Field {
    pub common: Common,
    pub expression: Expression,
    pub label: Option<String>,
    pub data_type: Option<String>,
    /// `Some` for a dimension; whether it is one of time.
    pub time_dimension: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Relationship {
    pub common: Common,
    /// The dataset with many rows for each of the other.
    pub from: String,
    pub to: String,
    pub from_columns: Vec<String>,
    pub to_columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metric {
    pub common: Common,
    pub expression: Expression,
}
