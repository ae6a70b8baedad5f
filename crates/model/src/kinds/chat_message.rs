//! One message of a conversation; the user's, or the answer to it.

use serde_json::json;

use super::shared::*;

pub const CHAT_MESSAGE: KindDef = KindDef {
    name: "chat_message",
    parents: &["chat_thread"],
    parent_required: true,
    fields: &[
        Field::required("role", FieldType::Choice(&["user", "assistant"])).told().fixed(),
        Field::required("text", PROSE).fixed(),
        // The whole answer, but for its rows.
        Field::optional("answer", FieldType::Opaque).fixed(),
        // What became of the question, by which those who mend the product find it; absent in what was stored before.
        Field::optional("status", FieldType::Text { max: 32 }).told().fixed(),
        // It was answered once somebody had chosen between readings.
        Field::optional("chosen", FieldType::Boolean).fixed(),
        // What the asker says of the answer.
        Field::optional("feedback", FieldType::Choice(&["helpful", "wrong"])),
        Field::optional("feedback_comment", FieldType::Text { max: 2_000 }),
        Field::optional("feedback_at", FieldType::Millis),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"role": "user", "text": "What did we sell?"}),
    ..PLAIN
};
