//! One version of the page that greets the readers of a product.

use serde_json::json;

use super::shared::*;

pub const FRONT_PAGE: KindDef = KindDef {
    name: "front_page",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("title", FieldType::Text { max: 200 }),
        Field::optional("subtitle", FieldType::Text { max: 1_000 }),
        Field::optional("markdown", FieldType::Text { max: 20_000 }),
        Field::optional("suggested_questions", FieldType::Opaque),
        Field::optional("kpis", FieldType::Opaque),
        Field::optional("theme", FieldType::Opaque),
        // Counted per product from 1.
        Field::required("version", FieldType::Integer).fixed(),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::KeepsName,
    sample: || json!({"title": "Sales", "version": 1}),
    ..PLAIN
};
