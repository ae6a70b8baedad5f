//! Glossaries.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::members::*;
use crate::noun::{Count, Counted, Filter, FilterBy, Noun, Parentage};

pub static CREATE: Struct = Struct {
    name: "CreateGlossary",
    open: false,
    members: &[
        NAME,
        DESCRIPTION_REQUIRED,
        DISPLAY_NAME,
        REVIEWERS_INPUT,
        OWNERS_INPUT,
        TAGS_INPUT,
        PROVIDER,
        MUTUALLY_EXCLUSIVE,
        DOMAINS_INPUT,
        EXTENSION,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Glossary",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        DISPLAY_NAME,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        REVIEWERS,
        OWNERS,
        count("usageCount"),
        TAGS,
        count("termCount"),
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        DOMAINS,
        DATA_PRODUCTS,
        DATA_CONTRACT,
        VOTES,
        EXTENSION,
        ENTITY_STATUS,
        Member::optional("namespaces", list(&Shape::Object)),
    ],
};

pub const NOUN: Noun = Noun {
    kind: "glossary",
    entity_type: "glossary",
    collection: "glossaries",
    tag: "Glossaries",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "owners",
        "tags",
        "reviewers",
        "usageCount",
        "termCount",
        "domains",
        "dataProducts",
        "extension",
        "votes",
    ],
    always: &[],
    filters: &[Filter { name: "domain", by: FilterBy::Domain }],
    // A glossary that came into being through another door may stand under a domain.
    place: Parentage::Root,
    ancestors: &[],
    references: &[REVIEWERS_REF, OWN_OWNERS_REF, TAGS_REF, OWN_DOMAINS_REF, DATA_PRODUCTS_REF, VOTES_REF],
    counts: &[
        Count { member: "termCount", of: Counted::Below("glossary_term") },
        Count { member: "usageCount", of: Counted::ToAnyBelow("tagged") },
    ],
    computed: &["dataContract"],
    request_only: &[],
    protected: &["provider", "votes", "dataProducts", "namespaces"],
    domain_echo: None,
    soft_delete: true,
    rename: true,
    moves: false,
};
