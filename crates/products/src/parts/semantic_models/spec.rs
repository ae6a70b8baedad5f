//! What is declared of semantic models.

use serde_json::Value;

use super::shapes::{CREATE, LISTED, OBJECT};
use crate::message::Message;
use crate::parts::spec::{Life, PLAIN, Spec, Unique};

/// The fields of the record.
pub const DOCUMENT: &str = "document";
pub const SOURCE_FORMAT: &str = "source_format";
pub const NAME: &str = "display_name";

pub static SPEC: Spec = Spec {
    kind: "semantic_model",
    word: "semantic_models",
    one: "semanticModel",
    many: "semanticModels",
    noun: "semantic model",
    nouns: "semantic models",
    life: Life::Staged,
    create: &CREATE,
    object: &OBJECT,
    listed: &LISTED,
    search: &[NAME, "description"],
    unique: &[NAME_ONCE],
    ..PLAIN
};

/// Two live models of one name would leave open whose metric `model.metric` is.
const NAME_ONCE: Unique = Unique {
    pointer: "/name",
    form: |fields| fields.get(NAME).and_then(Value::as_str).map(emporion_catalog::name::fold),
    kept: None,
    message: |name| Message::with("a deployed semantic model is called \"{}\" already", [name]),
};
