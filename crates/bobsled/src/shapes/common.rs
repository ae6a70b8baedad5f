//! Members that many requests and answers share.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};

use emporion_products::page;

pub const STRICT: Member = Member::optional("strict", Shape::Boolean).at(Location::Query);
pub const IS_DEPLOYED: Member = Member::optional("isDeployed", Shape::Boolean).at(Location::Query);
pub const SEARCH: Member = Member::optional("search", Shape::Text(Text::between(0, 200))).at(Location::Query);
pub const IF_MATCH: Member = Member::optional("If-Match", TEXT).at(Location::Header);
pub const IDEMPOTENCY_KEY: Member =
    Member::optional("Idempotency-Key", Shape::Text(Text::between(1, 255))).at(Location::Header);

pub const LIMIT: Member =
    Member::optional("limit", Shape::Integer { min: 1, max: page::MAX_LIMIT as i64 }).at(Location::Query);
pub const CURSOR: Member = Member::optional("cursor", TEXT).at(Location::Query);
pub const INCLUDE_TOTAL: Member = Member::optional("includeTotal", Shape::Boolean).at(Location::Query);

/// What a delete answers.
pub static DELETED: Struct = Struct {
    name: "Deleted",
    members: &[
        Member::required("id", UUID),
        Member::required("deleted", Shape::Boolean),
        // Readers see it until the next deploy.
        Member::optional("pendingDelete", Shape::Boolean),
    ],
    open: false,
};
