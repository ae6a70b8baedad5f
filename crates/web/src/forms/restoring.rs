//! The way to what is deleted and has a name that somebody wants.

use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use crate::fault::Fault;
use crate::forms::wrong::Wrong;
use crate::records::address;
use crate::request::visit::Visit;

/// Where what is deleted and has the name is brought back, for who may do that.
pub async fn restoring(visit: &Visit, reading: &Reading<'_>, wrong: &[Wrong]) -> Result<Option<String>, Fault> {
    let Some(id) = wrong.iter().find_map(|one| one.deleted) else { return Ok(None) };
    let found = reading.in_any_state(&[id]).await?;
    let records: Vec<&Record> = found.iter().collect();
    let is_offered = reading.may_restore_each(&records).await?.contains(&true);
    let at = if visit.caller().principal.is_admin { address::DELETED } else { address::OWN_DELETED };
    Ok(is_offered.then(|| address::with_query(at, &[("restore", &id.to_string())])))
}
