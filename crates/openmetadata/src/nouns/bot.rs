//! Bots: names under which programs act, each with a user of its own.

use emporion_edge::shape::{Member, Struct};

use crate::members::*;
use crate::noun::{Input, Noun, OnPut, Parentage, Reference};

pub static CREATE: Struct = Struct {
    name: "CreateBot",
    open: false,
    members: &[
        NAME,
        Member::required("botUser", NAME_TEXT),
        DISPLAY_NAME,
        DESCRIPTION,
        PROVIDER,
        // Kept, although the entity has no member that shows it.
        boolean("allowImpersonation"),
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Bot",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        reference_required("botUser"),
        FQN,
        DISPLAY_NAME,
        DESCRIPTION,
        PROVIDER,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        DOMAINS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "bot",
    entity_type: "bot",
    collection: "bots",
    tag: "Bots",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["botUser", "domains"],
    always: &["botUser"],
    filters: &[],
    place: Parentage::Root,
    ancestors: &[],
    references: &[
        Reference { many: false, ..out("botUser", "bot_user", Input::Names, &["user"], OnPut::Replace) },
        OWN_DOMAINS_REF,
    ],
    counts: &[],
    computed: &[],
    request_only: &[],
    protected: &["provider"],
    domain_echo: None,
    soft_delete: true,
    rename: false,
    moves: false,
};
