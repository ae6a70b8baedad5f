//! From bodies of requests to documents: read in any format, kept in one.

use emporion_semantic::model::{self, Format, Read, SourcePaths, Syntax, VerifiedQuery, Violation as Finding};
use serde_json::{Map, Value};

use super::redaction;
use super::spec::{DOCUMENT, NAME, SOURCE_FORMAT};
use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::parts::spec::Fields;
use crate::warning::Warning;

/// A document may be as large as JSON as one that is handed over as text, and so may what is kept of it.
const MAX_BYTES: usize = 2_000_000;

/// Content, and what reading it brought to light.
#[derive(Debug, Default, Clone)]
pub struct Taken {
    pub fields: Fields,
    pub report: Report,
}

/// What a document says beside its model.
#[derive(Debug, Default, Clone)]
pub struct Report {
    /// What its model says against itself.
    pub errors: Vec<Finding>,
    /// Of the document in its own format; `None` where no document was read.
    pub warnings: Option<Vec<Finding>>,
    pub source_paths: SourcePaths,
    pub queries: Vec<VerifiedQuery>,
}

/// The rules of a body that brings a whole model.
pub fn one_document(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    match (has(body, "document"), has(body, "content")) {
        (true, true) => broken.push(both()),
        (false, false) => {
            let message = "is required, as an object here or as text in content";
            broken.push(Violation::new("/document", "required", message));
        }
        _ => {}
    }
}

/// The rules of a body that changes a model.
pub fn at_most_one_document(body: &Map<String, Value>, broken: &mut Vec<Violation>) {
    crate::fields::says_nothing(body, "say what is to be changed", broken);
    crate::fields::cannot_be_removed(body, &["name", "document", "content"], broken);
    if has(body, "document") && has(body, "content") {
        broken.push(both());
    }
}

fn both() -> Violation {
    Violation::new("/content", "oneOf", "give the model as document or as content, not both")
}

