//! The bytes of a document, apart from what is said of it, so that lists and versions do not carry them.

use serde_json::json;

use super::shared::*;

/// What a document may hold, in base64.
const MAX_BASE64: usize = 36_000_000;

pub const DOCUMENT_CONTENT: KindDef = KindDef {
    name: "document_content",
    parents: &["data_product"],
    parent_required: true,
    fields: &[Field::required("data", FieldType::Text { max: MAX_BASE64 }).fixed()],
    part: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"data": "aGVsbG8="}),
    ..PLAIN
};
