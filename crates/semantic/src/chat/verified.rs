//! Verified queries: questions whose answers people have verified, with slots for values.

use super::ground::FieldId;

/// A question with its answer, which lies elsewhere under the id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verified {
    pub id: String,
    /// The question and the other ways to ask it; `{slot}` where a value stands.
    pub questions: Vec<String>,
    pub slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub name: String,
    pub takes: Takes,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    Number,
    Date,
    /// A period; it binds two parameters, `<slot>_start` and `<slot>_end`, the second not in it.
    Period,
    /// One of these.
    OneOf(Vec<String>),
    /// A value of the field.
    ValueOf(FieldId),
    /// A value of a column that no model speaks of, by a name that tells it from others.
    ValueIn(String),
    /// Whatever stands between quotation marks.
    Quoted,
}
