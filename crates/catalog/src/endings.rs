//! What was given until a certain time ends then: roles on products, and loans of rows. Nothing asks for the time when
//! rights are looked at: the edge itself goes, by a change like any other, so that all that is kept of it ends with it.
//!
//! Every server does this, for itself: which of several is first does not matter. One that begins takes back what has
//! ended while none was there, before it serves.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::by_server::Chore;
use crate::catalog::Catalog;
use crate::context::Context;
use crate::growth::Interest;
use crate::id::{AccountId, Millis, RecordId};
use crate::plan;
use crate::plan::planning::Planned;
use crate::problem::Problem;

/// How many records are looked at in one turn.
const PAGE: u32 = 100;
/// Changes within this time are looked at together, unless an end that is known comes first.
const GATHERED: Duration = Duration::from_millis(100);
/// After this, one looks again in any case: clocks are set, and not every engine tells that something has changed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Catalog {
    /// Takes back all that is over by now. Answers when the next end is, where one is known.
    pub async fn end_what_is_over(&self) -> Result<Option<Millis>, Problem> {
        loop {
            let found = self.store.snapshot().await?.ending(PAGE).await?;
            let now = self.now();
            let mut has_ended = false;
            for ending in found.iter().filter(|ending| ending.at <= now) {
                has_ended |= self.end_of(ending.account, ending.record).await?;
            }
            if !has_ended {
                return Ok(found.iter().map(|ending| ending.at).find(|at| *at > now));
            }
        }
    }

    /// Does that whenever it is time. Ends only with whoever waits for it.
    pub async fn keep_endings(&self) {
        let products = Interest { account: None, kinds: Some(vec!["data_product"]) };
        let mut grown = self.store.grown(products);
        loop {
            if let Some(grown) = &mut grown {
                grown.borrow_and_update();
            }
            let wait = match self.end_what_is_over().await {
                Ok(next) => next.map_or(LONGEST_WAIT, |next| self.until(next)),
                Err(problem) => {
                    tracing::warn!(%problem, "what is over could not be taken back; it is tried again");
                    Duration::from_secs(1)
                }
            };
            let next = Instant::now() + wait;
            match &mut grown {
                Some(growing) => tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    still = growing.changed() => match still {
                        Ok(()) => tokio::time::sleep_until(next.min(Instant::now() + GATHERED)).await,
                        Err(_) => grown = None,
                    },
                },
                None => tokio::time::sleep_until(next).await,
            }
        }
    }

    fn until(&self, at: Millis) -> Duration {
        let left = at.0.saturating_sub(self.now().0).max(0);
        LONGEST_WAIT.min(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// Answers whether anything was taken back.
    async fn end_of(&self, account: AccountId, record: RecordId) -> Result<bool, Problem> {
        let Some(outcome) = self.do_by_server(account, None, &EndOf(record)).await? else { return Ok(false) };
        tracing::info!(record = %outcome.view.record.fqn, "what was given for a time is over");
        Ok(true)
    }
}

/// To take back what of a record is over.
struct EndOf(RecordId);

#[async_trait]
impl Chore for EndOf {
    async fn plan(&self, cx: &Context<'_>) -> Result<Option<Planned>, Problem> {
        let found = cx.snapshot.by_id(cx.account(), &[self.0]).await?.pop().flatten();
        match found.filter(|found| found.state.is_alive()) {
            Some(found) => plan::end::end(cx, found).await.map(Some),
            None => Ok(None),
        }
    }
}
