//! A team; a team of type Group that stands in a domain is a project there.

use serde_json::json;

use super::shared::*;

pub const TEAM: KindDef = KindDef {
    name: "team",
    parents: &["domain"],
    fields: &[
        Field::optional(
            "team_type",
            FieldType::Choice(&["Group", "Department", "Division", "BusinessUnit", "Organization"]),
        )
        .told(),
        Field::optional("email", FieldType::Text { max: 127 }).told(),
        Field::optional("external_id", SHORT).told(),
        Field::optional("profile", FieldType::Opaque).told(),
        Field::optional("is_joinable", FieldType::Boolean).told(),
        Field::optional("default_persona", FieldType::Opaque).told(),
        Field::optional("labels", FieldType::Opaque).told(),
    ],
    facets: &[Facet::Owners, Facet::Domains, Facet::Tags],
    relations: &[relation::MEMBER, relation::UNDER_TEAM, relation::DEFAULT_ROLE, relation::HAS_POLICY],
    inherits_silently: &[relation::OWNER],
    access: true,
    rules: &[Rule::TeamTree, Rule::LastingTeam, Rule::TeamMembership, Rule::NamedByPolicies],
    sample: || json!({"team_type": "Group"}),
    ..PLAIN
};
