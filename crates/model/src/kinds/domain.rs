//! A domain or, below another one, a sub-domain.

use serde_json::json;

use super::shared::*;

pub const DOMAIN: KindDef = KindDef {
    name: "domain",
    parents: &["domain"],
    fields: &[
        Field::required("domain_type", FieldType::Choice(&["Source-aligned", "Consumer-aligned", "Aggregate"])).told(),
        STYLE,
        CERTIFICATION,
        ENTITY_STATUS,
        // What a cloud dialect keeps of a top domain, echoed and otherwise without effect.
        Field::optional("execution_role", SHORT).told(),
        Field::optional("service_role", SHORT).told(),
        Field::optional("encryption_key", SHORT).told(),
        Field::optional("sign_on", FieldType::Opaque).told(),
        Field::optional("domain_version", FieldType::Choice(&["V1", "V2"])).told(),
        Field::optional("labels", FieldType::Opaque).told(),
    ],
    facets: &[Facet::Owners, Facet::Experts, Facet::Tags, Facet::Followers, Facet::Votes, Facet::Extension],
    relations: &[relation::CERTIFIED_BY, relation::STEWARD],
    on_delete: OnDelete::FreesName,
    stewarded: true,
    // Glossaries and teams stand below it, and are named with it.
    rules: &[Rule::DefaultDomain, Rule::StewardTeam, Rule::Rehome, Rule::Lending, Rule::NamedByPolicies],
    sample: || json!({"domain_type": "Aggregate"}),
    ..PLAIN
};
