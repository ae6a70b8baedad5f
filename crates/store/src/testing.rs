//! Stores that make trouble on purpose, over any engine: one behind a link that lets others in before every answer, and may
//! delay and lose it; and one that loses expectations that it is told to lose. A third one counts what is read.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use emporion_model::change_set::{ChangeSet, Expect, Lost};
use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::id::Seq;
use emporion_model::log_watch::{Interest, LogAdvance};
use emporion_model::ports::{Freshness, Planner, Snapshot, Store, StoreResult};
use emporion_model::query::ListQuery;
use emporion_model::record::Record;
use tokio::sync::watch;

/// What lies between a node and its store: it delays what is asked and answered, and may lose it.
#[async_trait]
pub trait Link: Send + Sync {
    /// Before a question reaches the store; an error is what the node sees in place of an answer.
    async fn request(&self) -> StoreResult<()>;

    /// After the store has written, before the node hears of it: what fails here is done all the same.
    async fn response(&self) -> StoreResult<()>;
}

/// A link that loses nothing, and gives every other task its turn, as an engine behind a network does.
struct Yield;

#[async_trait]
impl Link for Yield {
    async fn request(&self) -> StoreResult<()> {
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn response(&self) -> StoreResult<()> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// A store behind a link.
pub struct Remote {
    store: Arc<dyn Store>,
    link: Arc<dyn Link>,
}

impl Remote {
    pub fn behind(link: Arc<dyn Link>, store: Arc<dyn Store>) -> Remote {
        Remote { store, link }
    }

    /// Others come in before every answer.
    pub fn yielding(store: Arc<dyn Store>) -> Remote {
        Remote::behind(Arc::new(Yield), store)
    }
}

#[async_trait]
impl Store for Remote {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        self.link.request().await?;
        Ok(Box::new(RemoteSnapshot { below: self.store.snapshot().await?, link: self.link.clone() }))
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        self.link.request().await?;
        let answer = self.store.commit(sets).await?;
        self.link.response().await?;
        Ok(answer)
    }

    /// The planner sees a snapshot behind the link too.
    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.link.request().await?;
        let answer = self.store.commit_planned(&RemotePlanner { planner, link: self.link.clone() }).await?;
        self.link.response().await?;
        Ok(answer)
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.link.request().await?;
        self.store.health().await
    }

    /// Asked, as of another machine.
    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        Freshness::Asked(Box::pin(async move {
            self.link.request().await?;
            self.store.unchanged_until(since, dependencies).await
        }))
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        self.store.grown(interest)
    }
}

struct RemotePlanner<'a> {
    planner: &'a dyn Planner,
    link: Arc<dyn Link>,
}

#[async_trait]
impl Planner for RemotePlanner<'_> {
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet {
        self.planner.plan(&RemoteSnapshot { below: snapshot, link: self.link.clone() }).await
    }
}

/// Says which expectations are lost although they hold.
pub type Loses = Box<dyn Fn(&Expect) -> bool + Send + Sync>;

/// Loses chosen expectations in `commit`; what is planned inside the writer is never lost.
pub struct Losing {
    pub store: Arc<dyn Store>,
    pub loses: Loses,
}

#[async_trait]
impl Store for Losing {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        self.store.snapshot().await
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let mut answers = Vec::with_capacity(sets.len());
        for set in sets {
            match set.expect.iter().find(|expect| (self.loses)(expect)) {
                Some(lost) => answers.push(Err(Lost(lost.clone()))),
                None => answers.extend(self.store.commit(vec![set]).await?),
            }
        }
        Ok(answers)
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.store.commit_planned(planner).await
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.store.health().await
    }

    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        self.store.unchanged_until(since, dependencies)
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        self.store.grown(interest)
    }
}

/// Counts the records that its snapshots hand out, for tests of what a call costs.
pub struct Tallying {
    pub store: Arc<dyn Store>,
    records: Arc<AtomicUsize>,
}

impl Tallying {
    pub fn over(store: Arc<dyn Store>) -> Tallying {
        Tallying { store, records: Arc::default() }
    }

    /// How many were handed out since the last time it was asked.
    pub fn take(&self) -> usize {
        self.records.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl Store for Tallying {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        let records = self.records.clone();
        Ok(Box::new(TallyingSnapshot { snapshot: self.store.snapshot().await?, records }))
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        self.store.commit(sets).await
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.store.commit_planned(planner).await
    }

    async fn health(&self) -> StoreResult<Seq> {
        self.store.health().await
    }

    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        self.store.unchanged_until(since, dependencies)
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        self.store.grown(interest)
    }
}

struct TallyingSnapshot {
    snapshot: Box<dyn Snapshot>,
    records: Arc<AtomicUsize>,
}

impl TallyingSnapshot {
    fn inner(&self) -> &dyn Snapshot {
        &*self.snapshot
    }

    async fn before(&self) -> StoreResult<()> {
        Ok(())
    }

    fn after<T: Any>(&self, answer: &T) {
        let answer: &dyn Any = answer;
        let listed = answer.downcast_ref::<StoreResult<Vec<Record>>>().and_then(|found| found.as_ref().ok());
        let named = answer.downcast_ref::<StoreResult<Vec<Option<Record>>>>().and_then(|found| found.as_ref().ok());
        let records = listed.map_or(0, Vec::len) + named.map_or(0, |found| found.iter().flatten().count());
        self.records.fetch_add(records, Ordering::Relaxed);
    }
}

struct RemoteSnapshot<S> {
    below: S,
    link: Arc<dyn Link>,
}

impl<S: Inner> RemoteSnapshot<S> {
    fn inner(&self) -> &dyn Snapshot {
        self.below.inner()
    }

    async fn before(&self) -> StoreResult<()> {
        self.link.request().await
    }

    fn after<T: Any>(&self, _: &T) {}
}

/// What a wrapped snapshot is reached through, owned or borrowed.
trait Inner: Send + Sync {
    fn inner(&self) -> &dyn Snapshot;
}

impl Inner for Box<dyn Snapshot> {
    fn inner(&self) -> &dyn Snapshot {
        &**self
    }
}

impl Inner for &dyn Snapshot {
    fn inner(&self) -> &dyn Snapshot {
        *self
    }
}

/// Every question, asked of the snapshot within.
macro_rules! forward {
    ({ $wrapper:ty, $($generic:tt)* } [$($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*] $composed:tt) => {
        #[async_trait]
        impl<$($generic)*> Snapshot for $wrapper {
            $(async fn $name(&self, $($arg: $ty),*) -> StoreResult<$out> {
                self.before().await?;
                let answer = self.inner().$name($($arg),*).await;
                self.after(&answer);
                answer
            })*

            async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
                self.before().await?;
                let answer = self.inner().count(query).await;
                self.after(&answer);
                answer
            }

            async fn version(&self) -> StoreResult<Option<CommitVersion>> {
                self.inner().version().await
            }
        }
    };
}

emporion_model::snapshot_questions! { forward RemoteSnapshot<S>, S: Inner }
emporion_model::snapshot_questions! { forward TallyingSnapshot, }
emporion_model::ledger_below! { [S: Inner] RemoteSnapshot<S>, self => { self.before().await?; self.inner() } }
emporion_model::ledger_below! { [] TallyingSnapshot, self => self.inner() }
