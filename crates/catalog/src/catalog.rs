//! The catalogue: the one entry point for doors. Commands go through the commit path, reads through the gate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::access::Access;
use crate::caller::Caller;
use crate::change_set::{ChangeSet, Permit, RememberedAnswer, Write};
use crate::command::{Command, Effect, Idempotency, Once, Outcome, Ref};
use crate::id::{Millis, RecordId, Seq};
use crate::plan::{self, Context, Planned, overlay::Overlay};
use crate::ports::{Authenticator, Planner, Sealer, Snapshot, Store};
use crate::problem::Problem;
use crate::registry::Registry;

/// How often a plan that lost an expectation is made again before it is made inside the writer.
const TRIES: usize = 4;
/// Locks that planners of one record queue on.
const STRIPES: usize = 1_024;

/// The running catalogue. Cheap to share.
pub struct Catalog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) access: Access,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) checked: crate::credentials::Checked,
    stripes: Vec<tokio::sync::Mutex<()>>,
    clock: fn() -> Millis,
}

/// What a catalogue is made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub registry: Registry,
    pub gate: Arc<dyn crate::ports::Gate>,
    pub sealer: Arc<dyn Sealer>,
    pub authenticator: Arc<dyn Authenticator>,
    pub clock: fn() -> Millis,
}