fn has(body: &Map<String, Value>, name: &str) -> bool {
    body.get(name).is_some_and(|value| !value.is_null())
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

fn format(body: &Map<String, Value>) -> Format {
    text(body, "format").and_then(Format::named).unwrap_or(Format::Osi)
}

/// Reads the document of a body.
///
/// What the model says against itself is left to its examination, so that all errors are told at once.
/// Errors: what keeps it from being a model; what concerns all of it stands at the body's member.
fn document(body: &Map<String, Value>, name: &str) -> Result<Read, Vec<Finding>> {
    let (member, read) = match text(body, "content") {
        Some(text) => {
            // Every JSON is a YAML, but is read faster as what it is.
            let is_object = text.trim_start().starts_with('{');
            let value = match is_object.then(|| model::value(text, Syntax::Json)) {
                Some(Ok(value)) => Ok(value),
                // What is too much of it as JSON is as much as YAML, and takes longer to read.
                Some(Err(findings)) if findings.iter().any(|finding| finding.rule == "TOO_LARGE") => Err(findings),
                _ => model::value(text, Syntax::Yaml),
            };
            ("/content", value.and_then(|value| bounded(&value).and_then(|()| model::read(&value, format(body), name))))
        }
        None => {
            let document = body.get("document").unwrap_or(&Value::Null);
            ("/document", bounded(document).and_then(|()| model::read(document, format(body), name)))
        }
    };
    read.map_err(|findings| {
        let placed = |finding: Finding| match finding.path.as_str() {
            "" => Finding { path: member.to_owned(), ..finding },
            _ => finding,
        };
        findings.into_iter().map(placed).collect()
    })
}

fn bounded(document: &Value) -> Result<(), Vec<Finding>> {
    if document.to_string().len() <= MAX_BYTES {
        return Ok(());
    }
    let message = format!("a document may have {MAX_BYTES} bytes, written as JSON in the catalogue's own format");
    Err(vec![Finding { path: String::new(), rule: "TOO_LARGE", message }])
}

/// The content that a create asks for.
///
/// Errors: 422 with what keeps the document from being a model.
pub fn created(body: &Map<String, Value>) -> Result<Taken, Failure> {
    read(body).map_err(invalid)
}

/// The content that a create asks for.
///
/// Errors: what keeps the document from being a model.
pub fn read(body: &Map<String, Value>) -> Result<Taken, Vec<Finding>> {
    let name = text(body, "name").unwrap_or_default();
    let read = document(body, name)?;
    let mut fields = Fields::new();
    fields.insert(NAME.to_owned(), name.into());
    if let Some(description) = text(body, "description").filter(|text| !text.is_empty()) {
        fields.insert("description".to_owned(), description.into());
    }
    taken(fields, &read, format(body))
}

/// The text of a body, parsed as a model of this name.
pub struct ParsedContent {
    name: String,
    read: Result<Read, Vec<Finding>>,
}

impl ParsedContent {
    pub fn parse(body: &Map<String, Value>, name: String) -> ParsedContent {
        ParsedContent { read: document(body, &name), name }
    }
}

pub fn has_text(body: &Map<String, Value>) -> bool {
    has(body, "content")
}

/// What a model is called after a change.
pub fn name_after(before: &Fields, body: &Map<String, Value>) -> String {
    text(body, "name").or_else(|| text(before, NAME)).unwrap_or_default().to_owned()
}

/// The content that a change makes of the present one. Its text may have been read already.
///
/// Errors: 422 with what keeps the new document from being a model.
pub fn changed(before: &Fields, body: &Map<String, Value>, read: Option<&ParsedContent>) -> Result<Taken, Failure> {
    // A document that another takes the place of is not copied: it may be large.
    let stays = |name: &str| name != DOCUMENT || !has_text(body);
    let mut fields: Fields =
        before.iter().filter(|(name, _)| stays(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(name) = text(body, "name") {
        fields.insert(NAME.to_owned(), name.into());
    }
    match body.get("description") {
        Some(Value::String(text)) if !text.is_empty() => {
            drop(fields.insert("description".to_owned(), text.as_str().into()))
        }
        Some(_) => drop(fields.shift_remove("description")),
        None => {}
    }
    let name = text(&fields, NAME).unwrap_or_default().to_owned();
    if has_text(body) {
        let read_here;
        let read = match read.filter(|read| read.name == name) {
            Some(read) => &read.read,
            None => {
                read_here = document(body, &name);
                &read_here
            }
        };
        return match read {
            Ok(read) => taken(fields, read, format(body)).map_err(invalid),
            Err(findings) => Err(invalid(findings.clone())),
        };
    }
    match body.get("document").filter(|change| !change.is_null()) {
        Some(change) => edited(fields, |document| model::patch(document, change)),
        None => Ok(Taken { fields, report: Report::default() }),
    }
}

/// The content after an edit of its document.
///
/// Errors: 422 with what keeps it from being a model then.
pub fn edited(mut fields: Fields, edit: impl FnOnce(&mut Value)) -> Result<Taken, Failure> {
    let mut document = fields.shift_remove(DOCUMENT).unwrap_or_default();
    let before = document.clone();
    edit(&mut document);
    redaction::unmoved(&before, &mut document);
    let name = text(&fields, NAME).unwrap_or_default();
    let read = bounded(&document).and_then(|()| model::read(&document, Format::Osi, name)).map_err(invalid)?;
    let source = text(&fields, SOURCE_FORMAT).and_then(Format::named).unwrap_or(Format::Osi);
    taken(fields, &read, source).map_err(invalid)
}

/// Errors: what is kept would be too large to be changed again.
fn taken(mut fields: Fields, read: &Read, format: Format) -> Result<Taken, Vec<Finding>> {
    let printed = model::print(&read.model);
    bounded(&printed)?;
    fields.insert(DOCUMENT.to_owned(), printed);
    fields.insert(SOURCE_FORMAT.to_owned(), format.name().into());
    let report = Report {
        errors: read.errors.clone(),
        warnings: Some(read.warnings.clone()),
        source_paths: read.source_paths.clone(),
        queries: read.verified_queries.clone(),
    };
    Ok(Taken { fields, report })
}

pub fn invalid(findings: Vec<Finding>) -> Failure {
    Failure::semantic_model_invalid(findings.into_iter().map(violation).collect())
}

/// A warning at a place of what is deployed.
pub fn warning(finding: Finding, place: impl Fn(String) -> String) -> Warning {
    Warning::new(finding.rule, Message::verbatim(finding.message), Some(place(finding.path)))
}

pub fn violation(finding: Finding) -> Violation {
    Violation::new(finding.path, finding.rule, Message::verbatim(finding.message))
}
