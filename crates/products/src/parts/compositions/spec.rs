//! What is declared of compositions.

use emporion_catalog::relation::COMPOSED_OF;
use emporion_catalog::rows::composed::COMPOSITION;
pub use emporion_catalog::rows::composed::SOURCE;
use serde_json::Value;

use super::shapes::{CREATE, OBJECT};
use crate::message::Message;
use crate::parts::spec::{Life, Link, PLAIN, Spec, Unique};

/// The setting of products that have compositions.
pub const COMPOSITE: &str = "composite";

pub static SPEC: Spec = Spec {
    kind: COMPOSITION,
    word: "compositions",
    one: "composition",
    many: "compositions",
    noun: "composition",
    nouns: "compositions",
    life: Life::Staged,
    create: &CREATE,
    object: &OBJECT,
    unique: &[SOURCE_ONCE, ALIAS_ONCE],
    link: Some(Link { field: SOURCE, kind: "data_product", relation: COMPOSED_OF, pointer: "/sourceDataProductId" }),
    setting: Some(COMPOSITE),
    ..PLAIN
};

const SOURCE_ONCE: Unique = Unique {
    pointer: "/sourceDataProductId",
    form: |fields| fields.get(SOURCE).and_then(Value::as_str).map(str::to_owned),
    kept: None,
    message: |_| "the {product} is composed of it already".into(),
};

const ALIAS_ONCE: Unique = Unique {
    pointer: "/alias",
    form: |fields| fields.get("alias").and_then(Value::as_str).map(str::to_owned),
    kept: None,
    message: |alias| Message::with("the alias \"{}\" is taken", [alias]),
};
