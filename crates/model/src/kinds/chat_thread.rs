//! A conversation of one user with a product.

use serde_json::json;

use super::shared::*;

pub const CHAT_THREAD: KindDef = KindDef {
    name: "chat_thread",
    parents: &["data_product"],
    parent_required: true,
    fields: &[
        Field::required("title", FieldType::Text { max: 200 }),
        // Whose it is: the one who made it.
        Field::required("user", FieldType::Text { max: 36 }).told().fixed().listed(),
        Field::optional("last_message_at", FieldType::Millis).told().setting(),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"title": "Sales by region", "user": "019a"}),
    ..PLAIN
};
