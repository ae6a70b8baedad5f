//! Past states of records that the caller sees.

use super::{Reading, Seen};
use crate::id::{RecordId, Revision};
use crate::load;
use crate::problem::Problem;
use crate::record::{Record, View};

impl Reading<'_> {
    /// Past and present states, newest first, older than `before` where given.
    pub async fn history(&self, of: &impl Seen, before: Option<Revision>, limit: u32) -> Result<Vec<Record>, Problem> {
        Ok(self.snapshot.history(of.record_id(), before, limit).await?)
    }

    /// What records were at revisions: `None` for what the caller does not see, or what is not kept.
    pub async fn states(&self, wanted: &[(RecordId, Revision)]) -> Result<Vec<Option<View>>, Problem> {
        self.catalog.states(&*self.snapshot, self.caller, wanted).await
    }

    /// The last state of a record that had a content revision.
    pub async fn content_state(&self, of: &impl Seen, number: u32) -> Result<Option<Record>, Problem> {
        load::content_state(&*self.snapshot, of.record_id(), number).await
    }

    /// A state out of the history with the edges that were alive then.
    pub async fn past_view(&self, state: Record) -> Result<View, Problem> {
        load::past_view(&*self.snapshot, state).await
    }
}
