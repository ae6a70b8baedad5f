//! Classifications: groups of tags.

use emporion_edge::shape::Struct;

use crate::members::*;
use crate::noun::{Count, Counted, Filter, FilterBy, Noun, Parentage};

pub static CREATE: Struct = Struct {
    name: "CreateClassification",
    open: false,
    members: &[
        NAME,
        DESCRIPTION_REQUIRED,
        DISPLAY_NAME,
        PROVIDER,
        MUTUALLY_EXCLUSIVE,
        DOMAINS_INPUT,
        OWNERS_INPUT,
        REVIEWERS_INPUT,
        object("autoClassificationConfig"),
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Classification",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        DISPLAY_NAME,
        VERSION,
        count("termCount"),
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        count("usageCount"),
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        DOMAINS,
        OWNERS,
        REVIEWERS,
        ENTITY_STATUS,
        object("autoClassificationConfig"),
    ],
};

pub const NOUN: Noun = Noun {
    kind: "classification",
    entity_type: "classification",
    collection: "classifications",
    tag: "Classifications",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["usageCount", "termCount", "domains", "owners", "reviewers", "autoClassificationConfig"],
    always: &["autoClassificationConfig"],
    filters: &[
        Filter { name: "disabled", by: FilterBy::Flag("disabled") },
        Filter { name: "domain", by: FilterBy::Domain },
    ],
    place: Parentage::Root,
    ancestors: &[],
    references: &[OWN_DOMAINS_REF, OWN_OWNERS_REF, REVIEWERS_REF],
    counts: &[
        Count { member: "termCount", of: Counted::Below("tag") },
        Count { member: "usageCount", of: Counted::ToAnyBelow("tagged") },
    ],
    computed: &[],
    request_only: &[],
    protected: &["provider"],
    domain_echo: None,
    soft_delete: true,
    rename: true,
    moves: false,
};
