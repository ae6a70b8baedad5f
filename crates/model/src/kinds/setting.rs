//! What an account has set for one of the interfaces, under the name that this gives it. A part of the account: its
//! administrators see and change it.

use serde_json::json;

use super::shared::*;

pub const VALUE: &str = "value";

pub const SETTING: KindDef = KindDef {
    name: "setting",
    parents: &["account"],
    parent_required: true,
    // Without its secrets, which are sealed elsewhere.
    fields: &[Field::required(VALUE, FieldType::Opaque).with_secrets(BoundTo::Field)],
    part: true,
    on_delete: OnDelete::FreesName,
    most: Some(100),
    sample: || json!({"value": {"upstreamDepth": 2}}),
    ..PLAIN
};
