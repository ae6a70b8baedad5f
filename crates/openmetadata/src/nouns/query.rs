//! Queries that were run against a database.

use emporion_catalog::kinds;
use emporion_catalog::kinds::query::looks_made;
use emporion_edge::shape::{Member, Shape, Text};
use md5::{Digest, Md5};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, related, sent, under};
use crate::has;
use crate::members::*;
use crate::noun::{Direction, Filter, FilterBy, Input, OnPut, Reference};

/// What clients tell queries from one another by; who knows it can try texts against it.
pub fn checksum(query: &str) -> String {
    Md5::digest(query).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a name is the checksum of the text, and so tells it to whoever tries some.
pub fn is_checksum(name: &str, query: &str) -> bool {
    looks_made(name) && checksum(query).eq_ignore_ascii_case(name)
}

const TEXT: Shape = Shape::Text(Text::between(1, 1_000_000));
const SECONDS: Shape = Shape::Number { min: 0.0, max: f64::MAX };
pub const USED_IN: Reference = out("queryUsedIn", "used_in", Input::References, &[], OnPut::Merge);
pub const USERS: Reference = out("users", "run_by", Input::Fqns, &["user"], OnPut::Merge);
const TRIGGERED_BY: Reference = Reference {
    many: false,
    ..out("triggeredBy", "triggered_by", Input::References, &["stored_procedure", "pipeline"], OnPut::ReplaceIfGiven)
};
/// Lists are asked for the queries of a table by its id.
const OF_TABLE: FilterBy = FilterBy::Related { relation: "used_in", direction: Direction::Out, kind: "table" };

pub const NOUN: NounDef = NounDef {
    kind: kinds::QUERY,
    entity_type: "query",
    collection: "queries",
    tag: "Queries",
    members: &[&[
        has::UNNAMED,
        under("service", "database_service"),
        both(Member::required("query", TEXT)),
        computed(text("checksum")).fixed(),
        both(text("query_type")),
        both(boolean("exclude_usage")),
        both(Member::optional("duration", SECONDS)),
        both(Member::optional("queryDate", MILLIS)),
        both(Member::optional("usedBy", TEXTS)),
        both(PROCESSED_LINEAGE),
        sent(text("dialect")).passing(),
        related(Some(references_input("queryUsedIn")), references("queryUsedIn"), USED_IN),
        related(Some(fqns("users")), references("users"), USERS),
        related(Some(reference_input("triggeredBy")), reference("triggeredBy"), TRIGGERED_BY).named(),
        has::OWNERS,
        has::TAGS,
        has::DOMAINS,
        has::FOLLOWERS,
        has::VOTES,
        has::ENTITY_STATUS,
    ]],
    filters: &[Filter { name: "entityId", by: OF_TABLE }],
    soft_delete: false,
    ..PLAIN
};
