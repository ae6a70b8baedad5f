//! A vocabulary of business terms.

use serde_json::json;

use super::shared::*;

pub const GLOSSARY: KindDef = KindDef {
    name: "glossary",
    parents: &["domain"],
    fields: &[
        PROVIDER,
        // Disabled glossaries can be deleted, and their terms cannot be newly attached.
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        ENTITY_STATUS,
        Field::optional("namespaces", FieldType::Opaque).told(),
        Field::optional("usage_restrictions", FieldType::Texts { max: 128 }).told(),
    ],
    facets: &[
        Facet::Owners,
        Facet::OwningTeam,
        Facet::Reviewers,
        Facet::Domains,
        Facet::Tags,
        Facet::Votes,
        Facet::Extension,
    ],
    inherits_from: Origin::Domains,
    inherits_silently: &[relation::OWNER],
    stewarded: true,
    rules: &[Rule::NamedByPolicies, Rule::PersonalLabels],
    sample: || json!({}),
    ..PLAIN
};
