//! Asking the core's gate what the caller may do, where that must be known before a command is built.

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::ports::Verdict;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use crate::failure::Failure;

/// Whether the caller may do this to a record that he sees.
pub async fn may(reading: &Reading<'_>, action: Action, record: &Record) -> Result<bool, Failure> {
    Ok(reading.verdict(action, record).await? == Verdict::Always)
}

/// Errors: 403 unless the caller may.
pub async fn require(reading: &Reading<'_>, action: Action, record: &Record) -> Result<(), Failure> {
    let why = match reading.verdict(action, record).await? {
        Verdict::Always => return Ok(()),
        Verdict::Never { why } => why,
        Verdict::Depends => None,
    };
    let who = reading.caller().principal.name.to_string();
    Err(Problem::Forbidden { who, action: action.name(), kind: record.kind.name(), why }.into())
}
