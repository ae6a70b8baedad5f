//! The commit path: a command becomes a change set, which is stored while what it was decided on holds; else it is
//! planned again.

use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Expect, Lost, NameScope};
use crate::command::{Command, Idempotency, Once, Outcome, Ref};
use crate::held;
use crate::id::{AccountId, RecordId};
use crate::idempotency::{done, remember, replay};
use crate::keyed_semaphore::KeyedPermit;
use crate::plan;
use crate::plan::planning::Planned;
use crate::ports::{Planner, Snapshot};
use crate::problem::Problem;
use crate::request_freshness::RequestFreshness;
use crate::rules::unique_email;
use crate::tracking::ReadSet;

/// How often a plan that lost an expectation is made again before it is made inside the writer.
const TRIES: usize = 4;

impl Catalog {
    /// Carries a command out: durable when this answers.
    pub fn execute<'a>(&'a self, caller: &'a Caller, command: &'a Command) -> Boxed<'a, Result<Outcome, Problem>> {
        Box::pin(async move { self.run(caller, command, &Terms::default()).await?.outcome() })
    }

    /// The same under an idempotency key: the first request's answer is stored with its change, and repeated for every
    /// later request that is the same.
    ///
    /// Errors: `KeyReused` when the key stands for another request. A refused command leaves the key unused.
    pub fn execute_once<'a>(
        &'a self,
        caller: &'a Caller,
        command: &'a Command,
        key: &'a Idempotency,
    ) -> Boxed<'a, Result<Once, Problem>> {
        Box::pin(async move { self.run(caller, command, &Terms { key: Some(key), basis: None }).await })
    }

    /// Carries out what a door has decided on what it read, while all of that is still so.
    ///
    /// Errors: `Overtaken` when it is not; nothing is stored then, and the door decides again.
    pub fn execute_decided<'a>(
        &'a self,
        caller: &'a Caller,
        command: &'a Command,
        key: Option<&'a Idempotency>,
        read: &'a ReadSet,
    ) -> Boxed<'a, Result<Once, Problem>> {
        Box::pin(async move {
            let basis = read.unchanged()?;
            // What planning reads is the core's own matter, which has expectations of its own.
            ReadSet::apart(self.run(caller, command, &Terms { key, basis })).await
        })
    }

    async fn run(&self, caller: &Caller, command: &Command, terms: &Terms<'_>) -> Result<Once, Problem> {
        held::assert_none("a commit");
        // Spares tries, and no more: what another process does meanwhile is met by the expectations.
        let _turn = self.turn(caller, command).await;
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
            self.access.show_outcomes(&known, &caller.principal, &mut [&mut outcome]).await?;
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
                Some(Err(Lost(lost))) if is_final(&lost, terms, &caller) => return Err(Problem::Overtaken),
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
                // What was looked at meanwhile is later than what the request was told first.
                RequestFreshness::forget();
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

    /// Planners of one record queue here instead of losing to one another.
    async fn turn(&self, caller: &Caller, command: &Command) -> Option<KeyedPermit<'_>> {
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
        Some(self.turns.acquire(hasher.finish()).await)
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
        let Planned { mut set, mut outcome } = plan::plan(&cx, self.command).await?;
        cx.access.show_outcomes(&known, &caller.principal, &mut [&mut outcome]).await?;
        let answer = self.terms.key.map(|key| remember(&mut set, &caller, key, &outcome, cx.now));
        set.expect.extend(caller.fence.iter().chain(&self.terms.basis).cloned());
        Ok((set, done(answer, outcome)))
    }
}

/// Whether nothing that is planned anew could be stored either.
fn is_final(lost: &Expect, terms: &Terms<'_>, caller: &Caller) -> bool {
    [&terms.basis, &caller.fence].into_iter().any(|expected| expected.as_ref() == Some(lost))
}

/// A decision holds while the rights do that it was made with, and what it is made for is this process's to do. `raises`: how
/// often sets before it in the same call raise the epoch.
pub(crate) fn expect_rights(set: &mut ChangeSet, caller: &Caller, raises: u64) {
    let epoch = caller.principal.epoch + raises;
    set.expect.push(Expect::AccessEpochIs { account: caller.account(), epoch });
    set.expect.extend(caller.fence.clone());
}

/// What no plan can look at beforehand, because only the store meets it: a name or an alias somewhere in a subtree that
/// moves or comes back.
fn in_the_way(lost: Lost) -> Problem {
    match lost.0 {
        Expect::NameFree { kind, scope, .. } => {
            let (NameScope::Fqn(name) | NameScope::Within { name, .. } | NameScope::Folded(name)) = scope;
            Problem::NameTaken { kind: kind.name(), name, existing: None, is_deleted: false }
        }
        Expect::AliasFree { space, value, .. } if space == unique_email::SPACE => {
            Problem::AliasTaken { space, value: unique_email::address(&value).to_owned() }
        }
        Expect::AliasFree { space, value, .. } => Problem::AliasTaken { space, value },
        Expect::Unchanged { .. } | Expect::FollowerAt { .. } => Problem::Overtaken,
        other => Problem::internal(format!("lost {other:?} inside the writer")),
    }
}
