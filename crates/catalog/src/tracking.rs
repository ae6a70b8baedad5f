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
use crate::growth::{Grown, Interest};
use crate::id::{AccountId, RecordId, Revision, Seq};
use crate::kind::Kind;
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

    fn depend_on(&self, things: impl Iterator<Item = Dependency>) {
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

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<Grown>> {
        self.0.grown(interest)
    }
}

struct TrackedSnapshot {
    snapshot: Box<dyn Snapshot>,
    read_set: Arc<ReadSet>,
    has_version: AtomicBool,
}

impl TrackedSnapshot {
    /// Notes the question, and the moment that its answer will be of.
    async fn depend_on(&self, things: impl Iterator<Item = Dependency> + Send) -> StoreResult<()> {
        self.read_set.depend_on(things);
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

    async fn depend_on_records(&self, ids: &[RecordId]) -> StoreResult<()> {
        self.depend_on(ids.iter().copied().map(Dependency::record)).await
    }
}

emporion_model::ledger_below! { [] TrackedSnapshot, self => self.untracked() }

#[async_trait]
impl Snapshot for TrackedSnapshot {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        self.depend_on_records(ids).await?;
        self.snapshot.by_id(account, ids).await
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        self.depend_on_records(ids).await?;
        self.snapshot.cards(account, ids).await
    }

    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        self.depend_on_records(ids).await?;
        self.depend_on_records(standing).await?;
        let found = self.snapshot.cards_and_above(account, ids, standing).await?;
        self.depend_on(found.iter().map(|card| Dependency::record(card.id))).await?;
        Ok(found)
    }

    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        self.depend_on_records(asked.ids).await?;
        self.depend_on_records(asked.standing).await?;
        let (edges, cards) = self.snapshot.surroundings(account, asked).await?;
        let met = edges.iter().map(|edge| edge.to).chain(cards.iter().map(|card| card.id));
        self.depend_on(met.map(Dependency::record)).await?;
        Ok((edges, cards))
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        self.depend_on_records(&[]).await?;
        let found = self.snapshot.by_fqn(account, kind, fqns).await?;
        // Who holds a name holds it until he changes; that nobody does ends with the first who is put under it.
        let holders = found.iter().zip(fqns).map(|(record, fqn)| match record {
            Some(record) => Dependency::record(record.id),
            None => Dependency::fqn(account, kind, fqn),
        });
        self.depend_on(holders).await?;
        Ok(found)
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        self.depend_on(std::iter::once(Dependency::kind(account, kind))).await?;
        self.snapshot.by_folded_name(account, kind, folded, limit).await
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        self.depend_on_records(&[]).await?;
        let found = self.snapshot.by_alias(account, space, value).await?;
        let holder = found.map_or_else(|| Dependency::alias(account, space, value), Dependency::record);
        self.depend_on(std::iter::once(holder)).await?;
        Ok(found)
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        self.depend_on_records(ids).await?;
        self.snapshot.aliases(space, ids).await
    }

    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>> {
        // Who is given another alias, or ceases to live, is put anew.
        self.depend_on(std::iter::once(Dependency::kind(account, kind))).await?;
        self.snapshot.greatest_alias(account, kind, space, beneath).await
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        self.depend_on(of_query(query)).await?;
        self.snapshot.list(query).await
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        self.depend_on(of_query(query)).await?;
        self.snapshot.count(query).await
    }

    async fn lists(&self, queries: &[ListQuery]) -> StoreResult<Vec<Vec<Record>>> {
        self.depend_on(queries.iter().flat_map(of_query)).await?;
        self.snapshot.lists(queries).await
    }

    async fn counts(&self, queries: &[ListQuery]) -> StoreResult<Vec<u64>> {
        self.depend_on(queries.iter().flat_map(of_query)).await?;
        self.snapshot.counts(queries).await
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        self.depend_on_records(ids).await?;
        self.snapshot.edges_from(ids, relations).await
    }

    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        self.depend_on_records(asked.ids).await?;
        self.depend_on(asked.members.iter().copied().map(Dependency::edges_to)).await?;
        let (edges, cards) = self.snapshot.edges_up(account, asked).await?;
        let met = edges.iter().flat_map(|edge| [edge.from, edge.to]).chain(cards.iter().map(|card| card.id));
        self.depend_on(met.map(Dependency::record)).await?;
        Ok((edges, cards))
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        self.depend_on(ids.iter().copied().map(Dependency::edges_to)).await?;
        self.snapshot.edges_to(ids, relations, limit).await
    }

    async fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> StoreResult<Vec<Edge>> {
        self.depend_on(ids.iter().copied().map(Dependency::edges_to)).await?;
        self.snapshot.edges_bearing(attribute, ids, relations).await
    }

    async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> StoreResult<Vec<Edge>> {
        self.depend_on(std::iter::once(Dependency::edges_to(id))).await?;
        self.snapshot.edges_ever_to(id, relations, of, limit).await
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        self.depend_on_records(&[id]).await?;
        self.snapshot.edges_at(id, revision).await
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        self.depend_on_records(&[id]).await?;
        self.snapshot.history(id, before, limit).await
    }

    async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> StoreResult<Vec<StatePlace>> {
        self.depend_on(std::iter::once(Dependency::children(parent))).await?;
        self.snapshot.history_below(parent, kinds, before, limit).await
    }

    async fn observations(&self, range: &Range) -> StoreResult<Observed> {
        self.depend_on(std::iter::once(Dependency::observations(range.record))).await?;
        self.snapshot.observations(range).await
    }

    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>> {
        self.depend_on(records.iter().copied().map(Dependency::observations)).await?;
        self.snapshot.newest_observations(account, records, series).await
    }

    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>> {
        self.depend_on(std::iter::once(Dependency::observations(record))).await?;
        self.snapshot.observed_at(account, record, keys).await
    }

    async fn states(&self, wanted: &[(RecordId, Revision)]) -> StoreResult<Vec<Option<PastState>>> {
        self.depend_on(wanted.iter().map(|(id, _)| Dependency::record(*id))).await?;
        self.snapshot.states(wanted).await
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        self.untracked().secrets(id).await
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        self.depend_on(std::iter::once(Dependency::rights(account))).await?;
        self.snapshot.access_epoch(account).await
    }

    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        self.snapshot.version().await
    }
}

/// A list can change with any record of its kind, in its place where it is of one place (every change of a record's edges
/// changes the record), and with the one whose targets it lists.
fn of_query(query: &ListQuery) -> impl Iterator<Item = Dependency> + Send + use<> {
    let of_place = |parent| Dependency::children_of_kind(parent, query.kind);
    let kind = query.parent.map_or_else(|| Dependency::kind(query.account, query.kind), of_place);
    let from = query.linked_from.map(|(id, _)| Dependency::record(id));
    std::iter::once(kind).chain(from)
}
