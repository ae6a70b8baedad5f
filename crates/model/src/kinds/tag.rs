//! A tag of a classification.

use serde_json::json;

use super::shared::*;

pub const TAG: KindDef = KindDef {
    name: "tag",
    parents: &["classification", "tag"],
    parent_required: true,
    fields: &[
        STYLE,
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        Field::optional("deprecated", FieldType::Boolean).told(),
        Field::optional("associated_tags", FieldType::Opaque).told(),
        Field::optional("recognizers", FieldType::Opaque).told(),
        Field::optional("auto_classification_enabled", FieldType::Boolean).told(),
        Field::optional("auto_classification_priority", FieldType::Integer).told(),
        ENTITY_STATUS,
    ],
    facets: &[Facet::Owners, Facet::Reviewers, Facet::Domains],
    stewarded: true,
    rules: &[Rule::SystemEntity, Rule::NamedByPolicies, Rule::PersonalLabels],
    sample: || json!({}),
    ..PLAIN
};
