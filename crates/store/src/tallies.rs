//! Totals that are kept beside records: how many of a kind are in a state, and how many stand below each record.

use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::record::Record;
use foldhash::HashMap;

use crate::rows;

/// Among which records of its kind one is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub state: i64,
    pub parent: Option<RecordId>,
    pub visibility: i64,
}

impl Place {
    pub fn of(record: &Record) -> Place {
        Place {
            state: rows::state_code(record.state),
            parent: record.parent,
            visibility: rows::visibility_code(record.visibility),
        }
    }
}

/// Differences of the totals that are not yet written.
#[derive(Debug, Clone, Default)]
pub struct Tallies {
    /// By account, kind and state.
    pub by_state: HashMap<(AccountId, &'static str, i64), i64>,
    /// Of living records by account, kind, what they stand below, and who sees them.
    pub by_place: HashMap<(AccountId, &'static str, Option<RecordId>, i64), i64>,
}

impl Tallies {
    pub fn add(&mut self, account: AccountId, kind: Kind, place: Place, by: i64) {
        *self.by_state.entry((account, kind.name(), place.state)).or_default() += by;
        if place.state == rows::ALIVE {
            *self.by_place.entry((account, kind.name(), place.parent, place.visibility)).or_default() += by;
        }
    }

    pub fn pending(&self, account: AccountId, kind: Kind, state: i64) -> i64 {
        self.by_state.get(&(account, kind.name(), state)).copied().unwrap_or(0)
    }
}
