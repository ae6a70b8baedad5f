//! Skills: of the account, in versions, and as products use them.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::shapes::{COUNT, COUNT_OR_NULL, DESCRIPTION, NAME, TEXT_OR_NULL, TIME};

use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT};

const COMMAND: Shape = Shape::Text(Text::between(2, 51).matching("^/[a-z][a-z0-9-]{0,49}$", is_command));
const PROMPT: Shape = Shape::Text(Text::between(1, 32_768));
const VERSION: Shape = Shape::Integer { min: 1, max: i64::MAX };
const VERSION_OR_NULL: Shape = Shape::Nullable(&VERSION);

fn is_command(text: &str) -> bool {
    text.strip_prefix('/').is_some_and(|name| {
        name.len() <= 50
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

pub static CREATE: Struct = Struct {
    name: "SkillCreate",
    members: &[
        Member::required("name", NAME),
        Member::required("command", COMMAND),
        Member::optional("description", DESCRIPTION),
        Member::required("prompt", PROMPT),
    ],
    open: true,
};

/// A new version: what it does not mention stays.
pub static REVISE: Struct = Struct {
    name: "SkillRevision",
    members: &[
        Member::optional("name", NAME),
        Member::optional("command", COMMAND),
        Member::optional("description", DESCRIPTION),
        Member::optional("prompt", PROMPT),
    ],
    open: true,
};

pub static SKILL: Struct = Struct {
    name: "Skill",
    members: &[
        Member::required("id", UUID),
        Member::required("skillId", UUID),
        Member::required("accountId", UUID),
        Member::required("version", COUNT),
        Member::required("name", TEXT),
        Member::required("command", TEXT),
        Member::required("description", TEXT_OR_NULL),
        Member::required("prompt", TEXT),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT),
        Member::optional("createdByEmail", TEXT_OR_NULL),
        // As a product uses it.
        Member::optional("enabled", Shape::Boolean),
        Member::optional("pinnedVersion", COUNT_OR_NULL),
    ],
    open: true,
};

pub static ONE: Struct =
    Struct { name: "SkillAnswer", members: &[Member::required("skill", Shape::Struct(&SKILL))], open: true };

const SKILLS: Shape = Shape::List { of: &Shape::Struct(&SKILL), min: 0, max: usize::MAX };

pub static LIST: Struct = Struct {
    name: "SkillList",
    members: &[
        Member::required("skills", SKILLS),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

pub static VERSIONS: Struct = Struct {
    name: "SkillVersionList",
    members: &[
        Member::required("versions", SKILLS),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: true,
};

pub static ENABLE: Struct =
    Struct { name: "SkillEnable", members: &[Member::optional("version", VERSION_OR_NULL)], open: true };

pub const EMAIL: Member = Member::optional("includeCreatedByEmail", Shape::Boolean).at(Location::Query);
pub const PAGE_QUERY: &[Member] = &[LIMIT, CURSOR, INCLUDE_TOTAL];
