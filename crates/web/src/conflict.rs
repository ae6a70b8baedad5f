//! What somebody else has made of a record since a form of it was shown.

use emporion_catalog::id::Revision;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::difference::{self, Difference};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::plain::shown;
use crate::visit::Visit;

pub struct Conflict {
    pub by: String,
    pub at: Moment,
    pub differences: Vec<Difference>,
    /// The whole of their text, where it is one.
    pub theirs: Option<String>,
}

impl Conflict {
    /// From the state that the form was made of to the present one; of a past that is not kept, only who and when.
    pub fn between(visit: &Visit, old: Option<&View>, new: &View) -> Conflict {
        let stamp = &new.record.updated;
        let differences = old.map(|old| difference::between(visit.t, old, new)).unwrap_or_default();
        Conflict { by: shown(&stamp.by.name), at: visit.moment(stamp.at), differences, theirs: None }
    }

    /// The same by the revision of that state.
    pub async fn since(visit: &Visit, reading: &Reading<'_>, view: &View, seen: Revision) -> Result<Conflict, Fault> {
        let old = reading.states(&[(view.id(), seen)]).await?.pop().flatten();
        Ok(Conflict::between(visit, old.as_ref(), view))
    }
}
