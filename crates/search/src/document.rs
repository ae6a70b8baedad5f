//! What of a record can be found: its texts, and what is a fact of it.
//!
//! All is derived from what the record's kind declares and from its edges, so that a new kind has no line here.

mod derive;
mod kinds;
pub mod properties;
mod usage;

use std::borrow::Cow;

use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::kind::Kind;

pub use derive::{RELATIONS, document};
pub use emporion_catalog::finder::{BELOW, DOMAIN_CALLED, DOMAIN_ITSELF};
pub use kinds::{Unknown, is_found, kinds_called, known_kinds, page_name};
pub use usage::used;

/// Facts longer than this are not compared; they can still be had.
pub const MOST_FACT: usize = 2_000;

/// A record as searches see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub id: RecordId,
    pub account: AccountId,
    pub kind: Kind,
    pub name: String,
    pub fqn: String,
    /// Seen only by those to whom it was granted…
    pub is_granted: bool,
    /// …by an edge to one of these.
    pub linked: Vec<RecordId>,
    /// What comes first of what fits equally well: products, then what is certified, then what is used.
    pub standing: u64,
    pub created: i64,
    pub updated: i64,
    pub texts: Vec<Text>,
    pub facts: Vec<Fact>,
    pub leads: Vec<Lead>,
    pub numbers: Vec<(FieldName, f64)>,
    pub times: Vec<(FieldName, i64)>,
    /// Fields that have a value.
    pub has: Vec<FieldName>,
    /// What is counted of it.
    pub counted: Vec<(&'static str, String)>,
}

/// A field as documents name it; properties stand behind `property.`.
pub type FieldName = Cow<'static, str>;

/// How much a match in a text is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    Name,
    DisplayName,
    Labels,
    Columns,
    Description,
    ColumnDescriptions,
}

impl Tier {
    pub const ALL: [Tier; 6] =
        [Tier::Name, Tier::DisplayName, Tier::Labels, Tier::Columns, Tier::Description, Tier::ColumnDescriptions];
}

/// A text whose words can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub tier: Tier,
    /// What people call the place where it stands.
    pub field: &'static str,
    pub text: String,
}

/// What a field says, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub field: FieldName,
    pub text: String,
}

/// A record that a field leads to, by the name under which it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub field: FieldName,
    pub to: RecordId,
    pub name: String,
}

/// What can be counted of what is found.
pub const COUNTED: &[&str] =
    &["kind", "owner", "team", "domain", "tag", "term", "type", "source", "status", "certified"];
