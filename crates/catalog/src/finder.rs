//! Looking for records: in the words of people ([`Search`]), or as doors ask whose dialects have searches of their own
//! ([`Sought`]). Who finds is bound late.

mod bound;
mod condition;
mod document;
mod effort;
mod form;
pub mod matching;
mod sought;
pub mod topic;
mod words;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use self::bound::Narrowed;
pub use self::condition::{
    BELOW, Condition, DOMAIN_CALLED, DOMAIN_ITSELF, Listed, MOST_OWN, OWN_FIELD, Test, own_field,
};
pub use self::document::{Document, Fact, FieldName, Lead, MOST_FACT, Text, Tier};
pub use self::effort::Effort;
pub use self::form::{Form, Piece};
pub use self::sought::{Beyond, By, KIND_ITSELF, Order, SORTS, Sighted, Sought, Spotted};
pub use self::words::{Fit, Labels, WordTest};
use crate::caller::Caller;
use crate::id::{AccountId, RecordId, Seq};
use crate::kind::Kind;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::record::Card;

/// Finds records. What reading one would refuse a caller is in nothing that he is answered.
#[async_trait]
pub trait Finder: Send + Sync {
    /// Everything that fits, in its order, a page at a time.
    async fn find(&self, caller: &Caller, search: &Search) -> Result<Found, Refusal>;

    /// What somebody may mean who is still typing: his last word may be the beginning of one. With `at_least`, everything
    /// up to there is among what it can be.
    async fn suggest(&self, caller: &Caller, typed: &str, limit: u32, at_least: Option<Seq>) -> Result<Found, Refusal>;

    /// What can be counted of what is found, in the order in which it is told.
    fn counted(&self) -> &'static [&'static str];

    /// A query taken apart, for those who change it by a click.
    fn clauses(&self, query: &str) -> Result<Clauses, Refusal>;

    /// What somebody types to have only what was counted under a value.
    fn clause(&self, counted: &str, value: &str) -> String;

    /// Where in a text the words stand that a condition looks for, in bytes, from the first to the last.
    fn marks(&self, text: &str, condition: &Condition) -> Vec<Range<usize>>;

    /// Waits until everything can be found that was acknowledged before this was called.
    ///
    /// Errors: `Unavailable`, when that takes too long.
    async fn caught_up(&self) -> Result<(), Problem>;

    /// Begins to make anew what searches know, beside what answers meanwhile. Where that goes on already, it goes on.
    fn begin_anew(self: Arc<Self>) -> Result<(), Problem>;

    /// Whether everything up to a place in the log can be found, now or within this time.
    async fn knows(&self, upto: Seq, patience: Duration) -> Result<bool, Problem>;

    /// What the caller sees of all that is like this, and which hits of the page are like each of the others, too: all of
    /// it at one time, and for no more than one search may cost.
    async fn seek(&self, reading: &Reading<'_>, sought: &Sought, also: &[Condition]) -> Result<Sighted, Problem>;

    /// For each of these, all records of an account that are of the kinds and like that, whoever sees them: for the core,
    /// which reads them with a caller's rights. `None` where there are more than `most`, and for what is left when looking
    /// for them costs more than one question may.
    async fn narrow(
        &self,
        account: AccountId,
        wanted: &[(Vec<Kind>, Condition)],
        most: usize,
    ) -> Result<Vec<Option<ByKind>>, Problem>;
}

/// Records of several kinds.
pub type ByKind = HashMap<Kind, Vec<RecordId>>;

/// What a query is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clauses {
    /// All of which have to hold. Each can be typed by itself, and together, with a blank between, they ask for the same.
    pub all: Vec<String>,
    /// The same query, of which no word is corrected.
    pub exactly: String,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub query: String,
    /// 0 where it is only counted.
    pub limit: u32,
    pub order: Order,
    /// Where the page before ended, in the same order.
    pub after: Option<String>,
    /// Of which fields the values are counted.
    pub counted: Vec<String>,
    /// Queries of which it is counted how much of what is found fits them, too.
    pub also: Vec<String>,
    /// Shared with what else is searched for the same request.
    pub effort: Effort,
    /// The answer knows at least this place in the log.
    pub at_least: Option<Seq>,
    /// Where so many are found, no more are counted. `None`: all are.
    pub enough: Option<u32>,
    /// Of those of which the index alone cannot say whether the caller sees them, so many of the best are looked at, and
    /// more to fill the page alone. `None`: as many as may be for any search.
    pub most_looked_at: Option<u32>,
    /// Where nothing is found, so many other spellings are told at most of each word that nothing has.
    pub spellings: u32,
    /// Somebody is still typing it: typos of one letter are looked for in its last word alone, and few spellings are tried.
    pub is_typed: bool,
}

/// How many hits a page has, unless told otherwise, and at most.
pub const USUAL_LIMIT: u32 = 20;
pub const MOST_LIMIT: u32 = 1_000;

impl Search {
    pub fn of(query: impl Into<String>) -> Search {
        Search {
            query: query.into(),
            limit: USUAL_LIMIT,
            order: Order::BEST,
            after: None,
            counted: Vec::new(),
            also: Vec::new(),
            effort: Effort::default(),
            at_least: None,
            enough: None,
            most_looked_at: None,
            spellings: 0,
            is_typed: false,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The query as it was read.
    pub query: String,
    pub total: u64,
    /// Else there are at least as many.
    pub total_is_exact: bool,
    /// The place in the log up to which everything was looked at.
    pub seq: Seq,
    /// What was looked for instead, as nothing was found.
    pub corrected: Option<String>,
    /// How else it can be written, where nothing was found as it is and somebody asked for that.
    pub spellings: Option<Spellings>,
    pub hits: Vec<Hit>,
    pub facets: Vec<FacetCounts>,
    /// How much of it fits each of the other queries, in their order.
    pub also: Vec<u64>,
    /// Where the next page begins; `None` after the last.
    pub after: Option<String>,
}

/// Other spellings of words that nothing has which the caller sees. What they are and how much they find is told of what he
/// sees alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spellings {
    /// The query with the nearest of each, whether or not that finds anything.
    pub nearest: String,
    /// The words of which there are more to tell.
    pub words: Vec<Misspelt>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    pub word: String,
    /// The nearest first.
    pub near: Vec<Spelling>,
}

/// A query that finds something: the whole of it with another spelling, or that word alone, where the whole finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    pub query: String,
    pub total: u64,
    pub total_is_exact: bool,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: RecordId,
    pub kind: Kind,
    /// The name of its pages.
    pub page: &'static str,
    pub name: String,
    pub display_name: Option<String>,
    pub fqn: String,
    pub description: Option<String>,
    /// Who answers for it, and where it belongs; from above, where it says nothing of its own.
    pub owners: Vec<Arc<Card>>,
    pub domains: Vec<Arc<Card>>,
    pub why: Vec<Why>,
}

/// What of a record fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub field: String,
    pub fragment: String,
    /// Where in the fragment the words stand that were looked for, in bytes.
    pub marks: Vec<Range<usize>>,
}

/// How often the values of a field occur in all that was found, the commonest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCounts {
    pub field: String,
    pub values: Vec<(String, u64)>,
    /// How often others do.
    pub others: u64,
}

/// Why nothing was looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The query cannot be read; `at` counts code points.
    Broken {
        message: String,
        at: usize,
        expected: Vec<String>,
    },
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem)
    }
}
