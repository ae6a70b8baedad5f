//! The schema of a metadata form, as the text that described it.

use serde_json::json;

use super::shared::*;

pub const FORM_TYPE: KindDef = KindDef {
    name: "form_type",
    parents: &["domain"],
    parent_required: true,
    fields: &[Field::required("model", FieldType::Text { max: 100_000 }).told().content(), DISABLED],
    facets: &[Facet::OwningTeam],
    on_delete: OnDelete::FreesName,
    stewarded: true,
    rules: &[Rule::FormText],
    sample: || json!({"model": "structure Sample { name: String }"}),
    ..PLAIN
};
