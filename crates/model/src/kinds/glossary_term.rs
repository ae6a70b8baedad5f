//! A business term.

use serde_json::json;

use super::shared::*;

pub const GLOSSARY_TERM: KindDef = KindDef {
    name: "glossary_term",
    parents: &["glossary", "glossary_term"],
    parent_required: true,
    fields: &[
        // The short description; `description` is the long one.
        Field::optional("summary", SHORT).content(),
        STYLE,
        Field::optional("iri", SHORT),
        Field::optional("synonyms", FieldType::Texts { max: 4_096 }),
        Field::optional("references", FieldType::Opaque),
        Field::optional("concept_mappings", FieldType::Opaque),
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        ENTITY_STATUS,
    ],
    facets: &[Facet::Owners, Facet::Reviewers, Facet::Domains, Facet::Tags, Facet::Votes, Facet::Extension],
    relations: &[relation::RELATED_TERM, relation::IS_A, relation::CLASSIFIES],
    stewarded: true,
    rules: &[Rule::TermCycle, Rule::PersonalLabels],
    sample: || json!({}),
    ..PLAIN
};
