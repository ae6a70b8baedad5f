//! Pages of products: how one is asked for, and where the next one begins.

use emporion_edge::shape::{Member, Shape, Text};
use emporion_products::page::PageRequest;
use serde_json::{Value, json};

use crate::argument::Given;

pub const LIMIT: Member = Member::optional("limit", Shape::Integer { min: 1, max: 50 });
pub const CURSOR: Member = Member::optional("cursor", Shape::Text(Text::between(1, 2_000)));

/// One page; `few` products where no number is given.
pub fn request(given: &Given, few: i64) -> PageRequest {
    PageRequest::at(usize::try_from(given.number("limit", few)).unwrap_or(1), given.text("cursor").trim())
}

/// Its shape; `of`: what there is to say of the end.
pub fn next_shape(of: &str) -> Value {
    json!({"type": ["string", "null"], "description": of})
}
