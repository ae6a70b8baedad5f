//! A data product: assets, ports and their meaning, offered within a domain.

use serde_json::json;

use super::shared::*;

pub const TYPES: &[&str] = &[
    "RAW_DATA",
    "DERIVED_DATA",
    "DATASET",
    "REPORTS",
    "ANALYTIC_VIEW",
    "VISUALISATION_3D",
    "ALGORITHM",
    "DECISION_SUPPORT",
    "AUTOMATED_DECISION_MAKING",
    "DATA_ENHANCED_PRODUCT",
    "DATA_DRIVEN_SERVICE",
    "DATA_ENABLED_PERFORMANCE",
    "BI_DIRECTIONAL",
];
pub const STAGES: &[&str] = &["IDEATION", "DESIGN", "DEVELOPMENT", "TESTING", "PRODUCTION", "DEPRECATED", "RETIRED"];
pub const AUDIENCES: &[&str] = &["PRIVATE", "INVITATION", "ORGANISATION", "DATASPACE", "PUBLIC"];
pub const PRIORITIES: &[&str] = &["CRITICAL", "HIGH", "MEDIUM", "LOW"];
pub const TIERS: &[&str] = &["GOLD", "SILVER", "BRONZE", "CUSTOM"];

const PERCENT: FieldType = FieldType::Within { min: 0.0, max: 100.0 };
const SLA: FieldType = FieldType::Struct(&[
    Field::optional("tier", FieldType::Choice(TIERS)),
    Field::optional("availability", PERCENT),
    Field::optional("response_time", FieldType::Count),
    Field::optional("data_freshness", FieldType::Count),
    Field::optional("data_quality", PERCENT),
]);

pub const DATA_PRODUCT: KindDef = KindDef {
    name: "data_product",
    parents: &["domain"],
    parent_required: true,
    fields: &[
        STYLE,
        Field::optional("lifecycle_stage", SHORT).told().formed(FieldType::Choice(STAGES)),
        Field::optional("data_product_type", SHORT).told().formed(FieldType::Choice(TYPES)),
        // Whom the product is meant for; a statement, not a right.
        Field::optional("audience", SHORT).told().formed(FieldType::Choice(AUDIENCES)),
        Field::optional("portfolio_priority", SHORT).told().formed(FieldType::Choice(PRIORITIES)),
        Field::optional("sla", FieldType::Opaque).told().formed(SLA),
        Field::optional("consumes_from", FieldType::Opaque).told().formed(REFERENCES),
        Field::optional("provides_to", FieldType::Opaque).told().formed(REFERENCES),
        CERTIFICATION,
        ENTITY_STATUS,
        // Settings of the question-answering side; no part of a version.
        Field::optional("web_search_enabled", FieldType::Boolean).told().setting(),
        Field::optional("skills_enabled", FieldType::Boolean).told().setting(),
        Field::optional("llm_enabled", FieldType::Boolean).told().setting(),
        // It is composed of others, or will be.
        Field::optional("composite", FieldType::Boolean).told().setting(),
        Field::optional("deployed_at", FieldType::Millis).told().setting(),
        Field::optional("deployed_by", FieldType::Text { max: 36 }).told().setting(),
        // The stewards who have the rows, where no team was named; the core's to set.
        Field::optional(crate::relation::STEWARDS, FieldType::Text { max: 36 }).silent(),
        // What held back those whose roles have ended; the core's to set.
        Field::optional(crate::relation::KEPT_FILTERS, FieldType::Opaque).silent(),
        // How its tables refer to each other, by its live models; who writes these sets it.
        Field::optional(crate::relation::MODEL_LINKS, FieldType::Opaque).silent(),
        // What of columns is masked from those who have a role; which users bring, the edges of their roles say.
        Field::optional(crate::relation::ROLE_MASKS, FieldType::Opaque).setting(),
        // What its members follow, beside those that are added by hand.
        Field::optional(crate::relation::MEMBER_QUERY, FieldType::Text { max: 2_000 }).setting(),
        Field::optional(crate::relation::MEMBERS_KEPT, FieldType::Opaque).silent(),
        Field::optional(crate::relation::MEMBERS_FOLLOW, FieldType::Choice(&["query"])).silent().listed(),
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
        relation::CERTIFIED_BY,
        relation::HAS_ASSET,
        relation::ITEM_TERM,
        relation::INPUT_PORT,
        relation::OUTPUT_PORT,
        relation::SERVED_BY,
        relation::USES_SKILL,
        relation::EDITOR,
        relation::VIEWER,
        relation::HELD_BACK,
        relation::REFERS_BEYOND,
    ],
    series: &[observation::READINGS],
    inherits_from: Origin::Domains,
    on_delete: OnDelete::FreesName,
    stewarded: true,
    rules: &[
        Rule::HomeDomain,
        Rule::OwningTeam,
        Rule::MemberQuery,
        Rule::Ports,
        Rule::ItemTerms,
        Rule::Lending,
        Rule::LastingFilters,
        Rule::ExternalId,
    ],
    sample: || json!({}),
    ..PLAIN
};
