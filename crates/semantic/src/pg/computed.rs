//! A query of nothing that is stored: what it says is computed, in the same words and by the same guard as over an SQLite
//! source that has no tables.

use std::collections::BTreeMap;

use super::product::{self, Given, Written};
use super::typing::Tables;
use crate::guard::{self, Dialect, Parameters, Plan, Policy, Refusal};

/// The query as it is written, which says which parameters it takes.
///
/// Errors: what keeps it from being written.
pub fn written(sql: &str, given: &Given<'_>) -> Result<Written, Refusal> {
    product::written(sql, Dialect::Sqlite, &BTreeMap::new(), &Tables::new(), given)
}

/// What may run of it, with these values of its parameters.
///
/// Errors: the first rule that it breaks.
pub fn planned(written: &Written, values: &Parameters, rows: u64) -> Result<Plan, Refusal> {
    guard::guard_rows(&written.sql, &Policy::new(Dialect::Sqlite), values, rows)
}
