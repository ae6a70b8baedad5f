//! The language of searches: read, checked, and printed as it was read.
//!
//! ```text
//! query  := clause (AND|space clause)* ; OR between clauses; NOT or - before one; ( ) group
//! clause := word | "a phrase" | word* | field:value | field:(v1 OR v2) | field:v1,v2 | field>n | field:a..b | has:field
//! ```
//!
//! What cannot be read is a [`Fault`] that says where and what was expected; it is never quietly read as words. Signs that stand
//! alone beside words, and a colon behind a word that names no field, are punctuation: `orders & returns`, `note: orders`.

mod fault;
mod fields;
mod parse;
mod print;
mod reader;
mod when;

pub use fault::Fault;
pub use fields::{BUILT_IN, Field, Sort, no_field};
pub use parse::parse;
pub use print::{exact, phrase};
pub use when::{Instant, Span, span};

/// A whole query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// `None`: everything.
    pub root: Option<Expr>,
}

/// What a record must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// All of these, of which there are at least two and none is itself `All`.
    All(Vec<Expr>),
    /// Any of these, of which there are at least two and none is itself `Any`.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    /// A word anywhere in what is read; with a star, the beginning of one.
    Word {
        text: String,
        prefix: bool,
    },
    /// Words in just this order.
    Phrase(String),
    /// The field has one of these values.
    Is {
        field: Field,
        at: At,
        values: Vec<Value>,
    },
    /// The field lies between these.
    Within {
        field: Field,
        at: At,
        from: Option<Bound>,
        to: Option<Bound>,
    },
    /// The field has some value.
    Has {
        field: Field,
        at: At,
    },
    Everything,
}

/// A value that a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    pub at: At,
    pub text: String,
    pub form: Form,
    /// Itself, without what is below it: `=` before it.
    pub alone: bool,
}

/// How a value was written, which says how it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Without quotes: folded, and with the words that the field knows.
    Plain,
    /// Without quotes and with a star at its end: how the value begins, folded.
    Prefix,
    /// `"…"`: byte for byte.
    Exact,
    /// `'…'`: folded, whatever characters it has.
    Folded,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub text: String,
    pub inclusive: bool,
}

/// Where something stands in what was typed, in code points. Two queries are the same wherever their parts stand.
#[derive(Debug, Clone, Copy, Default)]
pub struct At(pub usize);

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
