//! What is declared of unstructured assets, and what they do that other parts do not.

use serde_json::{Map, Value, json};

use super::shapes::{CREATE, OBJECT};
use crate::parts::item::Item;
use crate::parts::part::{Part, Tally};
use crate::parts::spec::{Life, Owned, PLAIN, Spec};

/// The fields that name the records of a document's bytes and of its passages.
pub const CONTENT: &str = "content_id";
pub const PASSAGES_ID: &str = "passages_id";

pub static SPEC: Spec = Spec {
    kind: "unstructured_asset",
    word: "unstructured_assets",
    one: "unstructuredAsset",
    many: "unstructuredAssets",
    noun: "unstructured asset",
    nouns: "unstructured assets",
    life: Life::Staged,
    create: &CREATE,
    object: &OBJECT,
    search: &["display_name", "description"],
    owns: &[
        Owned { field: CONTENT, kind: "document_content" },
        Owned { field: PASSAGES_ID, kind: "document_passages" },
    ],
    ..PLAIN
};

/// Documents of a product.
pub struct UnstructuredAssets;

impl Part for UnstructuredAssets {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn count(&self, _: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
        counters.insert("unstructuredAssets".to_owned(), json!({"promoted": tally.promoted, "deleted": tally.deleted}));
    }
}
