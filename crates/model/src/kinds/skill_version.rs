//! One version of a skill, which never changes.

use serde_json::json;

use super::shared::*;
use super::skill::CONTENT;

pub const SKILL_VERSION: KindDef = KindDef {
    name: "skill_version",
    parents: &["skill"],
    parent_required: true,
    fields: &[CONTENT[0].fixed(), CONTENT[1].fixed()],
    part: true,
    shown: true,
    naming: Naming::ById,
    on_delete: OnDelete::FreesName,
    sample: || json!({"prompt": "Top {n} customers", "version": 1}),
    ..PLAIN
};
