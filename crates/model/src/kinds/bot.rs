//! A bot: the name under which a program's user is known.

use serde_json::json;

use super::shared::*;

pub const BOT: KindDef = KindDef {
    name: "bot",
    fields: &[PROVIDER, Field::optional("allow_impersonation", FieldType::Boolean).told()],
    facets: &[Facet::Domains],
    relations: &[relation::BOT_USER],
    access: true,
    rules: &[Rule::SystemEntity, Rule::BotUser],
    sample: || json!({}),
    ..PLAIN
};
