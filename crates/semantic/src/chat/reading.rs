//! Input and result of reading: a question in its place, and the reading that it comes to.

use jiff::civil::Date;

use super::ground::FieldId;
use super::query::{Query, Value};
use super::verified::Verified;

/// A question in its place.
pub struct Asked<'a> {
    pub text: &'a str,
    pub today: Date,
    /// As browsers write it (`en-US`); it decides the order of day and month in dates such as `01/02/2026`.
    pub locale: &'a str,
    pub thread: &'a Thread,
    pub found: &'a Found,
    pub verified: &'a [Verified],
}

/// What was said before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thread {
    /// The query that was answered last.
    pub last: Option<Query>,
    /// The query that `last` is a change of.
    pub earlier: Option<Query>,
    pub choices: Vec<Choice>,
}

/// An option that was chosen: its [`Choice::id`] is the id of the [`Choice`] offered by a clarification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub id: String,
}

/// Phrases looked up in the source. A phrase is here with each field it was looked for in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub looked_up: Vec<LookedUp>,
    pub in_columns: Vec<InColumn>,
}

/// A phrase that was looked up in a column which no model speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InColumn {
    pub phrase: String,
    /// As [`super::Takes::ValueIn`] names it.
    pub column: String,
    pub stored: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    pub phrase: String,
    pub field: FieldId,
    /// The value as stored; `None`: it was looked for and is not there.
    pub stored: Option<String>,
}

/// Asks whether fields, or columns beside them, hold a value, capitals and accents aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    pub phrase: String,
    pub fields: Vec<FieldId>,
    pub columns: Vec<String>,
    /// A model knows it as a value of another field: where one of these cannot be asked, its word is taken.
    pub is_known: bool,
    /// A part of one name will do, where no value is the whole of the phrase.
    pub in_part: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    Query {
        query: Box<Query>,
        interpretation: Interpretation,
    },
    /// A verified query answers; its parameters in the order of its slots.
    Verified {
        id: String,
        parameters: Vec<(String, Value)>,
        interpretation: Interpretation,
    },
    /// Ask the source, under the asker's row filters, and read again with what was found.
    LookUp(Vec<Probe>),
    Clarify(Clarification),
    Unanswerable {
        reason: Reason,
        /// Questions and names that would be understood.
        suggestions: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Interpretation {
    /// Whole sentences.
    pub assumptions: Vec<String>,
    pub used: Vec<Used>,
    pub repairs: Vec<Repair>,
    pub confidence: Confidence,
    /// It changes the query that was answered before.
    pub is_follow_up: bool,
}

/// Words of the question and what they were taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub words: String,
    /// Bytes of the question.
    pub from: usize,
    pub to: usize,
    pub meaning: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    pub written: String,
    pub read: String,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confidence {
    pub level: Level,
    /// 0 to 1, of two digits.
    pub score: f64,
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    #[default]
    Low,
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Metric,
    Dimension,
    Value,
    Time,
    JoinPath,
    Scope,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clarification {
    pub about: About,
    pub question: String,
    /// Up to five; one where it is likely, and not sure.
    pub options: Vec<Offer>,
}

/// What can be chosen. The id stays the same as long as the model does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub id: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// As they were written.
    UnknownTerms(Vec<String>),
    /// Understood, and more than can be answered: a whole sentence.
    OutsideModel(String),
    /// No figure answers it: "why".
    OpenEnded,
}
