//! Domains and sub-domains.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::members::*;
use crate::noun::{Ancestor, Count, Counted, Filter, FilterBy, Noun, Parent, Parentage};

const TYPES: &[&str] = &["Source-aligned", "Consumer-aligned", "Aggregate"];

pub static CREATE: Struct = Struct {
    name: "CreateDomain",
    open: false,
    members: &[
        Member::required("domainType", Shape::Enumeration(TYPES)),
        NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        DISPLAY_NAME,
        STYLE,
        fqn("parent"),
        OWNERS_INPUT,
        EXPERTS_INPUT,
        TAGS_INPUT,
        EXTENSION,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Domain",
    open: false,
    members: &[
        ID,
        Member::required("domainType", Shape::Enumeration(TYPES)),
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        DISPLAY_NAME,
        STYLE,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        reference("parent"),
        references("children"),
        count("childrenCount"),
        OWNERS,
        EXPERTS,
        references("assets"),
        TAGS,
        CHANGE,
        INCREMENTAL_CHANGE,
        EXTENSION,
        FOLLOWERS,
        VOTES,
        CERTIFICATION,
        ENTITY_STATUS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "domain",
    entity_type: "domain",
    collection: "domains",
    tag: "Domains",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "children",
        "owners",
        "experts",
        "parent",
        "tags",
        "followers",
        "extension",
        "votes",
        "certification",
        "childrenCount",
        "assets",
    ],
    always: &["parent"],
    filters: &[
        Filter { name: "parent", by: FilterBy::Ancestor(&["domain"]) },
        Filter { name: "directChildrenOf", by: FilterBy::Parent(&["domain"]) },
        Filter { name: "domainType", by: FilterBy::Text("domain_type") },
    ],
    place: Parentage::Under { members: &[Parent { member: "parent", kind: "domain" }], required: false },
    ancestors: &[Ancestor { member: "parent", kind: "domain", direct: true }],
    references: &[OWNERS_REF, EXPERTS_REF, TAGS_REF, FOLLOWERS_REF, VOTES_REF],
    counts: &[Count { member: "childrenCount", of: Counted::Children("domain") }],
    // `assets` is served by its own operation; in the entity it stays absent, as in current servers.
    computed: &["children", "assets"],
    request_only: &["fullyQualifiedName"],
    protected: &["children", "followers", "votes"],
    domain_echo: None,
    soft_delete: false,
    rename: true,
    moves: false,
};
