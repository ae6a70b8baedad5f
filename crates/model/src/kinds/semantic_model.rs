//! What the tables of a product mean: their fields, how they relate, what is measured.

use serde_json::json;

use super::shared::*;

pub const SEMANTIC_MODEL: KindDef = KindDef {
    name: "semantic_model",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        // In the interchange format, whatever it was read from.
        Field::required("document", FieldType::Opaque),
        // The format that it was read from.
        Field::optional("source_format", FieldType::Text { max: 32 }).told(),
        // Columns of which somebody who held their rows has said that they tell of nobody: `[{table, column}]`.
        Field::optional("vouched", FieldType::Opaque),
        // Of each source whose samples it has, the tables that they were read of: `{source: [table]}`.
        Field::optional("sampled", FieldType::Opaque),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"document": {"semantic_model": [{"name": "sales", "datasets": []}]}}),
    ..PLAIN
};
