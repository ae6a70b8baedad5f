//! What is wrong with what was typed into a form.

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;

use crate::fault::Fault;
use crate::records::address;
use crate::request::visit::Visit;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field that it is about, as the form or the core calls it; `None`: the whole.
    pub field: Option<String>,
    pub said: String,
    /// The sender may not change that.
    pub is_denied: bool,
    /// What is deleted and has the name.
    pub deleted: Option<RecordId>,
}

impl Wrong {
    pub fn of_field(field: impl Into<String>, said: String) -> Wrong {
        Wrong { field: Some(field.into()), said, is_denied: false, deleted: None }
    }
}

impl From<String> for Wrong {
    fn from(said: String) -> Wrong {
        Wrong { field: None, said, is_denied: false, deleted: None }
    }
}

/// Where what is deleted and has the name is brought back, for who may do that.
pub async fn restoring(visit: &Visit, reading: &Reading<'_>, wrong: &[Wrong]) -> Result<Option<String>, Fault> {
    let Some(id) = wrong.iter().find_map(|one| one.deleted) else { return Ok(None) };
    let found = reading.in_any_state(&[id]).await?;
    let records: Vec<&Record> = found.iter().collect();
    let is_offered = reading.may_restore_each(&records).await?.contains(&true);
    let at = if visit.caller().principal.is_admin { address::DELETED } else { address::OWN_DELETED };
    Ok(is_offered.then(|| address::with_query(at, &[("restore", &id.to_string())])))
}
