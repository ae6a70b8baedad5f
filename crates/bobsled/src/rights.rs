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
    let gate = catalog.access().gate();
    let principal = &caller.principal;
    let mut verdict = gate.decide(principal, action, record.kind, record.visibility, None);
    if verdict == Verdict::Depends {
        let facts = catalog.access().facts(snapshot, principal, record).await?;
        verdict = gate.decide(principal, action, record.kind, record.visibility, Some(&facts));
    }
    Ok(verdict == Verdict::Always)
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
