//! Semantic models: what a product's tables mean, as documents of the Open Semantic Interchange.
//!
//! The stored and printed form is OSI; Snowflake's, MetricFlow's and Cube's documents are read into it and written from
//! it. Reading reports everything that is wrong at once, each with the place in the document. Paths are JSON pointers
//! below the one model of the document (`/metrics/0/expression`); what lies outside of it is named from the root.

mod check;
mod compared;
mod cube;
pub(crate) mod datatype;
mod document;
pub(crate) mod expression;
mod generate;
mod metricflow;
mod osi;
mod parts;
mod patch;
mod plain;
mod read;
mod readers;
mod reference;
mod snowflake;
pub(crate) mod source;
pub(crate) mod time_format;
mod violation;

use serde_json::Value;

pub use crate::yaml::write as to_yaml;
pub use check::{Columns, SHARED_NAME, check, clashes, text_times};
pub use compared::{Compared, compared, told};
pub use document::{Format, Syntax};
pub use expression::{datasets, is_of_one};
pub use generate::{SourceColumn, SourceForeignKey, SourceTable, generate, is_called_time, label, unread_times};
pub(crate) use generate::{name_words, plural};
pub use osi::{VENDOR, VERSION, VERSIONS};
pub use parts::{AiContext, Common, Dataset, Expression, Field, Metric, Model, Relationship, VerifiedQuery};
pub use patch::patch;
pub use plain::{ComputedField, PlainColumn, harmless_computed, plain_columns};
pub use read::SourcePaths;
pub use readers::{Asked, Reader, Readers, readers};
pub use reference::Reference;
pub use time_format::Granularity;
pub use violation::Violation;

/// A model that was read, and what is worth saying about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub model: Model,
    /// What the model says against itself, and what of the document is not in it. Of the first, [`check`] says the same
    /// again, beside what its tables have against it.
    pub errors: Vec<Violation>,
    pub warnings: Vec<Violation>,
    /// Verified queries that came with a document of another format; they are drafts of their own.
    pub verified_queries: Vec<VerifiedQuery>,
    /// Where the model's parts stand in the document.
    pub source_paths: SourcePaths,
}

/// Reads a document of any format, as YAML or JSON.
///
/// `name` stands for the model's where the format has none (MetricFlow, Cube).
/// Errors: everything that is wrong with the document. Whether its columns exist is [`check`]'s to say.
/// Cost: bounded by two million bytes of text, 64 levels and 200,000 values, aliases of YAML counted as often as used.
pub fn parse(text: &str, syntax: Syntax, format: Format, name: &str) -> Result<Read, Vec<Violation>> {
    import(&value(text, syntax)?, format, name)
}

/// Reads a document that is already taken apart.
pub fn import(value: &Value, format: Format, name: &str) -> Result<Read, Vec<Violation>> {
    let read = read(value, format, name)?;
    if read.errors.is_empty() { Ok(read) } else { Err(read.errors) }
}

/// Takes a text apart.
pub fn value(text: &str, syntax: Syntax) -> Result<Value, Vec<Violation>> {
    document::value(text, syntax).map_err(|violation| vec![violation])
}

/// Reads a document that is already taken apart, and leaves a model that contradicts itself to the caller.
///
/// Errors: whatever keeps the document from being a model at all.
pub fn read(value: &Value, format: Format, name: &str) -> Result<Read, Vec<Violation>> {
    document::bounded(value).map_err(|violation| vec![violation])?;
    let mut read = read::Report::default();
    let (model, verified_queries) = match format {
        Format::Osi => (osi::read(value, &mut read), Vec::new()),
        Format::Snowflake => snowflake::read(value, &mut read),
        Format::MetricFlow => (metricflow::read(value, name, &mut read), Vec::new()),
        Format::Cube => (cube::read(value, name, &mut read), Vec::new()),
    };
    if !read.errors.is_empty() {
        return Err(read.errors);
    }
    let source_paths = SourcePaths { parts: std::mem::take(&mut read.source_paths), words: words(format) };
    let checked = check::inner(&model);
    let placed = |violation: Violation| Violation { path: source_paths.of(&violation.path), ..violation };
    let errors = read.left.into_iter().chain(checked.errors.into_iter().map(placed)).collect();
    read.warnings.extend(checked.warnings.into_iter().map(placed));
    Ok(Read { model, errors, warnings: read.warnings, verified_queries, source_paths })
}

/// What a format calls the properties of parts, where it has names of its own.
fn words(format: Format) -> &'static [(&'static str, &'static str)] {
    match format {
        Format::Osi => &[],
        Format::Snowflake => &[("name", "name"), ("expression", "expr"), ("from", "left_table"), ("to", "right_table")],
        Format::MetricFlow => &[("name", "name")],
        Format::Cube => &[("name", "name"), ("expression", "sql"), ("to", "name")],
    }
}

/// The document of a model in OSI's newest form that is understood here.
pub fn print(model: &Model) -> Value {
    osi::print(model)
}

/// The document of a model in any format; what a format cannot say is left out.
pub fn export(model: &Model, format: Format) -> Value {
    match format {
        Format::Osi => osi::print(model),
        Format::Snowflake => snowflake::print(model),
        Format::MetricFlow => metricflow::print(model),
        Format::Cube => cube::print(model),
    }
}
