//! What a door looks for, and what it is answered.

use std::collections::HashSet;

use super::{Condition, FacetCounts};
use crate::id::{Millis, RecordId};

/// What is looked for, in which order, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    pub condition: Condition,
    pub order: Order,
    /// The page begins strictly behind this place; not in the order of names.
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

impl Order {
    /// What fits best comes first.
    pub const BEST: Order = Order { by: By::Best, descending: false };

    /// The order of this name.
    pub fn called(name: &str) -> Option<Order> {
        SORTS.iter().find(|(known, _)| *known == name).map(|(_, order)| *order)
    }
}

/// The orders in which people have what they look for.
pub const SORTS: &[(&str, Order)] = &[
    ("relevance", Order::BEST),
    ("name", Order { by: By::Name, descending: false }),
    ("updated", Order { by: By::Updated, descending: true }),
];

/// What comes first. Ties are broken by the FQN; by the name, of what fits equally well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Best,
    /// Without case and diacritics.
    Name,
    Fqn,
    Created,
    Updated,
}

/// A place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// In the orders of FQNs and of times. Where it names no record, all of this FQN stand before it.
    Named { at: Option<Millis>, fqn: String, id: Option<RecordId> },
    /// In the order of what fits best: a hit, with its score and the key of its name.
    Fitting { score: u64, name: String, id: RecordId },
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Sighted {
    pub total: u64,
    /// Else there are at least as many.
    pub is_exact: bool,
    /// Those of the page; what is gone by the time that it is read is none.
    pub hits: Vec<Spotted>,
    /// Those of them that are like each of the other conditions, in the order of these.
    pub also: Vec<HashSet<RecordId>>,
    pub facets: Vec<FacetCounts>,
}

/// A record that was found, and where it stands in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spotted {
    pub id: RecordId,
    /// How well it fits.
    pub score: u64,
    /// By which those stand that are alike in everything else: the key of the name, or the FQN.
    pub text: String,
}

/// What is counted by the names of kinds themselves: `kind` counts by what people call them, which several share.
pub const KIND_ITSELF: &str = "kind=";
