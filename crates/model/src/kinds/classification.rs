//! A vocabulary of tags.

use serde_json::json;

use super::shared::*;

pub const CLASSIFICATION: KindDef = KindDef {
    name: "classification",
    fields: &[
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        Field::optional("auto_classification_config", FieldType::Opaque).told(),
        ENTITY_STATUS,
    ],
    facets: &[Facet::Owners, Facet::Reviewers, Facet::Domains],
    stewarded: true,
    rules: &[Rule::SystemEntity, Rule::NamedByPolicies],
    sample: || json!({}),
    ..PLAIN
};
