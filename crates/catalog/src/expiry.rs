//! Expiry of roles on products, of shared rows and of certifications. Checks of rights never compare times: the edge itself
//! is removed when it expires, by a change like any other, so that whatever depends on it ends with it.
//!
//! Every server does this, for itself: which of several is first does not matter. One that begins takes back
//! rights that have ended while none was there, before it serves.

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt};

use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::context::Context;
use crate::id::{AccountId, Millis, RecordId};
use crate::kind::Kind;
use crate::lease::Ownership;
use crate::log_watch::Interest;
use crate::member_query;
use crate::plan;
use crate::plan::planning::Planned;
use crate::problem::Problem;
use crate::relation::{ENDING, ENDING_RIGHTS, Relation};
use crate::system_task::SystemTask;

/// How many ends are looked at in one turn.
const PAGE: u32 = 100;
/// How many records are written side by side, so that they share a commit.
const AT_ONCE: usize = 16;

impl Catalog {
    /// Takes back all that is over by now: rights first, and again after each turn of the rest. Answers when the next end
    /// is, where one is known.
    pub fn end_expired(&self) -> Boxed<'_, Result<Option<Millis>, Problem>> {
        Box::pin(async move {
            loop {
                let rights = self.end_expired_rights().await?;
                let (has_ended, next) = self.end_some(ENDING).await?;
                if !has_ended {
                    return Ok([rights, next].into_iter().flatten().min());
                }
            }
        })
    }

    /// The same of rights alone.
    pub fn end_expired_rights(&self) -> Boxed<'_, Result<Option<Millis>, Problem>> {
        Box::pin(async move {
            loop {
                let (has_ended, next) = self.end_some(ENDING_RIGHTS).await?;
                if !has_ended {
                    return Ok(next);
                }
            }
        })
    }

    /// One turn. Answers whether anything was taken back, and the next end of those that were looked at.
    async fn end_some(&self, of: &[Relation]) -> Result<(bool, Option<Millis>), Problem> {
        let found = self.store.snapshot().await?.ending(of, PAGE).await?;
        let now = self.now();
        let mut over: Vec<(AccountId, RecordId)> =
            found.iter().filter(|ending| ending.at <= now).map(|ending| (ending.account, ending.record)).collect();
        over.sort_unstable();
        over.dedup();
        let mut ends = futures_util::stream::iter(over)
            .map(|(account, record)| self.end_of(account, record))
            .buffer_unordered(AT_ONCE);
        let mut has_ended = false;
        while let Some(ended) = ends.try_next().await? {
            has_ended |= ended;
        }
        Ok((has_ended, found.iter().map(|ending| ending.at).find(|at| *at > now)))
    }

    /// Does that whenever it is time. Ends only with whoever waits for it.
    pub fn run_expiry(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            let ends = |kind: &Kind| ENDING.iter().any(|relation| kind.has(*relation));
            let kinds = self.registry().iter().filter(ends).map(Kind::name).collect();
            let mut alarm = self.alarm(Interest { account: None, kinds: Some(kinds) });
            loop {
                let next = self.end_expired().await.unwrap_or_else(|problem| {
                    tracing::warn!(%problem, "what is over could not be taken back; it is tried again");
                    Some(self.soon())
                });
                alarm.wait_until(next).await;
            }
        })
    }

    /// Answers whether anything was taken back.
    async fn end_of(&self, account: AccountId, record: RecordId) -> Result<bool, Problem> {
        let Some(outcome) = self.run_as_system(&Ownership::alone(), account, None, &EndOf(record)).await? else {
            return Ok(false);
        };
        tracing::info!(record = %outcome.view.record.fqn, "what was given for a time is over");
        Ok(true)
    }
}

/// To take back what of a record is over.
struct EndOf(RecordId);

#[async_trait]
impl SystemTask for EndOf {
    async fn plan(&self, cx: &Context<'_>) -> Result<Option<Planned>, Problem> {
        let found = cx.snapshot.by_id(cx.account(), &[self.0]).await?.pop().flatten();
        match found.filter(|found| found.state.is_alive()) {
            Some(found) => {
                let ended = plan::end::end(cx, found).await?;
                member_query::follow(cx, ended).await.map(Some)
            }
            None => Ok(None),
        }
    }
}
