//! One version of what the answering side is told about a product.

use serde_json::json;

use super::shared::*;

pub const SYSTEM_PROMPT: KindDef = KindDef {
    name: "system_prompt",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("content", FieldType::Text { max: 32_768 }).told().fixed(),
        // Counted per product from 1.
        Field::required("version", FieldType::Integer).told().fixed(),
        // It was stored for later: it does not become the active one by being the newest.
        Field::optional("shelved", FieldType::Boolean).told().fixed(),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::KeepsName,
    sample: || json!({"content": "Amounts are in EUR.", "version": 1}),
    ..PLAIN
};
