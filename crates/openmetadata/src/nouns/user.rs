//! Users, people and bots alike.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::members::*;
use crate::noun::{Direction, Filter, FilterBy, Input, Noun, OnPut, Parentage, Reference};

static MECHANISM: Struct = Struct {
    name: "AuthenticationMechanism",
    open: false,
    members: &[choice("authType", &["JWT", "SSO", "BASIC"]), object("config")],
};
const EMAIL_MEMBER: Member = Member::required("email", EMAIL);

pub static CREATE: Struct = Struct {
    name: "CreateUser",
    open: false,
    members: &[
        NAME,
        EMAIL_MEMBER,
        DESCRIPTION,
        DISPLAY_NAME,
        text("externalId"),
        text("scimUserName"),
        text("timezone"),
        boolean("isBot"),
        text("botName"),
        boolean("isAdmin"),
        PROFILE,
        ids("teams"),
        ids("roles"),
        references_input("personas"),
        reference_input("defaultPersona"),
        structure("authenticationMechanism", &MECHANISM),
        choice("createPasswordType", &["ADMIN_CREATE", "USER_CREATE"]),
        text("password"),
        text("confirmPassword"),
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "User",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        EMAIL_MEMBER,
        FQN,
        DESCRIPTION,
        text("externalId"),
        text("scimUserName"),
        DISPLAY_NAME,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        text("timezone"),
        boolean("isBot"),
        boolean("isAdmin"),
        boolean("allowImpersonation"),
        structure("authenticationMechanism", &MECHANISM),
        PROFILE,
        references("teams"),
        reference("defaultPersona"),
        references("personas"),
        references("owns"),
        references("follows"),
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        references("roles"),
        references("inheritedRoles"),
        references("inheritedPersonas"),
        boolean("isEmailVerified"),
        DOMAINS,
        Member::optional("lastLoginTime", MILLIS),
        Member::optional("lastActivityTime", MILLIS),
        Member::optional("personaPreferences", list(&Shape::Object)),
    ],
};

pub const NOUN: Noun = Noun {
    kind: "user",
    entity_type: "user",
    collection: "users",
    tag: "Users",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "profile",
        "roles",
        "teams",
        "follows",
        "owns",
        "domains",
        "personas",
        "defaultPersona",
        "personaPreferences",
        "inheritedRoles",
        "lastLoginTime",
        "lastActivityTime",
    ],
    always: &[],
    filters: &[
        Filter { name: "team", by: FilterBy::Related { relation: "member", direction: Direction::In, kind: "team" } },
        Filter { name: "isBot", by: FilterBy::Flag("is_bot") },
        Filter { name: "isAdmin", by: FilterBy::Flag("is_admin") },
    ],
    place: Parentage::Root,
    ancestors: &[],
    references: &[
        Reference {
            direction: Direction::In,
            ..out("teams", "member", Input::Ids, &["team"], OnPut::ReplaceIfPresent)
        },
        out("roles", "has_role", Input::Ids, &["role"], OnPut::ReplaceIfPresent),
        out("personas", "has_persona", Input::References, &["persona"], OnPut::ReplaceIfPresent),
        Reference {
            many: false,
            ..out("defaultPersona", "default_persona", Input::References, &["persona"], OnPut::ReplaceIfPresent)
        },
        OWN_DOMAINS_REF,
        shown("owns", "owner", &[]),
        shown("follows", "follower", &[]),
    ],
    counts: &[],
    computed: &["authenticationMechanism", "inheritedRoles", "inheritedPersonas", "lastLoginTime", "lastActivityTime"],
    request_only: &["botName", "authenticationMechanism", "createPasswordType", "password", "confirmPassword"],
    protected: &[
        "owns",
        "follows",
        "isBot",
        "inheritedRoles",
        "inheritedPersonas",
        "authenticationMechanism",
        "personaPreferences",
    ],
    domain_echo: None,
    soft_delete: true,
    rename: false,
    moves: false,
};
