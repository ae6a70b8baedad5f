//! Roles: bundles of policies.

use emporion_edge::shape::{Member, Struct};

use crate::members::*;
use crate::noun::{Filter, FilterBy, Input, Noun, OnPut, Parentage};

pub static CREATE: Struct = Struct {
    name: "CreateRole",
    open: false,
    members: &[
        NAME,
        Member { required: true, ..names_or_references("policies") },
        DISPLAY_NAME,
        DESCRIPTION,
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Role",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        FQN,
        DISPLAY_NAME,
        DESCRIPTION,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        CHANGE,
        INCREMENTAL_CHANGE,
        boolean("allowDelete"),
        boolean("allowEdit"),
        DELETED,
        references("policies"),
        references("users"),
        references("teams"),
        PROVIDER,
        DISABLED,
        DOMAINS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "role",
    entity_type: "role",
    collection: "roles",
    tag: "Roles",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["policies", "teams", "users", "domains"],
    always: &["policies"],
    filters: &[Filter { name: "default", by: FilterBy::Flag("is_default") }],
    place: Parentage::Root,
    ancestors: &[],
    references: &[
        out("policies", "has_policy", Input::Names, &["policy"], OnPut::Replace),
        shown("users", "has_role", &["user"]),
        shown("teams", "default_role", &["team"]),
        OWN_DOMAINS_REF,
    ],
    counts: &[],
    computed: &[],
    request_only: &[],
    protected: &["users", "teams", "provider", "allowDelete", "allowEdit"],
    domain_echo: None,
    soft_delete: true,
    rename: false,
    moves: false,
};
