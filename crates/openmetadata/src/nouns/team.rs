//! Teams, and the organisation that they form.

use emporion_edge::shape::{Member, Shape, Struct, UUID};

use crate::members::*;
use crate::noun::{Count, Counted, Direction, Filter, FilterBy, Input, Noun, OnPut, Parentage, Reference};

const TYPES: &[&str] = &["Group", "Department", "Division", "BusinessUnit", "Organization"];

pub static CREATE: Struct = Struct {
    name: "CreateTeam",
    open: false,
    members: &[
        Member::required("teamType", Shape::Enumeration(TYPES)),
        NAME,
        Member::optional("email", EMAIL),
        DISPLAY_NAME,
        text("externalId"),
        DESCRIPTION,
        PROFILE,
        ids("parents"),
        ids("children"),
        ids("users"),
        ids("defaultRoles"),
        Member::optional("defaultPersona", UUID),
        OWNERS_INPUT,
        boolean("isJoinable"),
        ids("policies"),
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Team",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        choice("teamType", TYPES),
        Member::optional("email", EMAIL),
        FQN,
        DISPLAY_NAME,
        text("externalId"),
        DESCRIPTION,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        PROFILE,
        references("parents"),
        references("children"),
        references("descendantTeams"),
        references("users"),
        count("childrenCount"),
        count("userCount"),
        references("owns"),
        OWNERS,
        boolean("isJoinable"),
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        references("defaultRoles"),
        references("inheritedRoles"),
        reference("defaultPersona"),
        references("policies"),
        DOMAINS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "team",
    entity_type: "team",
    collection: "teams",
    tag: "Teams",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "owners",
        "profile",
        "users",
        "owns",
        "defaultRoles",
        "parents",
        "children",
        "policies",
        "userCount",
        "childrenCount",
        "domains",
        "defaultPersona",
        "inheritedRoles",
        "descendantTeams",
    ],
    always: &[],
    filters: &[
        Filter {
            name: "parentTeam",
            by: FilterBy::Related { relation: "under_team", direction: Direction::Out, kind: "team" },
        },
        Filter { name: "isJoinable", by: FilterBy::Flag("is_joinable") },
        Filter { name: "teamType", by: FilterBy::Text("team_type") },
        Filter { name: "domain", by: FilterBy::Domain },
    ],
    place: Parentage::Root,
    ancestors: &[],
    references: &[
        out("parents", "under_team", Input::Ids, &["team"], OnPut::ReplaceIfPresent),
        Reference {
            direction: Direction::In,
            ..out("children", "under_team", Input::Ids, &["team"], OnPut::ReplaceIfPresent)
        },
        out("users", "member", Input::Ids, &["user"], OnPut::ReplaceIfPresent),
        out("defaultRoles", "default_role", Input::Ids, &["role"], OnPut::ReplaceIfPresent),
        Reference {
            many: false,
            ..out("defaultPersona", "default_persona", Input::Ids, &["persona"], OnPut::ReplaceIfPresent)
        },
        OWN_OWNERS_REF,
        out("policies", "has_policy", Input::Ids, &["policy"], OnPut::ReplaceIfPresent),
        OWN_DOMAINS_REF,
        shown("owns", "owner", &[]),
    ],
    counts: &[
        Count { member: "childrenCount", of: Counted::To("under_team") },
        Count { member: "userCount", of: Counted::From("member") },
    ],
    computed: &["descendantTeams", "inheritedRoles"],
    request_only: &[],
    protected: &["owns", "descendantTeams", "inheritedRoles"],
    domain_echo: None,
    soft_delete: true,
    rename: true,
    moves: false,
};
