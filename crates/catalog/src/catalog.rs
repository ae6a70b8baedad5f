//! The catalogue: the one entry point for doors. Commands go through the commit path, reads through the gate.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::plan;
use crate::access::Access;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Caller;
use crate::change_set::{ChangeSet, Expect, Lost, NameScope};
use crate::command::{Command, Idempotency, Once, Outcome, Ref};
use crate::context::Context;
use crate::finder::Plug;
use crate::form_model::FormModels;
use crate::held;
use crate::id::{AccountId, Millis, RecordId, Seq};
use crate::idempotency::{done, remember, replay};
use crate::plan::planning::Planned;
use crate::ports::{Authenticator, Planner, Sealer, Snapshot, Store};
use crate::problem::Problem;
use crate::registry::Registry;
use crate::response_cache::ResponseCache;
use crate::rows::Reader;
use crate::rules::unique_email;
use crate::tracking::{ReadSet, TrackedStore};

/// How often a plan that lost an expectation is made again before it is made inside the writer.
const TRIES: usize = 4;
/// Locks that planners of one record queue on.
const STRIPES: usize = 1_024;
/// How much room kept answers take.
const RESPONSE_CACHE_BYTES: usize = 96 << 20;
/// The same for what answers are made with.
const PREPARED_BYTES: usize = 64 << 20;

