//! Questions whose answers people have verified.

use super::ground::Ground;
use super::lexicon::Lexicon;
use super::reading::{Asked, Reading};
use super::words::Token;

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
    /// A period; it binds two parameters, `<slot>_from` and `<slot>_to`.
    Period,
    /// One of these.
    OneOf(Vec<String>),
    /// A value of the field.
    ValueOf(super::ground::FieldId),
}

pub(super) fn exact(_tokens: &[Token], _verified: &[Verified]) -> Option<Reading> {
    None
}

pub(super) fn slots(_: &Ground, _: &Lexicon, _tokens: &[Token], _asked: &Asked<'_>) -> Option<Reading> {
    None
}

pub(super) fn suggested(reading: Reading, _: &Ground, _: &Lexicon, _asked: &Asked<'_>) -> Reading {
    reading
}
