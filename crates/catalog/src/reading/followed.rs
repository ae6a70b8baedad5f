//! What the caller follows. Followers are edges of what they follow, the same that clients of OpenMetadata set; nothing is kept
//! beside them. It is read with the rights of now: what somebody sees no more he is told nothing more of, though the edge stays.

use super::Reading;
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::query::States;
use crate::record::Record;
use crate::relation::FOLLOWER;

/// Of more, the ones that were followed first are told of.
const MOST: u32 = 500;

impl Reading<'_> {
    /// Records that the caller follows, as far as he sees them: what changed last comes first. Among them are those that are
    /// deleted and can be brought back.
    pub fn followed(&self) -> Boxed<'_, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let edges = self.snapshot.edges_to(&[self.caller.principal.user], &[FOLLOWER], MOST).await?;
            let mut ids: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
            ids.sort_unstable();
            ids.dedup();
            let mut records = if ids.is_empty() { Vec::new() } else { self.records(&ids, States::All).await? };
            records.sort_by_key(|record| (std::cmp::Reverse(record.updated.at), record.id));
            Ok(records)
        })
    }
}
