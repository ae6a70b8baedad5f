//! How a record looks by what is planned: for itself, and for whatever it stands below.

use super::{Overlay, matching};
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::ports::StoreResult;
use crate::query::ListQuery;
use crate::record::Record;

/// How far up a chain of parents is followed; longer ones come from damage.
const DEPTH: usize = 64;

impl Overlay<'_> {
    /// The record as everything planned leaves it; `None` when it is removed for ever.
    pub(super) async fn shown(
        &self,
        account: AccountId,
        id: RecordId,
        found: Option<Record>,
    ) -> StoreResult<Option<Record>> {
        let (since, record, has_subtrees) = {
            let planned = self.planned.lock();
            let (since, record) = match planned.record(id) {
                Some((since, record)) if record.account == account => (since, Some(record.clone())),
                Some(_) => (0, None),
                None => (0, found),
            };
            (since, record, planned.has_subtrees())
        };
        let Some(mut record) = record else { return Ok(None) };
        if !has_subtrees {
            return Ok(Some(record));
        }
        let above = self.above(&record).await?;
        let mut planned = self.planned.lock();
        if planned.drops(record.id, since) {
            return Ok(None);
        }
        for subtree in planned.subtrees_of(&above, since) {
            planned.reached.insert(record.id);
            match subtree.alter(record) {
                Some(altered) => record = altered,
                None => return Ok(None),
            }
        }
        Ok(Some(record))
    }

    /// Whether the records look as they do below.
    pub(super) fn leaves(&self, mut ids: impl Iterator<Item = RecordId>) -> bool {
        let planned = self.planned.lock();
        !planned.has_subtrees() && ids.all(|id| planned.record(id).is_none())
    }

    /// The records that a record stands below.
    async fn above(&self, record: &Record) -> StoreResult<Vec<RecordId>> {
        let mut above = Vec::new();
        let mut next = record.parent;
        for _ in 0..DEPTH {
            let Some(id) = next else { break };
            above.push(id);
            let planned = self.planned.lock().record(id).map(|(_, record)| record.parent);
            next = match planned {
                Some(parent) => parent,
                None => {
                    let found = self.below.by_id(record.account, &[id]).await?.into_iter().flatten().next();
                    found.and_then(|record| record.parent)
                }
            };
        }
        Ok(above)
    }

    /// Whether nothing is planned that a question about the kind could meet.
    pub(super) fn is_clear(&self, kind: Kind) -> bool {
        let planned = self.planned.lock();
        !planned.has_subtrees() && planned.of_kind(kind).next().is_none()
    }

    /// What was planned for records of the kind, as far as the query asks for it.
    pub(super) async fn matching(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        let ids: Vec<RecordId> = self.planned.lock().of_kind(query.kind).map(|record| record.id).collect();
        let mut found = Vec::new();
        for id in ids {
            if let Some(record) = self.shown(query.account, id, None).await?
                && matching::of_record(query, &record)
                && matching::of_edges(query, &record, self).await?
            {
                found.push(record);
            }
        }
        Ok(found)
    }
}
