//! The text of a document, in pieces that can be quoted.

use serde_json::json;

use super::shared::*;

pub const DOCUMENT_PASSAGES: KindDef = KindDef {
    name: "document_passages",
    parents: &["data_product"],
    parent_required: true,
    fields: &[Field::required(
        "passages",
        FieldType::Structs(&[
            Field::required("text", PROSE),
            // The heading that it stands under, or the page that it stands on.
            Field::optional("heading", SHORT),
            Field::optional("page", FieldType::Integer),
        ]),
    )
    .fixed()],
    part: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"passages": [{"text": "Amounts are in EUR.", "heading": "Currency"}]}),
    ..PLAIN
};
