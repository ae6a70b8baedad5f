//! Roles: bundles of policies.

use emporion_catalog::kinds;
use emporion_edge::shape::Member;

use crate::definition::{NounDef, PLAIN};
use crate::entry::{listed, related, shown};
use crate::has;
use crate::members::{boolean, names_or_references, out, references};
use crate::noun::{Filter, FilterBy, Input, OnPut};

pub const NOUN: NounDef = NounDef {
    kind: kinds::ROLE,
    entity_type: "role",
    collection: "roles",
    tag: "Roles",
    members: &[&[
        related(
            Some(Member { required: true, ..names_or_references("policies") }),
            references("policies"),
            out("policies", "has_policy", Input::Names, &["policy"], OnPut::Replace),
        )
        .named(),
        listed("users", "has_role", &["user"]),
        listed("teams", "default_role", &["team"]),
        shown(boolean("allowDelete")).fixed(),
        shown(boolean("allowEdit")).fixed(),
        has::PROVIDER_SHOWN,
        has::DISABLED,
        has::UNFILTERED_DOMAINS,
    ]],
    filters: &[Filter { name: "default", by: FilterBy::Flag("is_default") }],
    ..PLAIN
};
