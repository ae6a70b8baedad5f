//! How products are composed of one another, whoever sees them. That a circle is closed, how deep a chain is and whether
//! something is still in use hold for everybody: who would close the circle is told so, and learns no more than the ids on
//! it. No records come out.

use super::{Reading, Seen};
use crate::id::RecordId;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;
use crate::relation::COMPOSED_OF;

impl Reading<'_> {
    /// What the parts of a record refer to, whether or not the caller sees the record; parts that take a right of their own
    /// only where he has it.
    pub async fn referred_by_parts(
        &self,
        of: RecordId,
        query: ListQuery,
        referred: impl Fn(Record) -> Option<RecordId>,
    ) -> Result<Vec<RecordId>, Problem> {
        let found = self.pages(ListQuery { parent: Some(of), ..query }).await?;
        Ok(self.visible_parts(found).await?.into_iter().filter_map(referred).collect())
    }

    /// The living records whose parts are composed of any of these.
    pub async fn composing(&self, of: &[RecordId]) -> Result<Vec<RecordId>, Problem> {
        let edges = self.snapshot.edges_to(of, &[COMPOSED_OF], u32::MAX).await?;
        let parts: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
        let found = self.snapshot.by_id(self.account(), &parts).await?.into_iter().flatten();
        let mut wholes: Vec<RecordId> =
            found.filter(|part| part.state.is_alive()).filter_map(|part| part.parent).collect();
        wholes.sort_unstable();
        wholes.dedup();
        Ok(wholes)
    }

    /// Which records have a part that refers to which others, among all parts that the query finds in the account and the
    /// caller sees.
    pub async fn referrals(
        &self,
        query: ListQuery,
        referred: impl Fn(Record) -> Option<RecordId>,
    ) -> Result<Vec<(RecordId, RecordId)>, Problem> {
        let found = self.pages(query).await?;
        let seen = self.seen(found).await?;
        Ok(seen.into_iter().filter_map(|part| Some((part.parent?, referred(part)?))).collect())
    }

    /// The records with a part that refers to this one, among all that the query finds in the account: what is to go is in
    /// use also where nobody sees by what.
    pub async fn referring(
        &self,
        to: &impl Seen,
        query: ListQuery,
        referred: impl Fn(Record) -> Option<RecordId>,
    ) -> Result<Vec<RecordId>, Problem> {
        let to = Some(to.record_id());
        let parent = |part: Record| part.parent.filter(|_| referred(part) == to);
        Ok(self.pages(query).await?.into_iter().filter_map(parent).collect())
    }
}
