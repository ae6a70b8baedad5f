//! Compositions on the wire.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};

use crate::shapes::{COUNT, COUNT_OR_NULL, TEXT_OR_NULL, TIME, TIME_OR_NULL};

const MAX_SOURCES: usize = 20;
pub const MAX_ALIAS: usize = 50;

const KEY: Shape = Shape::Text(Text::between(1, 128));
const ALIAS: Shape = Shape::Text(Text::between(1, MAX_ALIAS).matching("^[a-z][a-z0-9_]{0,49}$", is_alias));
const NAMES: Shape = Shape::List { of: &Shape::Text(Text::between(1, 255)), min: 0, max: 1_000 };
const STATES: &[&str] = &["ok", "stale"];

static INCLUDE: Struct = Struct {
    name: "CompositionInclude",
    members: &[Member::optional("datasets", NAMES), Member::optional("metrics", NAMES)],
    open: true,
};

static ENTRY: Struct = Struct {
    name: "CompositionSource",
    members: &[
        Member::required("sourceDataProductId", KEY),
        Member::optional("alias", ALIAS),
        Member::optional("include", Shape::Struct(&INCLUDE)),
    ],
    open: true,
};

const ENTRIES: Shape = Shape::List { of: &Shape::Struct(&ENTRY), min: 1, max: MAX_SOURCES };

pub static CREATE: Struct = Struct {
    name: "CompositionCreate",
    members: &[
        Member::optional("sourceDataProductId", KEY),
        Member::optional("alias", ALIAS),
        Member::optional("include", Shape::Struct(&INCLUDE)),
        Member::optional("sources", ENTRIES),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static SOURCE_SHOWN: Struct = Struct {
    name: "ComposedProduct",
    members: &[
        Member::required("name", TEXT_OR_NULL),
        Member::required("version", COUNT_OR_NULL),
        Member::required("deployedAt", TIME_OR_NULL),
        Member::required("accessible", Shape::Boolean),
    ],
    open: true,
};

pub static OBJECT: Struct = Struct {
    name: "Composition",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("sourceDataProductId", UUID),
        Member::required("alias", TEXT),
        Member::required("include", Shape::Struct(&INCLUDE)),
        // Stale: the source is gone, or has not live what is included by name.
        Member::required("status", Shape::Enumeration(STATES)),
        Member::required("source", Shape::Struct(&SOURCE_SHOWN)),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("pendingDelete", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

/// One composition, or all that a request with `sources` makes.
pub static CREATED: Struct = Struct {
    name: "CompositionsCreated",
    members: &[
        Member::optional("composition", Shape::Struct(&OBJECT)),
        Member::optional("compositions", Shape::List { of: &Shape::Struct(&OBJECT), min: 0, max: usize::MAX }),
        Member::optional("count", COUNT),
    ],
    open: true,
};

pub fn is_alias(text: &str) -> bool {
    text.len() <= MAX_ALIAS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
