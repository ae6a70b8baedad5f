//! One product as a part of another one, which shows its tables under an alias.

use serde_json::json;

use super::shared::*;

pub const COMPOSITION: KindDef = KindDef {
    name: "composition",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        // The edge follows it; the text stays when the other product goes.
        Field::required("source_data_product_id", FieldType::Text { max: 36 }).told(),
        Field::required("alias", FieldType::Text { max: 50 }).told(),
        // Which data sets and metrics are taken over; everything where it is absent.
        Field::optional("include", FieldType::Opaque).told(),
    ],
    relations: &[relation::COMPOSED_OF],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"source_data_product_id": "019a", "alias": "sales"}),
    ..PLAIN
};
