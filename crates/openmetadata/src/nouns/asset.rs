//! Assets that are nothing more specific: made in another dialect, read and described here.

use emporion_edge::shape::Struct;

use crate::members::*;
use crate::noun::{Filter, FilterBy, Noun, Parentage};

/// They are made by those who know their types and forms, so that this door has no operation for it.
static CREATE: Struct = Struct { name: "CreateAsset", open: false, members: &[] };

pub static ENTITY: Struct = Struct {
    name: "Asset",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        FQN,
        DISPLAY_NAME,
        DESCRIPTION,
        text("typeName"),
        text("typeRevision"),
        text("externalIdentifier"),
        SOURCE_URL,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        CHANGE,
        INCREMENTAL_CHANGE,
        OWNERS,
        DOMAINS,
        DATA_PRODUCTS,
        TAGS,
        EXTENSION,
        FOLLOWERS,
        VOTES,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "asset",
    entity_type: "asset",
    collection: "assets",
    tag: "Assets",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["owners", "domains", "dataProducts", "tags", "extension", "followers", "votes"],
    always: &[],
    filters: &[Filter { name: "domain", by: FilterBy::Ancestor(&["domain"]) }],
    place: Parentage::Root,
    ancestors: &[],
    references: &[OWNERS_REF, DOMAINS_REF, DATA_PRODUCTS_REF, TAGS_REF, FOLLOWERS_REF, VOTES_REF],
    counts: &[],
    computed: &[],
    request_only: &[],
    protected: &["typeName", "typeRevision", "externalIdentifier", "followers", "votes"],
    domain_echo: None,
    soft_delete: false,
    rename: true,
    moves: false,
};
