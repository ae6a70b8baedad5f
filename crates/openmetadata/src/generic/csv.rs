//! CSV: this server writes and reads none. The protocol has words for collections without it, and clients know them.

use emporion_edge::answer::Answer;

use crate::errors::{OmError, OmResult};
use crate::noun::Noun;
use crate::operation::Call;

/// Where collections that have CSV have it, below the collection.
pub const PLACES: &[(&str, &str)] = &[
    ("GET", "/documentation/csv"),
    ("GET", "/name/{fqn}/export"),
    ("GET", "/name/{fqn}/exportAsync"),
    ("PUT", "/name/{fqn}/import"),
    ("PUT", "/name/{fqn}/importAsync"),
];

pub async fn refuse(_: Call, noun: &'static Noun) -> OmResult<Answer> {
    Err(OmError::csv_unsupported(noun.entity_type))
}