impl Catalog {
    pub fn new(parts: Parts) -> Catalog {
        Catalog {
            store: parts.store,
            registry: parts.registry,
            access: Access::new(parts.gate),
            sealer: parts.sealer,
            authenticator: parts.authenticator,
            checked: crate::credentials::Checked::default(),
            stripes: (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
            clock: parts.clock,
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn access(&self) -> &Access {
        &self.access
    }

    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// A consistent state for reads that need more than one question.
    pub async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Problem> {
        Ok(self.store.snapshot().await?)
    }

    /// The log's newest place; an error when the store cannot be used.
    pub async fn health(&self) -> Result<Seq, Problem> {
        Ok(self.store.health().await?)
    }

    /// Carries a command out: durable when this answers.
    pub async fn execute(&self, caller: &Caller, command: &Command) -> Result<Outcome, Problem> {
        match self.run(caller, command, None).await? {
            Once::Done { outcome, .. } => Ok(*outcome),
            Once::Replayed { .. } => Err(Problem::internal("a replay without a key")),
        }
    }

    /// The same under an idempotency key: the first request's answer is stored with its change, and repeated for every
    /// later request that is the same.
    ///
    /// Errors: `KeyReused` when the key stands for another request. A refused command leaves the key unused.
    pub async fn execute_once(&self, caller: &Caller, command: &Command, key: &Idempotency) -> Result<Once, Problem> {
        self.run(caller, command, Some(key)).await
    }

    async fn run(&self, caller: &Caller, command: &Command, key: Option<&Idempotency>) -> Result<Once, Problem> {
        let _turn = self.stripe(caller, command).await;
        for attempt in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            if let Some(replay) = replay(&*snapshot, caller, key).await? {
                return Ok(replay);
            }
            let cx = self.context(&*snapshot, caller);
            let Planned { mut set, mut outcome } = plan::plan(&cx, command).await?;
            let answer = key.map(|key| remember(&mut set, caller, key, &outcome, cx.now));
            drop(snapshot);
            if set.is_empty() {
                return Ok(done(answer, outcome));
            }
            let raised: Vec<_> = set.raised_epochs().collect();
            let committed = self.store.commit(vec![set]).await?.pop();
            match committed {
                Some(Ok(seq)) => {
                    self.after_commit(&raised).await?;
                    outcome.seq = Some(seq);
                    return Ok(done(answer, outcome));
                }
                Some(Err(lost)) => {
                    tracing::debug!(?lost, attempt, "planning again");
                    if attempt > 0 {
                        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
                    }
                }
                None => return Err(Problem::internal("the store answered nothing")),
            }
        }
        self.run_in_writer(caller, command, key).await
    }

    /// The last try: planned with no other commit in between, so nothing can be lost.
    async fn run_in_writer(
        &self,
        caller: &Caller,
        command: &Command,
        key: Option<&Idempotency>,
    ) -> Result<Once, Problem> {
        let planner = InWriter { catalog: self, caller, command, key, result: Mutex::new(None) };
        let committed = self.store.commit_planned(&planner).await?;
        let result = planner.result.into_inner().ok_or_else(|| Problem::internal("the writer did not plan"))?;
        let (once, raised) = result?;
        let seq = committed.map_err(|lost| Problem::internal(format!("lost {lost:?} inside the writer")))?;
        self.after_commit(&raised).await?;
        Ok(match once {
            Once::Done { status, body, mut outcome } => {
                outcome.seq = Some(seq);
                Once::Done { status, body, outcome }
            }
            replayed => replayed,
        })
    }

    /// Many independent commands, stored together: each row answers for itself, later rows see earlier ones.
    pub async fn execute_all(&self, caller: &Caller, commands: &[Command]) -> Vec<Result<Outcome, Problem>> {
        match self.try_all(caller, commands).await {
            Ok(results) => results,
            Err(problem) => commands.iter().map(|_| Err(problem.clone())).collect(),
        }
    }

    async fn try_all(&self, caller: &Caller, commands: &[Command]) -> Result<Vec<Result<Outcome, Problem>>, Problem> {
        let snapshot = self.store.snapshot().await?;
        let overlay = Overlay::over(&*snapshot);
        let cx = self.context(&overlay, caller);
        let mut results: Vec<Option<Result<Outcome, Problem>>> = Vec::with_capacity(commands.len());
        let mut sets = Vec::new();
        let mut rows = Vec::new();
        for (row, command) in commands.iter().enumerate() {
            match plan::plan(&cx, command).await {
                Ok(Planned { set, outcome }) => {
                    if !set.is_empty() {
                        overlay.apply(&set);
                        sets.push(set);
                        rows.push(row);
                    }
                    results.push(Some(Ok(outcome)));
                }
                Err(problem) => results.push(Some(Err(problem))),
            }
        }
        drop(overlay);
        drop(snapshot);
        let raised: Vec<_> = sets.iter().flat_map(ChangeSet::raised_epochs).collect();
        let committed = if sets.is_empty() { Vec::new() } else { self.store.commit(sets).await? };
        self.after_commit(&raised).await?;
        for (row, stored) in rows.into_iter().zip(committed) {
            match stored {
                Ok(seq) => {
                    if let Some(Some(Ok(outcome))) = results.get_mut(row) {
                        outcome.seq = Some(seq);
                    }
                }
                // Somebody else was faster on this row: it alone is planned again.
                Err(_) => results[row] = Some(self.execute(caller, &commands[row]).await),
            }
        }
        Ok(results.into_iter().map(|result| result.expect("every row was planned")).collect())
    }

    /// What must not lag behind an acknowledged write.
    pub(crate) async fn after_commit(&self, raised: &[crate::id::AccountId]) -> Result<(), Problem> {
        if raised.is_empty() {
            return Ok(());
        }
        let snapshot = self.store.snapshot().await?;
        let mut seen: Vec<crate::id::AccountId> = Vec::new();
        for account in raised {
            if !seen.contains(account) {
                seen.push(*account);
                self.access.raise(&*snapshot, &self.registry, *account).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn context<'a>(&'a self, snapshot: &'a dyn Snapshot, caller: &'a Caller) -> Context<'a> {
        Context {
            snapshot,
            registry: &self.registry,
            access: &self.access,
            sealer: &*self.sealer,
            caller,
            now: self.now(),
        }
    }

    /// Planners of one record queue here instead of losing to one another.
    async fn stripe(&self, caller: &Caller, command: &Command) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        use std::hash::{Hash, Hasher};
        let mut hasher = std::hash::DefaultHasher::new();
        caller.account().uuid().hash(&mut hasher);
        match command {
            Command::Create { kind, draft, .. } => (kind.name(), draft.name.as_deref()).hash(&mut hasher),
            Command::Upsert { kind, name, .. } => (kind.name(), Some(name.as_str())).hash(&mut hasher),
            Command::Change { target, .. } | Command::Delete { target, .. } | Command::Restore { target } => {
                match target {
                    Ref::Id(_, id) | Ref::AnyOf(_, id) => id.hash(&mut hasher),
                    Ref::Name(kind, text) => (kind.name(), text).hash(&mut hasher),
                    Ref::Alias { value, .. } => match value.parse::<RecordId>() {
                        Ok(id) => id.hash(&mut hasher),
                        Err(_) => value.hash(&mut hasher),
                    },
                }
            }
            Command::Together(_) => return None,
        }
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).expect("below STRIPES");
        Some(self.stripes[stripe].lock().await)
    }
}

struct InWriter<'a> {
    catalog: &'a Catalog,
    caller: &'a Caller,
    command: &'a Command,
    key: Option<&'a Idempotency>,
    result: Mutex<Option<Result<(Once, Vec<crate::id::AccountId>), Problem>>>,
}

