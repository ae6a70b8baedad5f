//! What an answer was made of: every question that it put to the store, noted as things whose change the store can tell.
//!
//! While a [`ReadSet`] is in force (`ReadSet::during`), each snapshot that the catalogue takes notes what it is asked. So an
//! answer cannot forget one of its sources, however deep in a door they are read. What cannot be tracked (secrets,
//! credentials, the log) makes the answer one that nobody may keep.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::change_set::{ChangeSet, Expect, Lost, SealedSecret};
use crate::committed::Committed;
use crate::dependency::{CommitVersion, Dependency};
use crate::id::{AccountId, RecordId, Revision, Seq};
use crate::kind::Kind;
use crate::log_watch::{Interest, LogAdvance};
use crate::observation::{Key, Observation, Observed, Range, Series};
use crate::ports::{
    Around, Freshness, PastState, Planner, Snapshot, StatePlace, Store, StoreResult, Surroundings, Upward,
};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

tokio::task_local! {
    static IN_FORCE: Arc<ReadSet>;
}

/// Notes what is read.
#[derive(Default)]
pub struct ReadSet(Mutex<State>);

#[derive(Default)]
struct State {
    dependencies: Vec<Dependency>,
    /// When the oldest of the snapshots was taken.
    version: Option<CommitVersion>,
    /// Something was read that cannot be tracked, or from a store that counts no commits.
    untracked: bool,
}

impl ReadSet {
    // Not `async`: that would keep the work twice, as an argument and within its scope.

    /// Runs the work, noting what it reads.
    pub fn during<T>(self: &Arc<ReadSet>, work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(self.clone(), work)
    }

    /// Runs the work, noting nothing of what it reads.
    pub fn apart<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        IN_FORCE.scope(Arc::default(), work)
    }

    /// What was read since when; `None` where not all of it can be tracked, or nothing was read.
    pub fn noted(&self) -> Option<(CommitVersion, Box<[Dependency]>)> {
        let noted = self.0.lock();
        let version = noted.version.filter(|_| !noted.untracked)?;
        let mut dependencies = noted.dependencies.clone();
        drop(noted);
        dependencies.sort_unstable();
        dependencies.dedup();
        Some((version, dependencies.into()))
    }

    /// What must still be so when something is stored that was decided on what was read; `None` where nothing was.
    ///
    /// Errors: `Internal` where a part of it cannot be told to have changed.
    pub fn unchanged(&self) -> Result<Option<Expect>, Problem> {
        {
            let noted = self.0.lock();
            if noted.version.is_none() && !noted.untracked {
                return Ok(None);
            }
        }
        let noted = self.noted().ok_or_else(|| Problem::internal("decided on what cannot be told to have changed"))?;
        let (since, dependencies) = noted;
        Ok(Some(Expect::Unchanged { since, dependencies: dependencies.into() }))
    }

    /// Tells the reading in force that something was used which was made of these things, and holds up to the version: of
    /// what is kept, and so of nothing that it sees read. `None` where not all of it can be tracked.
    pub fn used(made_of: Option<(CommitVersion, &[Dependency])>) {
        let _ = IN_FORCE.try_with(|read_set| match made_of {
            Some((version, dependencies)) => {
                read_set.depend_on(dependencies.iter().copied());
                read_set.began(Some(version));
            }
            None => read_set.cannot_track(),
        });
    }

    fn depend_on(&self, things: impl IntoIterator<Item = Dependency>) {
        self.0.lock().dependencies.extend(things);
    }

    fn cannot_track(&self) {
        self.0.lock().untracked = true;
    }

    fn began(&self, at: Option<CommitVersion>) {
        let mut noted = self.0.lock();
        match at {
            None => noted.untracked = true,
            Some(at) => noted.version = Some(noted.version.map_or(at, |known| known.min(at))),
        }
    }
}

/// A store whose snapshots note what they are asked while a [`ReadSet`] is in force.
pub struct TrackedStore(pub Arc<dyn Store>);

#[async_trait]
impl Store for TrackedStore {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        let snapshot = self.0.snapshot().await?;
        Ok(match IN_FORCE.try_with(Arc::clone) {
            Ok(read_set) => Box::new(TrackedSnapshot { snapshot, read_set, has_version: AtomicBool::new(false) }),
            Err(_) => snapshot,
        })
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let stored = self.0.commit(sets).await?;
        stored.iter().flatten().for_each(|seq| Committed::note(*seq));
        Ok(stored)
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let stored = self.0.commit_planned(planner).await?;
        stored.iter().for_each(|seq| Committed::note(*seq));
        Ok(stored)
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.0.health().await
    }

    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        self.0.unchanged_until(since, dependencies)
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        self.0.grown(interest)
    }
}

struct TrackedSnapshot {
    snapshot: Box<dyn Snapshot>,
    read_set: Arc<ReadSet>,
    has_version: AtomicBool,
}

impl TrackedSnapshot {
    /// Notes the moment that answers will be of.
    async fn begin(&self) -> StoreResult<()> {
        if !self.has_version.swap(true, Ordering::Relaxed) {
            self.read_set.began(self.snapshot.version().await?);
        }
        Ok(())
    }

    /// To be asked what cannot be told to have changed.
    fn untracked(&self) -> &dyn Snapshot {
        self.read_set.cannot_track();
        &*self.snapshot
    }
}

emporion_model::ledger_below! { [] TrackedSnapshot, self => self.untracked() }

