//! An asset that is nothing more specific: known by its type and its forms.

use serde_json::json;

use super::shared::*;

pub const ASSET: KindDef = KindDef {
    name: "asset",
    parents: &["domain"],
    parent_required: true,
    fields: &[
        Field::optional("external_identifier", FieldType::Text { max: 600 }).told().content(),
        Field::optional("type_name", FieldType::Text { max: 513 }).told(),
        Field::optional("type_revision", FieldType::Text { max: 64 }).told(),
        SOURCE_URL,
    ],
    facets: &[
        Facet::Owners,
        Facet::OwningTeam,
        Facet::Domains,
        Facet::Tags,
        Facet::Lineage,
        Facet::Followers,
        Facet::Votes,
        Facet::Extension,
        Facet::Forms,
    ],
    relations: &[relation::OF_TYPE],
    inherits_from: Origin::Domains,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    asset: Asset::Item,
    stewarded: true,
    sample: || json!({}),
    ..PLAIN
};
