//! What followers keep in the store itself: those that have no store of their own.

use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::follower_state::FollowerState;
use crate::id::{AccountId, RecordId, Revision, Seq};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;

impl Catalog {
    /// The end of the log.
    pub fn log_head(&self) -> Boxed<'_, Result<Seq, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?.head().await?) })
    }

    /// A record that a follower keeps a place for: followers act for the server, and ask for the rights of those whom they
    /// tell something.
    pub fn followed(&self, account: AccountId, id: RecordId) -> Boxed<'_, Result<Option<Record>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            Ok(snapshot.by_id(account, &[id]).await?.pop().flatten())
        })
    }

    /// The same of many, those that are there.
    pub fn followed_all<'a>(
        &'a self,
        account: AccountId,
        ids: &'a [RecordId],
    ) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            Ok(snapshot.by_id(account, ids).await?.into_iter().flatten().collect())
        })
    }

    /// A page of records, whoever may see them.
    pub fn followed_page<'a>(&'a self, query: &'a ListQuery) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?.list(query).await?) })
    }

    /// What a record was before a revision, newest first.
    pub fn followed_past(
        &self,
        id: RecordId,
        before: Option<Revision>,
        limit: u32,
    ) -> Boxed<'_, Result<Vec<Record>, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?.history(id, before, limit).await?) })
    }

    /// What a follower keeps under a key.
    pub fn follower_state<'a>(
        &'a self,
        follower: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<FollowerState>, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?.follower_states(follower, Some(key)).await?.pop()) })
    }

    /// All that a follower keeps, in the order of the keys.
    pub fn follower_states<'a>(&'a self, follower: &'a str) -> Boxed<'a, Result<Vec<FollowerState>, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?.follower_states(follower, None).await?) })
    }
}
