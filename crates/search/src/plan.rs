//! A query as one caller means it at one moment: names of kinds, times, and who `me` is are settled. What is left says by
//! itself which documents it means, to the index ([`crate::index`]) and to who looks at one document ([`crate::matching`]).

mod meant;
mod resolve;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;

pub use emporion_catalog::finder::{Fit, Form, WordTest};
pub use meant::meant;
pub use resolve::{called, resolve};

use crate::document::FieldName;

/// What a document must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Everything,
    Nothing,
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Word(WordTest),
    /// A word of what people name and describe it by has this form.
    WordLike(Form),
    /// A fact, as it is written.
    Exact {
        field: FieldName,
        text: String,
    },
    /// A fact, folded.
    Folded {
        field: FieldName,
        text: String,
    },
    /// How a fact begins, folded.
    Begins {
        field: FieldName,
        text: String,
    },
    /// A fact of this form, folded.
    Like {
        field: FieldName,
        form: Form,
    },
    Leads {
        field: FieldName,
        to: Vec<RecordId>,
    },
    Kinds(Vec<Kind>),
    /// Between two moments, both among them.
    Times {
        field: FieldName,
        from: Option<i64>,
        to: Option<i64>,
    },
    Numbers {
        field: FieldName,
        from: Option<(f64, bool)>,
        to: Option<(f64, bool)>,
    },
    /// One of these records.
    These(Arc<HashSet<RecordId>>),
    /// The same of records that a field was found to mean, each with what it says of the record.
    Listed {
        field: &'static str,
        of: Listed,
    },
    Has(FieldName),
}

/// Records, each with what is said of it.
pub type Listed = Arc<HashMap<RecordId, Arc<str>>>;

pub type Products = HashMap<Option<String>, Listed>;

/// Who asks, and what the query's names of records were found to mean to him.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    pub registry: &'a Registry,
    pub me: RecordId,
    pub teams: Vec<RecordId>,
    pub now: i64,
    /// What the products hold that a value names, by the value as it is printed, with the name of the product; of any
    /// product, by none.
    pub products: Products,
    /// The services whose display name a value is, by the value as it is printed.
    pub sources: HashMap<String, Vec<RecordId>>,
    /// What the caller may ask with SQL, where the query asks for that.
    pub queryable: Option<Listed>,
}
