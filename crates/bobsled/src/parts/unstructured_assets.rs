//! Unstructured assets: documents that belong to a product, with the passages that can be quoted from them.

mod content;
mod create;
mod document;
mod shapes;
mod update;

use emporion_edge::shape::Shape;
use http::Method;
use serde_json::{Map, Value, json};

use self::shapes::{ANSWER, CREATE, FORM, OBJECT, PASSAGES, UPDATE};
use super::item::Item;
use super::part::{Life, Owned, PLAIN, Part, Tally, Verb};
use crate::operation::{Operation, Root};
use crate::shapes::common::{BYTES, CURSOR, IDEMPOTENCY_KEY, IF_MATCH, INCLUDE_TOTAL, LIMIT};

/// The fields that name the records of a document's bytes and of its passages.
const CONTENT: &str = "content_id";
pub const PASSAGES_ID: &str = "passages_id";

pub static PART: Part = Part {
    kind: "unstructured_asset",
    word: "unstructured_assets",
    section: "Unstructured Assets",
    folder: "unstructured-assets",
    label: "unstructuredAssetId",
    one: "unstructuredAsset",
    many: "unstructuredAssets",
    noun: "unstructured asset",
    nouns: "unstructured assets",
    life: Life::Staged,
    // They are made of files, and changed but for those.
    verbs: &[Verb::List, Verb::Get, Verb::Delete],
    create: &CREATE,
    object: &OBJECT,
    search: &["display_name", "description"],
    owns: &[
        Owned { field: CONTENT, kind: "document_content" },
        Owned { field: PASSAGES_ID, kind: "document_passages" },
    ],
    count,
    rows,
    ..PLAIN
};

/// The rows that have no twins among other parts.
fn rows() -> Vec<Operation> {
    const FORMS: &[(&str, Shape)] = &[("multipart/form-data", Shape::Struct(&FORM))];
    const DOWNLOAD: &[(&str, Shape)] = &[("*/*", BYTES)];
    const LIST: &str = "/{dataProductId}/unstructured-assets";
    const ITEM: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}";
    const BYTES_OF: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}/content";
    const PASSAGES_OF: &str = "/{dataProductId}/unstructured-assets/{unstructuredAssetId}/passages";
    let row = |method: Method, path: &'static str, name: &'static str, summary: &'static str| {
        Operation::new(method, Root::Products, path, name, summary).section(PART.section)
    };
    let create = row(Method::POST, LIST, "unstructuredAssets_create", "Add a document to a {product}")
        .with(&[IDEMPOTENCY_KEY])
        .takes(&CREATE)
        .also_takes(FORMS)
        .gives(&ANSWER)
        .errors(&[404, 409, 413, 415, 422]);
    vec![
        Operation { ok: &[202], ..create }.by(create::create),
        row(Method::PATCH, ITEM, "unstructuredAssets_update", "Change what is said of an unstructured asset")
            .with(&[IF_MATCH])
            .takes(&UPDATE)
            .gives(&ANSWER)
            .errors(&[404, 409, 412, 415, 422])
            .by(update::update),
        row(Method::GET, BYTES_OF, "unstructuredAssets_content", "Download an unstructured asset")
            .also_gives(DOWNLOAD)
            .by(content::download),
        row(Method::GET, PASSAGES_OF, "unstructuredAssets_passages", "List the passages of an unstructured asset")
            .with(&[LIMIT, CURSOR, INCLUDE_TOTAL])
            .gives(&PASSAGES)
            .by(content::passages),
    ]
}

fn count(_: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
    counters.insert("unstructuredAssets".to_owned(), json!({"promoted": tally.promoted, "deleted": tally.deleted}));
}

#[cfg(test)]
#[path = "unstructured_assets/tests.rs"]
mod tests;
