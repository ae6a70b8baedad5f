//! A document that belongs to a product: what is said of it. What it holds are records of their own.

use serde_json::json;

use super::shared::*;

pub const UNSTRUCTURED_ASSET: KindDef = KindDef {
    name: "unstructured_asset",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("kind", FieldType::Choice(&["file", "text"])).told().fixed(),
        Field::required("media_type", FieldType::Text { max: 128 }).told().fixed(),
        Field::required("size_bytes", FieldType::Integer).told().fixed(),
        Field::required("sha256", FieldType::Text { max: 64 }).fixed(),
        Field::required("status", FieldType::Choice(&["ready", "failed"])).told().fixed(),
        // Why there are no passages.
        Field::optional("error", FieldType::Text { max: 1_000 }).told().fixed(),
        Field::required("chunk_count", FieldType::Integer).told().fixed(),
        Field::optional("tags", FieldType::Texts { max: 100 }).told(),
        // The records of its bytes and of its passages, which go when it goes.
        Field::required("content_id", FieldType::Text { max: 36 }).fixed(),
        Field::optional("passages_id", FieldType::Text { max: 36 }).fixed(),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || {
        json!({
            "kind": "text", "media_type": "text/plain", "size_bytes": 5, "sha256": "00", "status": "ready",
            "chunk_count": 1, "content_id": "019a",
        })
    },
    ..PLAIN
};
