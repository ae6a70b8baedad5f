//! A business term.

use serde_json::json;

use super::shared::*;

pub const MAPPINGS: &[&str] =
    &["EXACT_MATCH", "CLOSE_MATCH", "BROAD_MATCH", "NARROW_MATCH", "RELATED_MATCH", "SAME_AS"];

const REFERENCE: &[Field] = &[Field::optional("name", SHORT), Field::optional("endpoint", URL)];
const MAPPING: &[Field] = &[
    Field::required("concept_iri", URL),
    Field::required("mapping_type", FieldType::Choice(MAPPINGS)),
    Field::optional("scheme_iri", URL),
    Field::optional("source", SHORT),
];

pub const GLOSSARY_TERM: KindDef = KindDef {
    name: "glossary_term",
    parents: &["glossary", "glossary_term"],
    parent_required: true,
    fields: &[
        // The short description; `description` is the long one.
        Field::optional("summary", SHORT).told().content(),
        STYLE,
        Field::optional("iri", SHORT).told().formed(URL),
        Field::optional("synonyms", FieldType::Texts { max: 4_096 }).told().formed(FieldType::Filled),
        Field::optional("references", FieldType::Opaque).told().formed(FieldType::Structs(REFERENCE)),
        Field::optional("concept_mappings", FieldType::Opaque).told().formed(FieldType::Structs(MAPPING)),
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        ENTITY_STATUS,
    ],
    facets: &[
        Facet::Owners,
        Facet::Reviewers,
        Facet::Domains,
        Facet::Tags,
        Facet::Followers,
        Facet::Votes,
        Facet::Extension,
    ],
    relations: &[relation::RELATED_TERM, relation::IS_A, relation::CLASSIFIES],
    stewarded: true,
    rules: &[Rule::TermCycle, Rule::NamedByPolicies, Rule::PersonalLabels],
    sample: || json!({}),
    ..PLAIN
};
