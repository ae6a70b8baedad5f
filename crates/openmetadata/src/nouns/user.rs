//! Users, people and bots alike.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct};

use crate::asset_relation::owned;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, by_ids, computed, listed, related, sent, shown};
use crate::has;
use crate::members::*;
use crate::noun::{Direction, Filter, FilterBy, Input, NounHooks, OnPut, Reference};
use crate::user_credentials;

static MECHANISM: Struct = Struct {
    name: "AuthenticationMechanism",
    open: false,
    members: &[choice("authType", &["JWT", "SSO", "BASIC"]), object("config")],
};
const TEAMS: Reference =
    Reference { direction: Direction::In, ..out("teams", "member", Input::Ids, &["team"], OnPut::ReplaceIfPresent) };
const PERSONAS: Reference = out("personas", "has_persona", Input::References, &["persona"], OnPut::ReplaceIfPresent);
const DEFAULT_PERSONA: Reference = Reference {
    many: false,
    ..out("defaultPersona", "default_persona", Input::References, &["persona"], OnPut::ReplaceIfPresent)
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::USER,
    entity_type: "user",
    collection: "users",
    tag: "Users",
    members: &[&[
        both(Member::required("email", EMAIL)),
        both(text("externalId")),
        both(text("scimUserName")),
        both(text("timezone")),
        both(boolean("isBot")).fixed().filtered(FilterBy::Flag("is_bot")),
        both(boolean("isAdmin")).filtered(FilterBy::Flag("is_admin")),
        shown(boolean("allowImpersonation")),
        both(PROFILE).gated(),
        by_ids(TEAMS),
        by_ids(out("roles", "has_role", Input::Ids, &["role"], OnPut::ReplaceIfPresent)),
        related(Some(references_input("personas")), references("personas"), PERSONAS),
        related(Some(reference_input("defaultPersona")), reference("defaultPersona"), DEFAULT_PERSONA),
        has::UNFILTERED_DOMAINS,
        listed("owns", "owner", &[]),
        listed("follows", "follower", &[]),
        computed(references("inheritedRoles")).gated().fixed(),
        computed(references("inheritedPersonas")).fixed(),
        shown(boolean("isEmailVerified")),
        computed(Member::optional("lastLoginTime", MILLIS)).gated(),
        computed(Member::optional("lastActivityTime", MILLIS)).gated(),
        shown(Member::optional("personaPreferences", list(&Shape::Object))).gated().fixed(),
        // A password is no part of the record.
        computed(structure("authenticationMechanism", &MECHANISM))
            .asked_as(structure("authenticationMechanism", &MECHANISM))
            .passing()
            .fixed(),
        sent(text("botName")).passing(),
        sent(choice("createPasswordType", &["ADMIN_CREATE", "USER_CREATE"])).passing(),
        sent(text("password")).passing(),
        sent(text("confirmPassword")).passing(),
    ]],
    filters: &[Filter {
        name: "team",
        by: FilterBy::Related { relation: "member", direction: Direction::In, kind: "team" },
    }],
    assets: &[owned("List the assets of a user", "List the assets of a user by his name")],
    hooks: NounHooks { admit: user_credentials::admit, ..NounHooks::NONE },
    ..PLAIN
};
