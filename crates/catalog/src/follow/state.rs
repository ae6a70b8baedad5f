//! What followers keep in the store itself: those that have no store of their own.

use crate::access;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Write};
use crate::follower_state::FollowerState;
use crate::id::{AccountId, RecordId, Revision, Seq};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;

impl Catalog {
    /// The end of the log.
    pub async fn log_head(&self) -> Result<Seq, Problem> {
        Ok(self.store.snapshot().await?.head().await?)
    }

    /// A record that a follower keeps a place for: followers act for the server, and ask for the rights of those whom they
    /// tell something.
    pub async fn followed(&self, account: AccountId, id: RecordId) -> Result<Option<Record>, Problem> {
        let snapshot = self.store.snapshot().await?;
        Ok(snapshot.by_id(account, &[id]).await?.pop().flatten())
    }

    /// The same of many, those that are there.
    pub async fn followed_all(&self, account: AccountId, ids: &[RecordId]) -> Result<Vec<Record>, Problem> {
        let snapshot = self.store.snapshot().await?;
        Ok(snapshot.by_id(account, ids).await?.into_iter().flatten().collect())
    }

    /// A page of records, whoever may see them.
    pub async fn followed_page(&self, query: &ListQuery) -> Result<Vec<Record>, Problem> {
        Ok(self.store.snapshot().await?.list(query).await?)
    }

    /// What a record was before a revision, newest first.
    pub async fn followed_past(
        &self,
        id: RecordId,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<Record>, Problem> {
        Ok(self.store.snapshot().await?.history(id, before, limit).await?)
    }

    /// What a follower keeps under a key.
    pub async fn follower_state(&self, follower: &str, key: &str) -> Result<Option<FollowerState>, Problem> {
        Ok(self.store.snapshot().await?.follower_states(follower, Some(key)).await?.pop())
    }

    /// All that a follower keeps, in the order of the keys.
    pub async fn follower_states(&self, follower: &str) -> Result<Vec<FollowerState>, Problem> {
        Ok(self.store.snapshot().await?.follower_states(follower, None).await?)
    }

    /// Keeps states and forgets others, all or none. No event tells of it: a follower would follow itself.
    pub async fn keep_follower_states(
        &self,
        kept: Vec<FollowerState>,
        forgotten: Vec<(String, String)>,
    ) -> Result<(), Problem> {
        let mut set = ChangeSet::new(access::of_the_server());
        set.writes.extend(kept.into_iter().map(|state| Write::PutFollower(Box::new(state))));
        set.writes.extend(forgotten.into_iter().map(|(follower, key)| Write::DropFollower { follower, key }));
        if set.is_empty() {
            return Ok(());
        }
        match self.store.commit(vec![set]).await?.pop() {
            Some(Ok(_)) => Ok(()),
            // It expects nothing.
            _ => Err(Problem::internal("the store lost an expectation that nobody had")),
        }
    }
}
