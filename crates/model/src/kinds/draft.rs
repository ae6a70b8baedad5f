//! A part of a product that is not deployed yet; seen only by those who edit the product.

use serde_json::json;

use super::shared::*;

pub const DRAFT: KindDef = KindDef {
    name: "draft",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        // Which list of the product the part belongs to (`data_assets`).
        Field::required("part", FieldType::Text { max: 64 }).told(),
        // `new`, `edit` or `delete`.
        Field::required("intent", FieldType::Choice(&["new", "edit", "delete"])).told(),
        Field::optional("content", FieldType::Opaque),
        // Who named what the part is about, where that decides about rights.
        Field::optional("added_by", FieldType::Text { max: 36 }),
        // What he meant by it: the record, where there was one, and the service in which it was looked for.
        Field::optional("meant", FieldType::Text { max: 36 }),
        Field::optional("meant_in", FieldType::Text { max: 36 }),
    ],
    part: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"part": "data_assets", "intent": "new"}),
    ..PLAIN
};
