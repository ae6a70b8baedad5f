//! A tenant: the owner of every other record, never listed through a dialect.

use serde_json::json;

use super::shared::*;

pub const ACCOUNT: KindDef = KindDef {
    name: "account",
    fields: &[
        // The id of the domain that takes what names no domain.
        Field::optional("default_domain", FieldType::Text { max: 36 }),
    ],
    access: true,
    rules: &[Rule::AccountName],
    sample: || json!({}),
    ..PLAIN
};
