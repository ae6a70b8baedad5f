//! What the answers of searches have in common.

use std::time::Instant;

use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use crate::members::*;

pub const TAG: &str = "Search";

pub static ANSWER: Struct = Struct {
    name: "SearchResponse",
    open: true,
    members: &[
        Member::required("took", Shape::Integer { min: 0, max: i64::MAX }),
        Member::required("hits", Shape::Object),
        object("aggregations"),
    ],
};

pub fn took(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

pub fn total(value: u64, is_exact: bool) -> Value {
    json!({"value": value, "relation": if is_exact { "eq" } else { "gte" }})
}
