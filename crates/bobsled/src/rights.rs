//! Asking the core's gate what the caller may do, where this door must know before it builds a command.

use emporion_catalog::Catalog;
use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::ports::{Snapshot, Verdict};
use emporion_catalog::record::Record;

use crate::error::Failure;

/// Whether the caller may do this to a record that he sees.
pub async fn may(
    catalog: &Catalog,
    snapshot: &dyn Snapshot,
    caller: &Caller,
    action: Action,
    record: &Record,
) -> Result<bool, Failure> {
    Ok(catalog.access().judge(snapshot, &caller.principal, action, record).await? == Verdict::Always)
}

/// Errors: 403 unless the caller may.
pub async fn require(
    catalog: &Catalog,
    snapshot: &dyn Snapshot,
    caller: &Caller,
    action: Action,
    record: &Record,
) -> Result<(), Failure> {
    if may(catalog, snapshot, caller, action, record).await? {
        return Ok(());
    }
    let who = caller.principal.name.to_string();
    Err(Problem::Forbidden { who, action: action.name(), kind: record.kind.name(), why: None }.into())
}
