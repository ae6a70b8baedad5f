//! Classifications: groups of tags.

use emporion_catalog::kinds;

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, counted};
use crate::has;
use crate::members::object;
use crate::noun::{Counted, FilterBy};

pub const NOUN: NounDef = NounDef {
    kind: kinds::CLASSIFICATION,
    entity_type: "classification",
    collection: "classifications",
    tag: "Classifications",
    members: &[&[
        has::DESCRIPTION,
        counted("termCount", Counted::Below("tag")),
        counted("usageCount", Counted::ToAnyBelow("tagged")),
        has::PROVIDER,
        has::DISABLED.filtered(FilterBy::Flag("disabled")),
        has::MUTUALLY_EXCLUSIVE,
        has::OWN_DOMAINS,
        has::OWNERS,
        has::REVIEWERS,
        has::ENTITY_STATUS,
        both(object("autoClassificationConfig")).named(),
    ]],
    rename: true,
    ..PLAIN
};
