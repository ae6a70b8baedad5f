//! A record as searches see it: its texts, and what is a fact of it.

use std::borrow::Cow;

use crate::id::{AccountId, RecordId};
use crate::kind::Kind;

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
    /// Other words for the same.
    OtherNames,
    /// What the labels are called that it bears.
    Labels,
    Columns,
    Description,
    ColumnDescriptions,
}

impl Tier {
    pub const ALL: [Tier; 7] = [
        Tier::Name,
        Tier::DisplayName,
        Tier::OtherNames,
        Tier::Labels,
        Tier::Columns,
        Tier::Description,
        Tier::ColumnDescriptions,
    ];
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

impl Document {
    /// Adds a text whose words can be found.
    pub fn text(&mut self, tier: Tier, field: &'static str, text: &str) {
        if !text.is_empty() {
            self.texts.push(Text { tier, field, text: text.to_owned() });
        }
    }

    /// Adds what a field says.
    pub fn fact(&mut self, field: &'static str, text: &str) {
        if text.is_empty() || text.len() > MOST_FACT {
            return;
        }
        self.facts.push(Fact { field: FieldName::Borrowed(field), text: text.to_owned() });
    }

    /// Adds a record that a field leads to.
    pub fn lead(&mut self, field: &'static str, to: RecordId, name: &str) {
        self.leads.push(Lead { field: FieldName::Borrowed(field), to, name: name.to_owned() });
    }

    /// Adds what is counted.
    pub fn count(&mut self, field: &'static str, text: &str) {
        self.counted.push((field, text.to_owned()));
    }
}
