//! What an answer was made of: every question that it put to the store, noted as things that can be watched for change.
//!
//! While a [`Reads`] is in force (`Reads::during`), each snapshot that the catalogue takes notes what it is asked. So an
//! answer cannot forget one of its sources, however deep in a door they are read. What cannot be watched (secrets,
//! credentials, the log) makes the answer one that nobody may keep.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::change_set::{ChangeSet, Credential, CredentialClass, Event, Lost, RememberedAnswer, SealedSecret};
use crate::id::{AccountId, CredentialId, RecordId, Revision, Seq};
use crate::kind::Kind;
use crate::ports::{Planner, Snapshot, Store, StoreResult};
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

/// Something whose change matters to an answer. Two things may bear one watch: then both are taken as changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watch(pub u64);

impl Watch {
    /// A record: its fields, edges from it, aliases, history.
    pub fn record(id: RecordId) -> Watch {
        // The last half of an id is its random one.
        let [.., a, b, c, d, e, f, g, h] = *id.as_bytes();
        Watch(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The edges to a record. Apart from the record itself: a domain stays what it is while products are made in it.
    pub fn edges_to(id: RecordId) -> Watch {
        // Another part of the random half is in front, so the two seldom meet at one place.
        Watch(Watch::record(id).0.rotate_right(24))
    }

    /// All records of a kind: which there are, and what they hold.
    pub fn kind(account: AccountId, kind: Kind) -> Watch {
        let Watch(account) = Watch::record(account.record());
        // FNV-1a: as good in every process, whatever order kinds are registered in.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Watch(kind.name().bytes().fold(account ^ 0xcbf2_9ce4_8422_2325, step))
    }
}

/// A moment in the order of a store's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u64);

tokio::task_local! {
    static IN_FORCE: Arc<Reads>;
}

/// Notes what is read.
#[derive(Default)]
pub struct Reads(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    watched: Vec<Watch>,
    /// When the oldest of the snapshots was taken.
    mark: Option<Mark>,
    /// Something was read that cannot be watched, or from a store that marks nothing.
    unwatched: bool,
}

impl Reads {
    /// Runs the work, noting what it reads.
    pub async fn during<T>(self: &Arc<Reads>, work: impl Future<Output = T>) -> T {
        IN_FORCE.scope(self.clone(), work).await
    }

    /// What was read since when; `None` where not all of it can be watched, or nothing was read.
    pub fn noted(&self) -> Option<(Mark, Box<[Watch]>)> {
        let mut noted = self.0.lock();
        let mark = noted.mark.filter(|_| !noted.unwatched)?;
        let mut watched = std::mem::take(&mut noted.watched);
        watched.sort_unstable();
        watched.dedup();
        Some((mark, watched.into()))
    }

    /// Tells the reading in force that something was used which was made of these things: of what is kept, and so of
    /// nothing that it sees read. `None` where not all of it can be watched.
    pub fn used(made_of: Option<(Mark, &[Watch])>) {
        let _ = IN_FORCE.try_with(|reads| match made_of {
            Some((mark, watched)) => {
                reads.watch(watched.iter().copied());
                reads.began(Some(mark));
            }
            None => reads.cannot_watch(),
        });
    }

    fn watch(&self, things: impl Iterator<Item = Watch>) {
        self.0.lock().watched.extend(things);
    }

    fn cannot_watch(&self) {
        self.0.lock().unwatched = true;
    }

    fn began(&self, at: Option<Mark>) {
        let mut noted = self.0.lock();
        match at {
            None => noted.unwatched = true,
            Some(at) => noted.mark = Some(noted.mark.map_or(at, |known| known.min(at))),
        }
    }
}

/// A store whose snapshots note what they are asked while a [`Reads`] is in force.
pub struct Watched(pub Arc<dyn Store>);

#[async_trait]
impl Store for Watched {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        let snapshot = self.0.snapshot().await?;
        Ok(match IN_FORCE.try_with(Arc::clone) {
            Ok(reads) => Box::new(WatchedSnapshot { snapshot, reads, is_marked: AtomicBool::new(false) }),
            Err(_) => snapshot,
        })
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        self.0.commit(sets).await
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.0.commit_planned(planner).await
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.0.health().await
    }

    fn is_unchanged(&self, since: Mark, watched: &[Watch]) -> bool {
        self.0.is_unchanged(since, watched)
    }
}

struct WatchedSnapshot {
    snapshot: Box<dyn Snapshot>,
    reads: Arc<Reads>,
    is_marked: AtomicBool,
}

impl WatchedSnapshot {
    /// Notes the question, and the moment that its answer will be of.
    async fn watch(&self, things: impl Iterator<Item = Watch> + Send) -> StoreResult<()> {
        self.reads.watch(things);
        if !self.is_marked.swap(true, Ordering::Relaxed) {
            self.reads.began(self.snapshot.mark().await?);
        }
        Ok(())
    }

