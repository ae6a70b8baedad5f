//! One version of the page that greets the readers of a product.

use serde_json::json;

use super::shared::*;

pub const FRONT_PAGE: KindDef = KindDef {
    name: "front_page",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("title", FieldType::Text { max: 200 }).told(),
        Field::optional("subtitle", FieldType::Text { max: 1_000 }).told(),
        Field::optional("markdown", FieldType::Text { max: 20_000 }).told(),
        Field::optional("suggested_questions", FieldType::Opaque).told(),
        Field::optional("kpis", FieldType::Opaque).told(),
        Field::optional("theme", FieldType::Opaque).told(),
        // Counted per product from 1.
        Field::required("version", FieldType::Integer).told().fixed(),
    ],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::KeepsName,
    sample: || json!({"title": "Sales", "version": 1}),
    ..PLAIN
};
