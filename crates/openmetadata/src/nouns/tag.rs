//! Tags of a classification.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct};

use crate::asset_relation::labels;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, counted, directly_under, sent, shown, under};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Counted, FilterBy};

/// What a recogniser looks for is the classifier's affair.
static RECOGNIZER: Struct = Struct {
    name: "Recognizer",
    open: true,
    members: &[
        Member::required("name", emporion_edge::shape::TEXT),
        Member::required("recognizerConfig", Shape::Object),
    ],
};
pub const NOUN: NounDef = NounDef {
    kind: kinds::TAG,
    entity_type: "tag",
    collection: "tags",
    tag: "Tags",
    members: &[&[
        has::DESCRIPTION,
        directly_under("parent", "tag").filtered(FilterBy::Ancestor(&["classification", "tag"])),
        under("classification", "classification").loosely(),
        has::STYLE,
        computed(references("children")).gated().fixed(),
        counted("usageCount", Counted::ToAnyBelow("tagged")),
        shown(boolean("deprecated")),
        // Kept, although the entity has no member that shows them.
        sent(Member::optional("associatedTags", TEXTS)),
        has::PROVIDER,
        has::DISABLED.filtered(FilterBy::Flag("disabled")),
        has::MUTUALLY_EXCLUSIVE,
        has::DOMAINS,
        has::IN_DATA_PRODUCTS,
        has::DATA_CONTRACT,
        has::OWNERS,
        has::REVIEWERS,
        has::ENTITY_STATUS,
        both(Member::optional("recognizers", list_of!(RECOGNIZER))).named(),
        both(boolean("autoClassificationEnabled")),
        both(integer("autoClassificationPriority")),
    ]],
    assets: &[labels([
        "Put a tag on assets",
        "Take a tag off assets",
        "List what a tag is put on",
        "List what a tag is put on",
    ])],
    rename: true,
    ..PLAIN
};
