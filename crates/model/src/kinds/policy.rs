//! Rules that allow or deny operations.

use serde_json::json;

use super::shared::*;

pub const POLICY: KindDef = KindDef {
    name: "policy",
    fields: &[
        Field::required("rules", FieldType::Opaque).told(),
        Field::optional("enabled", FieldType::Boolean).told(),
        // The rules that it was made with, where every account has it from the start.
        Field::optional("seeded", FieldType::Opaque).silent(),
        PROVIDER,
        DISABLED,
        Field::optional("allow_delete", FieldType::Boolean).told(),
        Field::optional("allow_edit", FieldType::Boolean).told(),
        Field::optional("location", FieldType::Opaque).told(),
    ],
    facets: &[Facet::Owners, Facet::Domains],
    access: true,
    rules: &[Rule::SystemEntity, Rule::PolicyRules],
    sample: || json!({"rules": [{"name": "view", "effect": "allow", "resources": ["all"], "operations": ["ViewAll"]}]}),
    ..PLAIN
};
