//! Semantic models: documents of the Open Semantic Interchange that say what a product's tables mean.
//!
//! Whatever format comes in, the interchange document is what is kept, shown and deployed. Its tables, relationships
//! and metrics can be read and changed one by one; each such change is a change of the document.

mod body;
mod examine;
mod exchange;
mod generate;
mod hidden;
mod known;
pub mod names;
mod redaction;
mod samples;
mod sections;
pub mod synonym;
mod verified;
pub mod vouched;

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_semantic::model::{self, Format, Model};
use http::Method;
use serde_json::{Map, Value, json};

use super::item::{Item, Shown};
use super::part::{Fields, Life, PLAIN, Part, Tally, Verb};
use super::unique::Unique;
use crate::assets::pending::Intent;
use crate::message::Message;
use crate::operation::{Operation, Root};
use crate::shapes::common::{COUNT, DESCRIPTION, IDEMPOTENCY_KEY, IF_MATCH, TEXT_OR_NULL, TIME};

/// The fields of the record.
const DOCUMENT: &str = "document";
const SOURCE_FORMAT: &str = "source_format";
const NAME: &str = "display_name";

const NAME_TEXT: Shape = Shape::Text(Text::between(1, 100).matching("^[A-Za-z][A-Za-z0-9_ -]{0,99}$", is_name));
const FORMAT: Shape = Shape::Enumeration(&["osi", "snowflake", "metricflow", "cube"]);
const CONTENT: Shape = Shape::Text(Text::between(1, 2_000_000));

