//! What of a record can be found: its texts, and what is a fact of it.
//!
//! All is derived from what the record's kind declares and from its edges, so that a new kind has no line here.

mod derive;
mod kinds;
pub mod properties;
mod usage;

pub use derive::{RELATIONS, document};
pub use emporion_catalog::finder::{
    BELOW, DOMAIN_CALLED, DOMAIN_ITSELF, Document, Fact, FieldName, Lead, MOST_FACT, Text, Tier,
};
pub use kinds::{Unknown, is_found, kinds_called, known_kinds, page_name};
pub use usage::{CERTIFIED, observed, used};

/// What can be counted of what is found.
pub const COUNTED: &[&str] =
    &["kind", "owner", "team", "domain", "tag", "term", "type", "source", "status", "certified"];
