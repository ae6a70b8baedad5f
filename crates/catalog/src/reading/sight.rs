//! How much a kind alone says of which records the caller sees.

use super::Reading;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::listing::Scope;
use crate::problem::Problem;
use crate::query::ListQuery;

/// What the caller sees of a kind that is no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindSight {
    Nothing,
    Everything,
    /// What is open, and of what was granted that from which an edge (owner, owning team, editor, viewer) leads to one of
    /// these. The rest is not seen, or has to be looked at one by one.
    Open {
        linked_to: Vec<RecordId>,
        look_at_rest: bool,
    },
    /// Each record has to be looked at.
    Each,
}

impl Reading<'_> {
    pub async fn sight(&self, kind: Kind) -> Result<KindSight, Problem> {
        let query = ListQuery::of(self.account(), kind);
        Ok(match self.catalog.scope(&*self.snapshot, &self.caller.principal, &query).await? {
            Scope::Nothing => KindSight::Nothing,
            Scope::Everything => KindSight::Everything,
            Scope::Edges(linked_to, standing) => KindSight::Open { linked_to, look_at_rest: !standing.is_empty() },
            Scope::Each => KindSight::Each,
        })
    }
}
