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
        ),
        Field::optional("email", FieldType::Text { max: 127 }),
        Field::optional("external_id", SHORT),
        Field::optional("profile", FieldType::Opaque),
        Field::optional("is_joinable", FieldType::Boolean),
        Field::optional("default_persona", FieldType::Opaque),
        Field::optional("labels", FieldType::Opaque),
    ],
    facets: &[Facet::Owners, Facet::Domains, Facet::Tags],
    relations: &[relation::MEMBER, relation::UNDER_TEAM, relation::DEFAULT_ROLE, relation::HAS_POLICY],
    inherits_silently: &[relation::OWNER],
    access: true,
    rules: &[Rule::TeamTree, Rule::LastingTeam],
    sample: || json!({"team_type": "Group"}),
    ..PLAIN
};
