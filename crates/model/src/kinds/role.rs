//! A named bundle of policies.

use serde_json::json;

use super::shared::*;

pub const ROLE: KindDef = KindDef {
    name: "role",
    fields: &[
        PROVIDER,
        DISABLED,
        Field::optional("allow_delete", FieldType::Boolean).told(),
        Field::optional("allow_edit", FieldType::Boolean).told(),
    ],
    facets: &[Facet::Domains],
    relations: &[relation::HAS_POLICY],
    access: true,
    rules: &[Rule::SystemEntity, Rule::PolicyRules, Rule::NamedByPolicies],
    sample: || json!({}),
    ..PLAIN
};
