//! Pages of products: how one is asked for, and where the next one begins.

use emporion_edge::shape::{Member, Shape, Text};
use serde_json::{Value, json};

use crate::argument::Given;

pub const LIMIT: Member = Member::optional("limit", Shape::Integer { min: 1, max: 50 });
pub const CURSOR: Member = Member::optional("cursor", Shape::Text(Text::between(1, 2_000)));

/// The query of one page; `few` products where no number is given.
pub fn query(given: &Given, few: i64) -> Vec<(&'static str, String)> {
    let mut query = vec![("limit", given.number("limit", few).to_string())];
    put(&mut query, "cursor", given.text("cursor"));
    query
}

/// Adds what was given; nothing is no wish.
pub fn put(query: &mut Vec<(&'static str, String)>, name: &'static str, text: &str) {
    if !text.trim().is_empty() {
        query.push((name, text.trim().to_owned()));
    }
}

/// `nextCursor` of a page that was read.
pub fn next(found: &Value) -> Value {
    found["pagination"]["nextCursor"].clone()
}

/// Its shape; `of`: what there is to say of the end.
pub fn next_shape(of: &str) -> Value {
    json!({"type": ["string", "null"], "description": of})
}