/// The running catalogue. Cheap to share.
pub struct Catalog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) access: Access,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) checked: crate::credentials::Checked,
    pub(crate) responses: ResponseCache,
    pub(crate) prepared: ResponseCache,
    pub(crate) finder: Plug,
    forms: FormModels,
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
            access: Access::new(parts.gate, parts.store.clone()),
            store: Arc::new(TrackedStore(parts.store)),
            registry: parts.registry,
            sealer: parts.sealer,
            authenticator: parts.authenticator,
            checked: crate::credentials::Checked::default(),
            responses: ResponseCache::new(RESPONSE_CACHE_BYTES),
            prepared: ResponseCache::of_large(PREPARED_BYTES),
            finder: Plug::default(),
            forms: FormModels::default(),
            stripes: (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
            clock: parts.clock,
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// For tests: what the gate is asked with.
    #[cfg(any(test, feature = "testing"))]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Asks about rows for the caller.
    pub(crate) fn rows<'a>(&'a self, snapshot: &'a dyn Snapshot, caller: &'a Caller) -> Reader<'a> {
        Reader::new(&self.access, snapshot, &caller.principal)
    }

    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// For tests: what is stored, whoever may see it. What doors read, they read through [`Catalog::reading`].
    #[cfg(any(test, feature = "testing"))]
    pub async fn unfiltered(&self) -> Result<Box<dyn Snapshot>, Problem> {
        Ok(self.store.snapshot().await?)
    }

    /// The log's newest place; an error when the store cannot be used.
    pub async fn health(&self) -> Result<Seq, Problem> {
        Ok(self.store.health().await?)
    }

    /// Carries a command out: durable when this answers.
    pub async fn execute(&self, caller: &Caller, command: &Command) -> Result<Outcome, Problem> {
        self.run(caller, command, &Terms::default()).await?.outcome()
    }

    /// The same under an idempotency key: the first request's answer is stored with its change, and repeated for every
    /// later request that is the same.
    ///
    /// Errors: `KeyReused` when the key stands for another request. A refused command leaves the key unused.
    pub async fn execute_once(&self, caller: &Caller, command: &Command, key: &Idempotency) -> Result<Once, Problem> {
        self.run(caller, command, &Terms { key: Some(key), basis: None }).await
    }

    /// Carries out what a door has decided on what it read, while all of that is still so.
    ///
    /// Errors: `Overtaken` when it is not; nothing is stored then, and the door decides again.
    pub async fn execute_decided(
        &self,
        caller: &Caller,
        command: &Command,
        key: Option<&Idempotency>,
        read: &ReadSet,
    ) -> Result<Once, Problem> {
        let basis = read.unchanged()?;
        // What planning reads is the core's own matter, which has expectations of its own.
        ReadSet::apart(self.run(caller, command, &Terms { key, basis })).await
    }

    async fn run(&self, caller: &Caller, command: &Command, terms: &Terms<'_>) -> Result<Once, Problem> {
        held::assert_none("a commit");
        // Spares tries, and no more: what another process does meanwhile is met by the expectations.
        let _turn = self.stripe(caller, command).await;
        for attempt in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            // A first try is refused, or loses the key, where the request was carried out before.
            if attempt > 0
                && let Some(replay) = replay(&*snapshot, caller, terms.key, self.now()).await?
            {
                return Ok(replay);
            }
            let caller = self.present(&*snapshot, caller, attempt > 0).await?;
            let known = CachedSnapshot::over(&*snapshot);
            let cx = self.context(&known, &caller);
            let planned = plan::plan(&cx, command).await;
            if planned.is_err()
                && attempt == 0
                && let Some(replay) = replay(&*snapshot, &caller, terms.key, cx.now).await?
            {
                return Ok(replay);
            }
            if !planned.as_ref().is_ok_and(|planned| !planned.set.is_empty()) {
                // It may be refused, or found done, for what came in between.
                self.check_basis(terms).await?;
            }
            let Planned { mut set, mut outcome } = planned?;
            let answer = terms.key.map(|key| remember(&mut set, &caller, key, &outcome, cx.now));
            drop(known);
            drop(snapshot);
            if set.is_empty() {
                return Ok(done(answer, outcome));
            }
            expect_rights(&mut set, &caller, 0);
            set.expect.extend(terms.basis.clone());
            let raised: Vec<_> = set.raised_epochs().collect();
            let committed = self.store.commit(vec![set]).await?.pop();
            match committed {
                Some(Ok(seq)) => {
                    self.after_commit(raised).await;
                    outcome.seq = Some(seq);
                    return Ok(done(answer, outcome));
                }
                Some(Err(Lost(Expect::Unchanged { .. }))) => return Err(Problem::Overtaken),
                Some(Err(lost)) => {
                    tracing::debug!(?lost, attempt, "planning again");
                    if attempt > 0 {
                        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
                    }
                }
                None => return Err(Problem::internal("the store answered nothing")),
            }
        }
        self.run_in_writer(caller, command, terms).await
    }

    async fn check_basis(&self, terms: &Terms<'_>) -> Result<(), Problem> {
        match &terms.basis {
            Some(Expect::Unchanged { since, dependencies }) => {
                match self.store.unchanged_until(*since, dependencies).await? {
                    Some(_) => Ok(()),
                    None => Err(Problem::Overtaken),
                }
            }
            _ => Ok(()),
        }
    }

    /// The last try: planned with no other commit in between, so nothing that was looked at can be lost.
    async fn run_in_writer(&self, caller: &Caller, command: &Command, terms: &Terms<'_>) -> Result<Once, Problem> {
        let planner = InWriter { catalog: self, caller, command, terms, result: Mutex::new(None) };
        let committed = self.store.commit_planned(&planner).await?;
        let result = planner.result.into_inner().ok_or_else(|| Problem::internal("the writer did not plan"));
        let (once, raised) = result.flatten()?;
        let seq = committed.map_err(in_the_way)?;
        self.after_commit(raised).await;
        Ok(match once {
            Once::Done { status, body, mut outcome } => {
                outcome.seq = Some(seq);
                Once::Done { status, body, outcome }
            }
            replayed => replayed,
        })
    }

    /// The caller with the rights that he has in this state: those he came with may have been taken meanwhile.
    ///
    /// Errors: `Unauthenticated` when he may no longer act at all.
    pub(crate) async fn present(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        look: bool,
    ) -> Result<Caller, Problem> {
        let (account, had) = (caller.account(), caller.principal.epoch);
        if !look && self.access.known_epoch(account).await == Some(had) {
            return Ok(caller.clone());
        }
        if snapshot.access_epoch(account).await? == had {
            return Ok(caller.clone());
        }
        let principal = self.principal(snapshot, account, caller.principal.user).await?;
        Ok(Caller { principal, ..caller.clone() })
    }

    /// Takes up the rights that a commit has altered, so that the requests that come next need not. Whether it does is
    /// of no consequence: what was known of them ended before the commit was acknowledged.
    pub(crate) async fn after_commit(&self, mut raised: Vec<AccountId>) {
        raised.sort_unstable();
        raised.dedup();
        for account in raised {
            if let Err(problem) = self.take_up(account).await {
                tracing::warn!(%problem, "the next request takes up what may be done now");
            }
        }
    }

    async fn take_up(&self, account: AccountId) -> Result<(), Problem> {
        let snapshot = self.store.snapshot().await?;
        self.access.epoch(&*snapshot, &self.registry, account).await?;
        Ok(())
    }

    pub(crate) fn context<'a>(&'a self, snapshot: &'a dyn Snapshot, caller: &'a Caller) -> Context<'a> {
        Context {
            snapshot,
            registry: &self.registry,
            access: &self.access,
            sealer: &*self.sealer,
            forms: &self.forms,
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
            Command::Change { target, .. }
            | Command::Delete { target, .. }
            | Command::Restore { target }
            | Command::Lend { product: target, .. }
            | Command::Decide { request: target, .. } => match target {
                Ref::Id(_, id) | Ref::AnyOf(_, id) => id.hash(&mut hasher),
                Ref::Name(kind, text) => (kind.name(), text).hash(&mut hasher),
                Ref::Alias { value, .. } => match value.parse::<RecordId>() {
                    Ok(id) => id.hash(&mut hasher),
                    Err(_) => value.hash(&mut hasher),
                },
            },
            Command::Together(_) => return None,
        }
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).expect("below STRIPES");
        Some(self.stripes[stripe].lock().await)
    }
}

