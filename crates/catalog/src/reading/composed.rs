//! How products are composed of one another, whoever sees them. That a circle is closed, how deep a chain is and whether
//! something is still in use hold for everybody: who would close the circle is told so, and learns no more than the ids on
//! it. No records come out.

use super::{Reading, Seen};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;
use crate::relation::COMPOSED_OF;

impl Reading<'_> {
    /// What the parts of a record refer to, whether or not the caller sees the record; parts that take a right of their own
    /// only where he has it.
    pub fn referred_by_parts(
        &self,
        of: RecordId,
        query: ListQuery,
        referred: fn(Record) -> Option<RecordId>,
    ) -> Boxed<'_, Result<Vec<RecordId>, Problem>> {
        Box::pin(async move {
            let found = self.pages(ListQuery { parent: Some(of), ..query }).await?;
            Ok(self.visible_parts(found).await?.into_iter().filter_map(referred).collect())
        })
    }

    /// The living records whose parts are composed of any of these.
    pub fn composing<'a>(&'a self, of: &'a [RecordId]) -> Boxed<'a, Result<Vec<RecordId>, Problem>> {
        Box::pin(async move {
            let edges = self.snapshot.edges_to(of, &[COMPOSED_OF], u32::MAX).await?;
            let parts: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
            let found = self.snapshot.by_id(self.account(), &parts).await?.into_iter().flatten();
            let mut wholes: Vec<RecordId> =
                found.filter(|part| part.state.is_alive()).filter_map(|part| part.parent).collect();
            wholes.sort_unstable();
            wholes.dedup();
            Ok(wholes)
        })
    }

    /// Which records have a part that refers to which others, among all parts that the query finds in the account and the
    /// caller sees.
    pub fn referrals(
        &self,
        query: ListQuery,
        referred: fn(Record) -> Option<RecordId>,
    ) -> Boxed<'_, Result<Vec<(RecordId, RecordId)>, Problem>> {
        Box::pin(async move {
            let found = self.pages(query).await?;
            let seen = self.seen(found).await?;
            Ok(seen.into_iter().filter_map(|part| Some((part.parent?, referred(part)?))).collect())
        })
    }

    /// The records with a part that refers to this one, among all that the query finds in the account: what is to go is in
    /// use also where nobody sees by what.
    pub fn referring<'a>(
        &'a self,
        to: &'a dyn Seen,
        query: ListQuery,
        referred: fn(Record) -> Option<RecordId>,
    ) -> Boxed<'a, Result<Vec<RecordId>, Problem>> {
        Box::pin(async move {
            let to = Some(to.record_id());
            let parent = |part: Record| part.parent.filter(|_| referred(part) == to);
            Ok(self.pages(query).await?.into_iter().filter_map(parent).collect())
        })
    }
}
