//! Teams, and the organisation that they form.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, UUID};

use crate::asset_relation::owned;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, by_ids, computed, counted, listed, related};
use crate::has;
use crate::members::*;
use crate::noun::{Counted, Direction, Filter, FilterBy, Input, OnPut, Reference};

const TYPES: &[&str] = &["Group", "Department", "Division", "BusinessUnit", "Organization"];

const PERSONA: Reference = Reference {
    many: false,
    ..out("defaultPersona", "default_persona", Input::Ids, &["persona"], OnPut::ReplaceIfPresent)
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::TEAM,
    entity_type: "team",
    collection: "teams",
    tag: "Teams",
    members: &[&[
        both(choice("teamType", TYPES))
            .asked_as(Member::required("teamType", Shape::Enumeration(TYPES)))
            .filtered(FilterBy::Text("team_type")),
        both(Member::optional("email", EMAIL)),
        both(text("externalId")),
        both(PROFILE).gated(),
        both(boolean("isJoinable")).filtered(FilterBy::Flag("is_joinable")),
        by_ids(out("parents", "under_team", Input::Ids, &["team"], OnPut::ReplaceIfPresent)),
        by_ids(Reference {
            direction: Direction::In,
            ..out("children", "under_team", Input::Ids, &["team"], OnPut::ReplaceIfPresent)
        }),
        by_ids(out("users", "member", Input::Ids, &["user"], OnPut::ReplaceIfPresent)),
        by_ids(out("defaultRoles", "default_role", Input::Ids, &["role"], OnPut::ReplaceIfPresent)),
        by_ids(out("policies", "has_policy", Input::Ids, &["policy"], OnPut::ReplaceIfPresent)),
        related(Some(Member::optional("defaultPersona", UUID)), reference("defaultPersona"), PERSONA),
        has::OWNERS,
        has::DOMAINS,
        listed("owns", "owner", &[]),
        counted("childrenCount", Counted::To("under_team")),
        counted("userCount", Counted::From("member")),
        computed(references("descendantTeams")).gated().fixed(),
        computed(references("inheritedRoles")).gated().fixed(),
    ]],
    filters: &[Filter {
        name: "parentTeam",
        by: FilterBy::Related { relation: "under_team", direction: Direction::Out, kind: "team" },
    }],
    assets: &[owned("List the assets of a team", "List the assets of a team by its name")],
    rename: true,
    ..PLAIN
};
