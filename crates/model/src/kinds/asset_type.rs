//! A type of asset: which forms its assets carry.

use serde_json::json;

use super::shared::*;

pub const ASSET_TYPE: KindDef = KindDef {
    name: "asset_type",
    parents: &["domain"],
    parent_required: true,
    fields: &[
        // `{formName: {type, revision, required, older}}`
        Field::optional("form_slots", FieldType::Opaque).told().content(),
    ],
    facets: &[Facet::OwningTeam],
    relations: &[relation::USES_FORM],
    on_delete: OnDelete::FreesName,
    stewarded: true,
    sample: || json!({"form_slots": {}}),
    ..PLAIN
};