/// Hands each question on, and notes what its answer depends on: what the question says, then what is found.
macro_rules! tracked {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty : $asked:expr $(, $found:ident => $met:expr)?;)*) => {
        #[async_trait]
        impl Snapshot for TrackedSnapshot {
            $(async fn $name(&self, $($arg: $ty),*) -> StoreResult<$out> {
                self.read_set.depend_on($asked);
                self.begin().await?;
                let answer = self.snapshot.$name($($arg),*).await?;
                $(let $found = &answer;
                self.read_set.depend_on($met);)?
                Ok(answer)
            })*

            async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
                self.untracked().secrets(id).await
            }

            async fn version(&self) -> StoreResult<Option<CommitVersion>> {
                self.snapshot.version().await
            }
        }
    };
}

tracked! {
    by_id(account: AccountId, ids: &[RecordId]) -> Vec<Option<Record>>: records(ids);
    cards(account: AccountId, ids: &[RecordId]) -> Vec<Option<Arc<Card>>>: records(ids);
    cards_and_above(account: AccountId, ids: &[RecordId], standing: &[RecordId]) -> Vec<Arc<Card>>:
        records(ids).chain(records(standing)), cards => cards.iter().map(|card| Dependency::record(card.id));
    surroundings(account: AccountId, asked: &Around<'_>) -> Surroundings:
        records(asked.ids).chain(records(asked.standing)), found => {
            let (edges, cards) = found;
            edges.iter().map(|edge| edge.to).chain(cards.iter().map(|card| card.id)).map(Dependency::record)
        };
    // Who holds a name holds it until he changes; that nobody does ends with the first who is put under it.
    by_fqn(account: AccountId, kind: Kind, fqns: &[&str]) -> Vec<Option<Record>>: [], found => {
        let nobody = |fqn| Dependency::fqn(account, kind, fqn);
        let holders = found.iter().map(|holder| holder.as_ref().map(|record| Dependency::record(record.id)));
        holders.zip(fqns).map(move |(holder, fqn)| holder.unwrap_or_else(|| nobody(fqn)))
    };
    by_folded_name(account: AccountId, kind: Kind, folded: &str, limit: u32) -> Vec<Record>:
        [Dependency::kind(account, kind)];
    by_alias(account: AccountId, space: &str, value: &str) -> Option<RecordId>:
        [], holder => [holder.map_or_else(|| Dependency::alias(account, space, value), Dependency::record)];
    aliases(space: &str, ids: &[RecordId]) -> Vec<(RecordId, String)>: records(ids);
    // Who is given another alias, or ceases to live, is put anew.
    greatest_alias(account: AccountId, kind: Kind, space: &str, beneath: Option<&str>) -> Option<(RecordId, String)>:
        [Dependency::kind(account, kind)];
    list(query: &ListQuery) -> Vec<Record>: of_query(query);
    count(query: &ListQuery) -> u64: of_query(query);
    lists(queries: &[ListQuery]) -> Vec<Vec<Record>>: queries.iter().flat_map(of_query);
    counts(queries: &[ListQuery]) -> Vec<u64>: queries.iter().flat_map(of_query);
    edges_from(ids: &[RecordId], relations: Option<&[Relation]>) -> Vec<Edge>: records(ids);
    edges_up(account: AccountId, asked: &Upward<'_>) -> Surroundings:
        records(asked.ids).chain(edges_to(asked.members)), found => {
            let (edges, cards) = found;
            let ends = edges.iter().flat_map(|edge| [edge.from, edge.to]);
            ends.chain(cards.iter().map(|card| card.id)).map(Dependency::record)
        };
    edges_to(ids: &[RecordId], relations: &[Relation], limit: u32) -> Vec<Edge>: edges_to(ids);
    edges_bearing(attribute: &'static str, ids: &[RecordId], relations: &[Relation]) -> Vec<Edge>: edges_to(ids);
    edges_ever_to(id: RecordId, relations: &[Relation], of: Kind, limit: u32) -> Vec<Edge>: edges_to(&[id]);
    edges_at(id: RecordId, revision: Revision) -> Vec<Edge>: records(&[id]);
    history(id: RecordId, before: Option<Revision>, limit: u32) -> Vec<Record>: records(&[id]);
    history_below(parent: RecordId, kinds: &[Kind], before: Option<StatePlace>, limit: u32) -> Vec<StatePlace>:
        [Dependency::children(parent)];
    observations(range: &Range) -> Observed: observed(&[range.record]);
    newest_observations(account: AccountId, records: &[RecordId], series: &[Series]) -> Vec<Observation>:
        observed(records);
    observed_at(account: AccountId, record: RecordId, keys: &[Key]) -> Vec<Option<serde_json::Value>>:
        observed(&[record]);
    states(wanted: &[(RecordId, Revision)]) -> Vec<Option<PastState>>:
        wanted.iter().map(|(id, _)| Dependency::record(*id));
    access_epoch(account: AccountId) -> u64: [Dependency::rights(account)];
}

fn records(ids: &[RecordId]) -> impl Iterator<Item = Dependency> {
    ids.iter().copied().map(Dependency::record)
}

fn edges_to(ids: &[RecordId]) -> impl Iterator<Item = Dependency> {
    ids.iter().copied().map(Dependency::edges_to)
}

fn observed(ids: &[RecordId]) -> impl Iterator<Item = Dependency> {
    ids.iter().copied().map(Dependency::observations)
}

/// A list can change with any record of its kind, in its place where it is of one place (every change of a record's edges
/// changes the record), and with the one whose targets it lists.
fn of_query(query: &ListQuery) -> impl Iterator<Item = Dependency> + use<> {
    let of_place = |parent| Dependency::children_of_kind(parent, query.kind);
    let kind = query.parent.map_or_else(|| Dependency::kind(query.account, query.kind), of_place);
    let from = query.linked_from.map(|(id, _)| Dependency::record(id));
    std::iter::once(kind).chain(from)
}
