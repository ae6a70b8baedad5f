//! The engine for many nodes: a PostgreSQL database, or one that speaks as it does.
//!
//! A tour: `PostgresStore::open` brings the database to the shape of this binary (`migrate`). Reads go through `pool`
//! and `snapshot`, one transaction each. Writes go through `writer`, a task with one connection, which stores change
//! sets in groups (`group`): `expect` checks, `batch`, `put` and `subtree` write, `finish` takes the commit's turn in
//! the order of all nodes' commits. `transfer` gives all rows and takes them. `control` hears when the log has grown, and
//! asks what has changed since something was read (`commits`). Why expectations hold although several nodes write:
//! docs/decisions/0037.

pub mod address;
mod audit_events;
mod batch;
mod coalesced_check;
mod commits;
mod connector;
mod control;
mod edges;
mod error;
mod expect;
mod fill;
mod finish;
mod group;
mod history;
mod insert_buffer;
mod isolation;
mod keys;
mod list;
mod log;
mod log_head;
mod migrate;
mod observed;
mod options;
mod passwords;
mod pool;
mod put;
mod read;
mod row;
mod session;
mod shared_keys;
mod snapshot;
mod subtree;
mod transfer;
mod verify;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use emporion_model::change_set::{ChangeSet, Lost};
use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::id::Seq;
use emporion_model::log_watch::{Interest, LogAdvance};
use emporion_model::ports::{Freshness, Planner, Snapshot, Store, StoreResult};
use emporion_model::registry::Registry;
use emporion_model::request_freshness::RequestFreshness;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::rows;
use crate::sqlite::copy::Copied;
use crate::transfer::Progress;

use address::Address;
use connector::Connector;
use control::Control;
use error::{PostgresError, begun_anew};
pub use isolation::Isolation;
use log_head::LogHead;
pub use options::{FailsOnPurpose, OnFatal, Options, Shape};
use pool::Pool;
use rows::Codec;
pub use shared_keys::{StoredKeys, TakeUp};
use snapshot::PostgresSnapshot;
use writer::Writer;

/// A store in a database that other nodes may have open, too.
pub struct PostgresStore {
    writer: Writer,
    pool: Arc<Pool>,
    control: Arc<Control>,
    codec: Arc<Codec>,
    following: JoinHandle<()>,
}

impl PostgresStore {
    /// Connects to the database, and brings it to the shape of this binary where the options say that it may be.
    ///
    /// Errors: `Unavailable` when it cannot be reached, a newer version has written it, or the options do not let it be what
    /// it has to be.
    pub async fn open(address: &str, registry: Registry, options: Options) -> StoreResult<PostgresStore> {
        let (address, options) = (Address::parse(address)?, Arc::new(options));
        let opened = Self::open_at(&address, registry, options).await;
        opened.map_err(|fault| match fault.into_store_error() {
            emporion_model::ports::StoreError::Unavailable(why) => {
                emporion_model::ports::StoreError::Unavailable(format!("{}: {why}", address.shown()))
            }
            other => other,
        })
    }

    async fn open_at(
        address: &Address,
        registry: Registry,
        options: Arc<Options>,
    ) -> Result<PostgresStore, PostgresError> {
        let connector = Arc::new(Connector::new(address.clone(), options));
        let session = connector.open(None).await?;
        match connector.options.shape {
            Shape::Required => migrate::check(&session).await?,
            Shape::Brought => migrate::migrate(&session, false).await?,
            Shape::OfEmpty => migrate::migrate(&session, true).await?,
        }
        let codec = Arc::new(Codec::new(registry));
        let (control, listening) = Control::new(connector.clone(), codec.clone());
        let control = Arc::new(control);
        let head = LogHead::read(&session).await?;
        control.begin(head.seq, head.version);
        let following = {
            let control = control.clone();
            tokio::spawn(async move { control.follow(listening).await })
        };
        let pool = Arc::new(Pool::new(connector.clone()));
        let writer = Writer::start(connector, control.clone(), codec.clone(), session);
        Ok(PostgresStore { writer, pool, control, codec, following })
    }

