//! What somebody else has made of a record since a form of it was shown.

use emporion_catalog::id::Revision;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Stamp, View};

use crate::fault::Fault;
use crate::records::difference::{self, Difference};
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;

pub struct Conflict {
    /// Who was faster, and when; `None` where that is not known.
    pub by: Option<(String, Moment)>,
    pub differences: Vec<Difference>,
    /// The whole of their text, where it is one.
    pub theirs: Option<String>,
}

impl Conflict {
    pub fn of(visit: &Visit, stamp: Option<&Stamp>, differences: Vec<Difference>) -> Conflict {
        let by = stamp.map(|stamp| (shown(&stamp.by.name), visit.moment(stamp.at)));
        Conflict { by, differences, theirs: None }
    }

    /// What has come to a record since the revision of which its form was made; `None` where nothing has.
    pub async fn since(
        visit: &Visit,
        reading: &Reading<'_>,
        view: &View,
        seen: Revision,
    ) -> Result<Option<Conflict>, Fault> {
        if seen == view.record.revision {
            return Ok(None);
        }
        let old = reading.state(view.id(), seen).await?;
        Conflict::between(visit, reading, old.as_ref(), view).await.map(Some)
    }

    /// From the state that the form was made of to the present one; of a past that is not kept, only who and when.
    pub async fn between(
        visit: &Visit,
        reading: &Reading<'_>,
        old: Option<&View>,
        new: &View,
    ) -> Result<Conflict, Fault> {
        let differences = match old {
            Some(old) => {
                let (mut old, mut new) = (old.clone(), new.clone());
                difference::keep_seen(reading, &mut [&mut old, &mut new]).await?;
                difference::between(visit.t, &old, &new)
            }
            None => Vec::new(),
        };
        Ok(Conflict::of(visit, Some(&new.record.updated), difference::compared(differences).await?))
    }
}
