//! A data product: assets, ports and their meaning, offered within a domain.

use serde_json::json;

use super::shared::*;

pub const DATA_PRODUCT: KindDef = KindDef {
    name: "data_product",
    parents: &["domain"],
    parent_required: true,
    fields: &[
        STYLE,
        Field::optional("lifecycle_stage", SHORT),
        Field::optional("data_product_type", SHORT),
        // Whom the product is meant for; a statement, not a right.
        Field::optional("audience", SHORT),
        Field::optional("portfolio_priority", SHORT),
        Field::optional("sla", FieldType::Opaque),
        Field::optional("consumes_from", FieldType::Opaque),
        Field::optional("provides_to", FieldType::Opaque),
        CERTIFICATION,
        ENTITY_STATUS,
        // Settings of the question-answering side; no part of a version.
        Field::optional("web_search_enabled", FieldType::Boolean).setting(),
        Field::optional("skills_enabled", FieldType::Boolean).setting(),
        Field::optional("llm_enabled", FieldType::Boolean).setting(),
        // It is composed of others, or will be.
        Field::optional("composite", FieldType::Boolean).setting(),
        Field::optional("deployed_at", FieldType::Millis).setting(),
        Field::optional("deployed_by", FieldType::Text { max: 36 }).setting(),
        // The stewards who have the rows, where no team was named; the core's to set.
        Field::optional(crate::relation::STEWARDS, FieldType::Text { max: 36 }).silent(),
    ],
    facets: &[
        Facet::Owners,
        Facet::OwningTeam,
        Facet::Experts,
        Facet::Reviewers,
        Facet::Domains,
        Facet::Tags,
        Facet::Lineage,
        Facet::Followers,
        Facet::Votes,
        Facet::Extension,
        Facet::Forms,
    ],
    relations: &[
        relation::HAS_ASSET,
        relation::ITEM_TERM,
        relation::INPUT_PORT,
        relation::OUTPUT_PORT,
        relation::SERVED_BY,
        relation::USES_SKILL,
        relation::EDITOR,
        relation::VIEWER,
    ],
    on_delete: OnDelete::FreesName,
    stewarded: true,
    rules: &[Rule::HomeDomain, Rule::OwningTeam, Rule::Ports, Rule::ItemTerms, Rule::Lending, Rule::ExternalId],
    sample: || json!({}),
    ..PLAIN
};