    /// Which store this is: another one has another id, also where it has the same address.
    pub async fn id(&self) -> StoreResult<uuid::Uuid> {
        let id = begun_anew!(async { shared_keys::store_id(self.pool.take().await?.session()?).await }.await);
        id.map_err(PostgresError::into_store_error)
    }

    /// The keys that its nodes share, as they were put there.
    pub async fn keys(&self) -> StoreResult<Option<StoredKeys>> {
        let keys = begun_anew!(async { shared_keys::read(self.pool.take().await?.session()?).await }.await);
        keys.map_err(PostgresError::into_store_error)
    }

    /// Puts keys in the place of those of the version before (of none, where theirs is the first). Answers whether these
    /// were still there; where others were, nothing is done.
    pub async fn replace_keys(&self, keys: &StoredKeys) -> StoreResult<bool> {
        // Who was overtaken has nobody beside him the next time.
        let mut begin = self.pool.isolation().begin(false);
        let replaced = begun_anew!({
            let replaced = async { shared_keys::replace(self.pool.take().await?.session()?, begin, keys).await }.await;
            begin = self.pool.isolation().begin(true);
            replaced
        });
        replaced.map_err(PostgresError::into_store_error)
    }

    /// Has newer keys than those of the version taken up, each time before anything is answered by a state that knows them.
    pub fn follow_keys(&self, version: u64, take_up: TakeUp) {
        self.control.keys.follow(version, take_up);
    }

    /// Checks that the stored data are whole: the log, the totals, the edges. Reads all of it; others go on meanwhile.
    pub async fn verify(&self) -> StoreResult<crate::Report> {
        let report = begun_anew!(async { verify::verify(self.pool.take().await?.session()?).await }.await);
        report.map_err(PostgresError::into_store_error)
    }

    /// Makes a file of the store as it is at this moment, for the embedded engine, and tells the keys that belong to it; nodes
    /// write on meanwhile. As [`crate::copy_file`] but for what `progress` hears, which is rows.
    pub async fn copy(&self, to: &Path, progress: Progress<'_>) -> StoreResult<(Copied, Option<StoredKeys>)> {
        let copied = async { transfer::copy(self.pool.take().await?.session()?, to, progress).await };
        copied.await.map_err(PostgresError::into_store_error)
    }

    /// Puts all that is in a file of the embedded engine into the store, which holds nothing yet, or a part of the same that
    /// was broken off. It is a store when all is there and was looked through as by `verify`. Nobody has the file open.
    pub async fn fill(&self, file: &Path, keys: &StoredKeys, progress: Progress<'_>) -> StoreResult<()> {
        let filled = async { fill::fill(self.pool.take().await?.session()?, file, keys, progress).await };
        filled.await.map_err(PostgresError::into_store_error)
    }

    /// Leaves a database that was opened to be filled ([`Shape::OfEmpty`]) to whoever wants it, where nothing has come to it.
    pub async fn give_up_filling(&self) -> StoreResult<()> {
        let given_up = async { fill::give_up(self.pool.take().await?.session()?).await };
        given_up.await.map_err(PostgresError::into_store_error)
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.following.abort();
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        let snapshot = PostgresSnapshot::from_pool(&self.pool, self.codec.clone(), &self.control.keys).await;
        Ok(Box::new(snapshot.map_err(PostgresError::into_store_error)?))
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        let answers = self.writer.store(sets).await?;
        if answers.iter().any(Result::is_err) {
            // Somebody else has written since the request was told how far the store is.
            RequestFreshness::forget();
        }
        Ok(answers)
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        let answer = self.writer.plan_and_store(planner).await?;
        if answer.is_err() {
            RequestFreshness::forget();
        }
        Ok(answer)
    }

    async fn health(&self) -> StoreResult<Seq> {
        let head = self.snapshot().await?.head().await?;
        begun_anew!(self.control.ask().await).map_err(PostgresError::into_store_error)?;
        self.writer.prove().await?;
        Ok(head)
    }

    /// Others write, too: the database is asked, once by a request.
    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        Freshness::Asked(Box::pin(async move {
            let until = begun_anew!(self.control.unchanged_until(since, dependencies).await);
            until.map_err(PostgresError::into_store_error)
        }))
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        Some(self.control.log_watch.watch(interest))
    }
}