static CREATE: Struct = Struct {
    name: "SemanticModelCreate",
    members: &[
        Member::required("name", NAME_TEXT),
        Member::required("format", FORMAT),
        Member::optional("description", DESCRIPTION),
        // One of the two.
        Member::optional("document", Shape::Object),
        Member::optional("content", CONTENT),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static CHANGE: Struct = Struct {
    name: "SemanticModelPatch",
    members: &[
        Member::optional("name", NAME_TEXT),
        Member::optional("description", DESCRIPTION),
        // A merge patch, in which lists of named things may be objects.
        Member::optional("document", Shape::Object),
        // The whole text anew, in `format`.
        Member::optional("content", CONTENT),
        Member::optional("format", FORMAT),
        Member::optional("isDeployed", Shape::Boolean),
        Member::optional("remove", Shape::Boolean),
    ],
    open: true,
};

static GENERATE: Struct = Struct {
    name: "SemanticModelGenerate",
    members: &[
        Member::optional("name", NAME_TEXT),
        Member::optional("dataAssetIds", Shape::List { of: &TEXT, min: 0, max: 500 }),
        Member::optional("sampleRows", Shape::Integer { min: 0, max: 10_000 }),
    ],
    open: true,
};

/// What lists show, and what the object begins with.
const HEAD: [Member; 14] = [
    Member::required("id", UUID),
    Member::required("dataProductId", UUID),
    Member::required("name", TEXT),
    Member::required("description", TEXT_OR_NULL),
    // Of the document, as it is kept.
    Member::required("format", TEXT),
    Member::required("specVersion", TEXT),
    Member::required("sourceFormat", TEXT),
    Member::required("isDeployed", Shape::Boolean),
    Member::required("pendingDelete", Shape::Boolean),
    Member::required("tableCount", COUNT),
    Member::required("relationshipCount", COUNT),
    Member::required("metricCount", COUNT),
    Member::required("createdAt", TIME),
    Member::required("updatedAt", TIME),
];

static LISTED: Struct = Struct { name: "SemanticModelSummary", members: &HEAD, open: true };

static OBJECT: Struct = Struct {
    name: "SemanticModel",
    members: &{
        let mut members = [Member::required("document", Shape::Object); HEAD.len() + 1];
        let mut at = 0;
        while at < HEAD.len() {
            members[at] = HEAD[at];
            at += 1;
        }
        members
    },
    open: true,
};

const FINDINGS: Shape = Shape::List { of: &Shape::Object, min: 0, max: usize::MAX };

static VALIDATION: Struct = Struct {
    name: "SemanticModelValidation",
    members: &[Member::required("errors", FINDINGS), Member::required("warnings", FINDINGS)],
    open: false,
};

static VALIDATED: Struct = Struct {
    name: "SemanticModelValidated",
    members: &[Member::required("validation", Shape::Struct(&VALIDATION))],
    open: false,
};

static ONE: Struct = Struct {
    name: "SemanticModelAnswer",
    members: &[Member::required("semanticModel", Shape::Struct(&OBJECT))],
    open: true,
};

static STORED: Struct = Struct {
    name: "SemanticModelStored",
    members: &[
        Member::required("semanticModel", Shape::Struct(&OBJECT)),
        Member::required("validation", Shape::Struct(&VALIDATION)),
    ],
    open: true,
};

/// What a change answers: the model as it is now, or that it was removed.
static CHANGED: Struct = Struct {
    name: "SemanticModelChanged",
    members: &[
        Member::optional("semanticModel", Shape::Struct(&OBJECT)),
        Member::optional("validation", Shape::Struct(&VALIDATION)),
        Member::optional("id", UUID),
        Member::optional("deleted", Shape::Boolean),
        Member::optional("pendingDelete", Shape::Boolean),
    ],
    open: true,
};

pub static PART: Part = Part {
    kind: "semantic_model",
    word: "semantic_models",
    section: "Semantic Models",
    folder: "semantic-models",
    label: "semanticModelId",
    one: "semanticModel",
    many: "semanticModels",
    noun: "semantic model",
    nouns: "semantic models",
    life: Life::Staged,
    // Its other verbs read and answer documents.
    verbs: &[Verb::List],
    create: &CREATE,
    object: &OBJECT,
    listed: &LISTED,
    search: &[NAME, "description"],
    unique: &[NAME_ONCE],
    print,
    beside: hidden::beside,
    stands: examine::stands,
    count,
    rows,
    ..PLAIN
};

fn rows() -> Vec<Operation> {
    const LIST: &str = "/{dataProductId}/semantic-models";
    const ONE_PATH: &str = "/{dataProductId}/semantic-models/{semanticModelId}";
    const READS: &[&str] = &["osi", "snowflake", "metricflow", "cube", "json"];
    let row = |method: Method, path: &'static str, name: &'static str, summary: &'static str| {
        Operation::new(method, Root::Products, path, name, summary).section(PART.section)
    };
    let format = Member::optional("format", Shape::Enumeration(READS)).at(Location::Query);
    let mut rows = vec![
        row(Method::POST, LIST, "semanticModels_create", "Store a semantic model")
            .with(&[IDEMPOTENCY_KEY])
            .takes(&CREATE)
            .gives(&STORED)
            .creates()
            .errors(&[404, 409, 415, 422])
            .by(exchange::create),
        row(
            Method::POST,
            "/{dataProductId}/semantic-models/generate",
            "semanticModels_generate",
            "Sketch a semantic model from the catalogue",
        )
        .with(&[IDEMPOTENCY_KEY])
        .takes(&GENERATE)
        .gives(&STORED)
        .creates()
        .errors(&[404, 409, 415, 422])
        .by(generate::generate),
        row(
            Method::POST,
            "/{dataProductId}/semantic-models/validate",
            "semanticModels_validate",
            "Check a semantic model without keeping it",
        )
        .takes(&CREATE)
        .gives(&VALIDATED)
        .errors(&[404, 415, 422])
        .by(exchange::validate),
        row(Method::GET, ONE_PATH, "semanticModels_get", "Get a semantic model, or its document in any format")
            .with(&[format])
            .gives(&ONE)
            .by(exchange::get),
        row(Method::PATCH, ONE_PATH, "semanticModels_update", "Change a semantic model")
            .with(&[IF_MATCH])
            .takes(&CHANGE)
            .gives(&CHANGED)
            .errors(&[404, 409, 412, 415, 422])
            .by(exchange::change),
    ];
    rows.extend(sections::rows());
    rows
}

fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'-'))
}

/// The one model of a kept document.
fn inner(fields: &Fields) -> Option<&Map<String, Value>> {
    fields.get(DOCUMENT)?.pointer("/semantic_model/0")?.as_object()
}

/// The items of one of its lists.
fn list<'a>(fields: &'a Fields, name: &str) -> &'a [Value] {
    inner(fields).and_then(|model| model.get(name)?.as_array()).map_or(&[], Vec::as_slice)
}

