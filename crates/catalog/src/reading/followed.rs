//! What the caller follows. Followers are edges of what they follow, the same that clients of OpenMetadata set; nothing is kept
//! beside them. It is read with the rights of now: what somebody sees no more he is told nothing more of, though the edge stays.

use std::collections::BTreeMap;

use super::Reading;
use crate::boxed::Boxed;
use crate::id::{EdgeId, Millis, RecordId};
use crate::problem::Problem;
use crate::query::States;
use crate::record::Record;
use crate::relation::FOLLOWER;

/// Of more, the ones that were followed first are told of.
const MOST: u32 = 500;

/// Something that somebody follows, and since when he does.
#[derive(Debug, Clone)]
pub struct Followed {
    pub record: Record,
    pub since: Millis,
}

impl Reading<'_> {
    /// Records that the caller follows, as far as he sees them: what changed last comes first. Among them are those that are
    /// deleted and can be brought back.
    pub fn followed(&self) -> Boxed<'_, Result<Vec<Followed>, Problem>> {
        Box::pin(async move {
            let edges = self.snapshot.edges_to(&[self.caller.principal.user], &[FOLLOWER], MOST).await?;
            let since: BTreeMap<RecordId, Millis> = edges.iter().map(|edge| (edge.from, made_at(edge.id))).collect();
            let ids: Vec<RecordId> = since.keys().copied().collect();
            let mut records = if ids.is_empty() { Vec::new() } else { self.records(&ids, States::All).await? };
            records.sort_by_key(|record| (std::cmp::Reverse(record.updated.at), record.id));
            let followed = records.into_iter().map(|record| Followed { since: since[&record.id], record });
            Ok(followed.collect())
        })
    }
}

/// A mark stamps no record with its time: the id of its edge says when it was made.
fn made_at(edge: EdgeId) -> Millis {
    let made = edge.uuid().get_timestamp().map(|at| at.to_unix());
    Millis(made.map_or(0, |(seconds, nanos)| seconds.cast_signed() * 1_000 + i64::from(nanos / 1_000_000)))
}
