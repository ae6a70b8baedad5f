//! A skill of the account: a command, and what it stands for. It holds the content of its newest version.

use serde_json::json;

use super::shared::*;

/// What a skill and each of its versions say. Their name is the command.
pub const CONTENT: [Field; 2] = [
    Field::required("prompt", FieldType::Text { max: 32_768 }).told(),
    // Counted per skill from 1.
    Field::required("version", FieldType::Integer).told(),
];

pub const SKILL: KindDef = KindDef {
    name: "skill",
    fields: &[
        CONTENT[0],
        CONTENT[1],
        // The record of that version.
        Field::required("version_id", FieldType::Text { max: 36 }).told(),
        // The highest number that was ever given.
        Field::required("highest", FieldType::Integer).told(),
    ],
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"prompt": "Top {n} customers", "version": 1, "version_id": "v", "highest": 1}),
    ..PLAIN
};
