//! What somebody wants to be told of, and by which way: a topic that is named nowhere stands in his inbox alone.

use serde_json::json;

use super::shared::*;

/// Topics, each in the lists of the ways by which it is told. Of those in the first the inbox says nothing.
pub const UNTOLD: &str = "untold";
pub const MAILED: &str = "mailed";
pub const CHATTED: &str = "chatted";
/// In which language, and by the clocks of which time zone.
pub const LANGUAGE: &str = "language";
pub const TIME_ZONE: &str = "time_zone";
/// A chat service's own address for him, which is a secret: what the service is, and the address.
pub const CHAT: &str = "chat";

const TOPIC: FieldType = FieldType::Texts { max: 32 };

pub const NOTICE_CHOICE: KindDef = KindDef {
    name: "notice_choice",
    parents: &["user"],
    parent_required: true,
    fields: &[
        Field::optional(UNTOLD, TOPIC),
        Field::optional(MAILED, TOPIC),
        Field::optional(CHATTED, TOPIC),
        Field::optional(LANGUAGE, FieldType::Text { max: 8 }),
        Field::optional(TIME_ZONE, FieldType::Text { max: 64 }),
        Field::optional(CHAT, FieldType::Opaque).with_secrets(BoundTo::Field),
    ],
    part: true,
    personal: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"mailed": ["products"]}),
    ..PLAIN
};