/// What a command is carried out under, beside the rights of its caller.
#[derive(Default)]
struct Terms<'a> {
    key: Option<&'a Idempotency>,
    /// What the door decided on, as an expectation.
    basis: Option<Expect>,
}

/// What came of planning in the writer, with the accounts whose epoch the set raises.
type Ran = Result<(Once, Vec<AccountId>), Problem>;

struct InWriter<'a> {
    catalog: &'a Catalog,
    caller: &'a Caller,
    command: &'a Command,
    terms: &'a Terms<'a>,
    result: Mutex<Option<Ran>>,
}

#[async_trait]
impl Planner for InWriter<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        let (set, result) = match self.decide(snapshot).await {
            Ok((set, once)) => {
                let raised = set.raised_epochs().collect();
                (set, Ok((once, raised)))
            }
            Err(problem) => (ChangeSet::nothing(), Err(problem)),
        };
        *self.result.lock() = Some(result);
        set
    }
}

impl InWriter<'_> {
    async fn decide(&self, snapshot: &dyn Snapshot) -> Result<(ChangeSet, Once), Problem> {
        if let Some(replayed) = replay(snapshot, self.caller, self.terms.key, self.catalog.now()).await? {
            return Ok((ChangeSet::nothing(), replayed));
        }
        self.catalog.check_basis(self.terms).await?;
        let caller = self.catalog.present(snapshot, self.caller, true).await?;
        let known = CachedSnapshot::over(snapshot);
        let cx = self.catalog.context(&known, &caller);
        let Planned { mut set, outcome } = plan::plan(&cx, self.command).await?;
        let answer = self.terms.key.map(|key| remember(&mut set, &caller, key, &outcome, cx.now));
        set.expect.extend(self.terms.basis.clone());
        Ok((set, done(answer, outcome)))
    }
}

/// A decision holds while the rights do that it was made with. `raises`: how often sets before it in the same call raise
/// the epoch.
pub(crate) fn expect_rights(set: &mut ChangeSet, caller: &Caller, raises: u64) {
    let epoch = caller.principal.epoch + raises;
    set.expect.push(Expect::AccessEpochIs { account: caller.account(), epoch });
}

/// What no plan can look at beforehand, because only the store meets it: a name or an alias somewhere in a subtree that
/// moves or comes back.
fn in_the_way(lost: Lost) -> Problem {
    match lost.0 {
        Expect::NameFree { kind, scope, .. } => {
            let (NameScope::Fqn(name) | NameScope::Within { name, .. } | NameScope::Folded(name)) = scope;
            Problem::NameTaken { kind: kind.name(), name, existing: None }
        }
        Expect::AliasFree { space, value, .. } if space == unique_email::SPACE => {
            Problem::AliasTaken { space, value: unique_email::address(&value).to_owned() }
        }
        Expect::AliasFree { space, value, .. } => Problem::AliasTaken { space, value },
        Expect::Unchanged { .. } => Problem::Overtaken,
        other => Problem::internal(format!("lost {other:?} inside the writer")),
    }
}