/// The model of a kept document, or of one that is to be kept, if it reads as one.
pub fn model_of(fields: &Fields) -> Option<Model> {
    let name = fields.get(NAME).and_then(Value::as_str).unwrap_or_default();
    model::read(fields.get(DOCUMENT)?, Format::Osi, name).ok().map(|read| read.model)
}

/// The metrics of a model that may be shown, in its order, as figures of a front page.
pub fn kpis(fields: &Fields) -> Vec<Value> {
    let metrics = model_of(fields).map(|model| model.metrics).unwrap_or_default();
    let shown = metrics.into_iter().filter(|metric| metric.common.extension["hidden"] != json!(true));
    let kpi = |metric: model::Metric| {
        let mut kpi = json!({"metric": metric.common.name, "label": model::label(&metric.common.name)});
        if let Some(format) = metric.common.extension.get("format").filter(|format| format.is_string()) {
            kpi["format"] = format.clone();
        }
        kpi
    };
    shown.map(kpi).collect()
}

/// Two live models of one name would leave open whose metric `model.metric` is.
const NAME_ONCE: Unique = Unique {
    pointer: "/name",
    form: |fields| fields.get(NAME).and_then(Value::as_str).map(emporion_catalog::name::fold),
    kept: None,
    message: |name| Message::with("a deployed semantic model is called \"{}\" already", [name]),
};

fn print(shown: &Shown<'_>, member: &str) -> Option<Value> {
    let fields = shown.fields();
    let count = |name: &str| Some(list(fields, name).len().into());
    match member {
        DOCUMENT => Some(redaction::document(fields.get(DOCUMENT)?, shown.beside)),
        "format" => Some(Format::Osi.name().into()),
        "specVersion" => Some(fields.get(DOCUMENT)?.get("version").cloned().unwrap_or_else(|| model::VERSION.into())),
        "description" => {
            let own = fields.get("description").or_else(|| inner(fields)?.get("description"));
            Some(own.cloned().unwrap_or(Value::Null))
        }
        "tableCount" => count("datasets"),
        "relationshipCount" => count("relationships"),
        "metricCount" => count("metrics"),
        _ => None,
    }
}

/// Parts of models count one by one: those that are new, other than before, or gone.
fn count(items: &[Item], _: &Tally, counters: &mut Map<String, Value>) {
    let drafts = || items.iter().filter_map(|item| Some((item, item.pending.as_ref()?)));
    let nothing = Fields::new();
    for (counter, name) in [
        ("semanticModelTables", "datasets"),
        ("semanticModelRelationships", "relationships"),
        ("semanticModelMetrics", "metrics"),
    ] {
        let changed = drafts().map(|(item, draft)| {
            let after = if draft.intent == Intent::Delete { &nothing } else { &draft.fields };
            differing(list(item.live_fields(), name), list(after, name))
        });
        counters.insert(counter.to_owned(), json!({"promoted": changed.sum::<usize>()}));
    }
    counters.insert("semanticModelV2Draft".to_owned(), json!({"deleted": drafts().next().is_some()}));
}

/// How many named things two lists do not have in common.
fn differing(before: &[Value], after: &[Value]) -> usize {
    let name = |part: &Value| part.get("name").cloned();
    let before_by_name: std::collections::HashMap<_, _> = before.iter().map(|part| (name(part), part)).collect();
    let same = after.iter().filter(|part| before_by_name.get(&name(part)) == Some(part)).count();
    let kept = after.iter().filter(|part| before_by_name.contains_key(&name(part))).count();
    (after.len() - same) + (before.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_new_changed_or_gone_are_counted_once_each() {
        let part = |name: &str, text: &str| json!({"name": name, "description": text});
        let before = [part("a", "1"), part("b", "1"), part("c", "1")];
        assert_eq!(differing(&before, &before), 0);
        assert_eq!(differing(&[], &before), 3);
        assert_eq!(differing(&before, &[]), 3);
        assert_eq!(differing(&before, &[part("c", "1"), part("b", "2"), part("d", "1")]), 3);
    }

    #[test]
    fn names_are_words_that_questions_can_say() {
        assert!(is_name("retail") && is_name("Retail orders-2026_x"));
        assert!(!is_name("") && !is_name("9 lives") && !is_name("a.b") && !is_name(&"a".repeat(101)));
    }
}
