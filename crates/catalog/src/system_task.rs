//! System tasks: writes that the server makes in its own name, that no user asked for and no user's rights decide.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::cached_snapshot::CachedSnapshot;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::command::{Command, Outcome};
use crate::context::Context;
use crate::id::AccountId;
use crate::lease::Ownership;
use crate::plan;
use crate::plan::planning::Planned;
use crate::problem::Problem;

/// Who it is in the log.
const SERVER: &str = "emporion";
/// How often a plan that lost an expectation is made again.
const TRIES: usize = 8;

/// One thing that the server has to do in an account.
#[async_trait]
pub(crate) trait SystemTask: Send + Sync {
    /// What is to be stored, as things are now; `None` where there is nothing left to do.
    async fn plan(&self, cx: &Context<'_>) -> Result<Option<Planned>, Problem>;
}

#[async_trait]
impl SystemTask for Command {
    async fn plan(&self, cx: &Context<'_>) -> Result<Option<Planned>, Problem> {
        plan::plan(cx, self).await.map(Some)
    }
}

impl Catalog {
    /// Plans a system task and stores it, anew where somebody else was faster, as long as the job is the owner's. What it
    /// writes comes in by `door`, where that names one. Answers what came of it; `None` where nothing was to be stored.
    ///
    /// Errors: those of the plan; `Overtaken` where somebody else was faster each time.
    pub(crate) async fn run_as_system(
        &self,
        owner: &Ownership,
        account: AccountId,
        door: Option<&'static str>,
        task: &dyn SystemTask,
    ) -> Result<Option<Outcome>, Problem> {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
            }
            let snapshot = self.store.snapshot().await?;
            let caller = Caller { door, ..server(account, snapshot.access_epoch(account).await?) };
            let seen = CachedSnapshot::over(&*snapshot);
            let planned = task.plan(&self.context(&seen, &caller)).await?;
            drop(seen);
            drop(snapshot);
            let Some(Planned { mut set, outcome }) = planned.filter(|planned| !planned.set.is_empty()) else {
                return Ok(None);
            };
            set.expect.extend(owner.expectation());
            if self.try_set(set).await? {
                return Ok(Some(outcome));
            }
        }
        Err(Problem::Overtaken)
    }
}

/// The server itself, for whom an account has no user.
fn server(account: AccountId, epoch: u64) -> Caller {
    Caller::of(Arc::new(Principal {
        account,
        user: account.record(),
        name: SERVER.into(),
        email: String::new(),
        is_admin: true,
        is_bot: true,
        roles: Vec::new(),
        teams: Vec::new(),
        domains: Vec::new(),
        epoch,
    }))
}