#[async_trait]
impl Planner for InWriter<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        let nothing = || ChangeSet::new(Permit(()));
        match replay(snapshot, self.caller, self.key).await {
            Ok(None) => {}
            Ok(Some(replayed)) => {
                *self.result.lock() = Some(Ok((replayed, Vec::new())));
                return nothing();
            }
            Err(problem) => {
                *self.result.lock() = Some(Err(problem));
                return nothing();
            }
        }
        let cx = self.catalog.context(snapshot, self.caller);
        match plan::plan(&cx, self.command).await {
            Ok(Planned { mut set, outcome }) => {
                let answer = self.key.map(|key| remember(&mut set, self.caller, key, &outcome, cx.now));
                let raised = set.raised_epochs().collect();
                *self.result.lock() = Some(Ok((done(answer, outcome), raised)));
                set
            }
            Err(problem) => {
                *self.result.lock() = Some(Err(problem));
                nothing()
            }
        }
    }
}

async fn replay(snapshot: &dyn Snapshot, caller: &Caller, key: Option<&Idempotency>) -> Result<Option<Once>, Problem> {
    let Some(key) = key else { return Ok(None) };
    match snapshot.answer_for(caller.account(), &key.scope, &key.key).await? {
        None => Ok(None),
        Some(stored) if stored.fingerprint == key.fingerprint => {
            Ok(Some(Once::Replayed { status: stored.status, body: stored.body }))
        }
        Some(_) => Err(Problem::KeyReused),
    }
}

/// Adds the answer to the change set, so that both are stored or neither.
fn remember(
    set: &mut ChangeSet,
    caller: &Caller,
    key: &Idempotency,
    outcome: &Outcome,
    at: Millis,
) -> (u16, bytes::Bytes) {
    let (status, body) = (key.print)(outcome);
    let account = caller.account();
    set.expect.push(crate::change_set::Expect::KeyUnused { account, scope: key.scope.clone(), key: key.key.clone() });
    set.writes.push(Write::PutKey(Box::new(RememberedAnswer {
        account,
        scope: key.scope.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        status,
        body: body.clone(),
        at,
    })));
    (status, body)
}

fn done(answer: Option<(u16, bytes::Bytes)>, outcome: Outcome) -> Once {
    let (status, body) = answer.unwrap_or((0, bytes::Bytes::new()));
    Once::Done { status, body, outcome: Box::new(outcome) }
}

impl Outcome {
    pub fn changed(&self) -> bool {
        self.effect != Effect::Unchanged
    }
}
