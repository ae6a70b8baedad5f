//! What a door looks for, and what it is answered.

use super::{Condition, FacetCounts};
use crate::id::{Millis, RecordId};

/// What is looked for, in which order, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    pub condition: Condition,
    pub order: Order,
    /// The page begins strictly behind this place; not in the order of what fits best.
    pub beyond: Option<Beyond>,
    /// So many are passed over.
    pub from: usize,
    pub limit: usize,
    /// Of which fields the values are counted.
    pub counted: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub by: By,
    /// Turns it round, but for what fits best.
    pub descending: bool,
}

/// What comes first. Ties are broken by the FQN; of what fits equally well, by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Best,
    Fqn,
    Created,
    Updated,
}

/// A place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// Where it is an order of times.
    pub at: Option<Millis>,
    pub fqn: String,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Sighted {
    pub total: u64,
    /// Else there are at least as many.
    pub is_exact: bool,
    /// Those of the page, each with how well it fits; what is gone by the time that it is read is none.
    pub hits: Vec<(RecordId, u64)>,
    pub facets: Vec<FacetCounts>,
}
