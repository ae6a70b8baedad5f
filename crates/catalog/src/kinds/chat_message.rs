//! One message of a conversation; the user's, or the answer to it.

use serde_json::json;

use super::shared::*;

pub const CHAT_MESSAGE: KindDef = KindDef {
    name: "chat_message",
    parents: &["chat_thread"],
    parent_required: true,
    fields: &[
        Field::required("role", FieldType::Choice(&["user", "assistant"])).fixed(),
        Field::required("text", PROSE).fixed(),
        // The whole answer, but for its rows.
        Field::optional("answer", FieldType::Opaque).fixed(),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"role": "user", "text": "What did we sell?"}),
    ..PLAIN
};