    async fn watch_records(&self, ids: &[RecordId]) -> StoreResult<()> {
        self.watch(ids.iter().copied().map(Watch::record)).await
    }
}

#[async_trait]
impl Snapshot for WatchedSnapshot {
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>> {
        self.watch_records(ids).await?;
        self.snapshot.by_id(account, ids).await
    }

    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        self.watch_records(ids).await?;
        self.snapshot.cards(account, ids).await
    }

    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>> {
        self.watch_records(&[]).await?;
        let found = self.snapshot.by_fqn(account, kind, fqns).await?;
        // Who holds a name holds it until he changes; that nobody does ends with any new record.
        self.watch(found.iter().flatten().map(|record| Watch::record(record.id))).await?;
        if found.iter().any(Option::is_none) {
            self.watch(std::iter::once(Watch::kind(account, kind))).await?;
        }
        Ok(found)
    }

    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>> {
        self.watch(std::iter::once(Watch::kind(account, kind))).await?;
        self.snapshot.by_folded_name(account, kind, folded, limit).await
    }

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>> {
        self.watch_records(&[]).await?;
        let found = self.snapshot.by_alias(account, space, value).await?;
        match found {
            Some(id) => self.watch_records(&[id]).await?,
            None => self.reads.cannot_watch(),
        }
        Ok(found)
    }

    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>> {
        self.watch_records(ids).await?;
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
        self.watch(std::iter::once(Watch::kind(account, kind))).await?;
        self.snapshot.greatest_alias(account, kind, space, beneath).await
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>> {
        self.watch(of_query(query)).await?;
        self.snapshot.list(query).await
    }

    async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        self.watch(of_query(query)).await?;
        self.snapshot.count(query).await
    }

    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>> {
        self.watch_records(ids).await?;
        self.snapshot.edges_from(ids, relations).await
    }

    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>> {
        self.watch(ids.iter().copied().map(Watch::edges_to)).await?;
        self.snapshot.edges_to(ids, relations, limit).await
    }

    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>> {
        self.watch_records(&[id]).await?;
        self.snapshot.edges_at(id, revision).await
    }

    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>> {
        self.watch_records(&[id]).await?;
        self.snapshot.history(id, before, limit).await
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>> {
        self.reads.cannot_watch();
        self.snapshot.secrets(id).await
    }

    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>> {
        self.reads.cannot_watch();
        self.snapshot.credential(class, public).await
    }

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>> {
        self.reads.cannot_watch();
        self.snapshot.credential_by_id(id).await
    }

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>> {
        self.reads.cannot_watch();
        self.snapshot.credentials_of(user).await
    }

    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>> {
        self.reads.cannot_watch();
        self.snapshot.credentials_after(after, limit).await
    }

    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>> {
        self.reads.cannot_watch();
        self.snapshot.with_secrets_after(after, limit).await
    }

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>> {
        self.reads.cannot_watch();
        self.snapshot.answer_for(account, scope, key).await
    }

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64> {
        self.reads.cannot_watch();
        self.snapshot.access_epoch(account).await
    }

    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>> {
        self.reads.cannot_watch();
        self.snapshot.events(after, limit).await
    }

    async fn head(&self) -> StoreResult<Seq> {
        self.reads.cannot_watch();
        self.snapshot.head().await
    }

    async fn mark(&self) -> StoreResult<Option<Mark>> {
        self.snapshot.mark().await
    }
}

/// A list can change with any record of its kind (every change of a record's edges changes the record), and with the
/// one whose targets it lists.
fn of_query(query: &ListQuery) -> impl Iterator<Item = Watch> + Send + use<> {
    let kind = Watch::kind(query.account, query.kind);
    let from = query.linked_from.map(|(id, _)| Watch::record(id));
    std::iter::once(kind).chain(from)
}
