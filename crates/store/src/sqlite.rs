//! The embedded engine: one file, one writer, readers that never wait for it.

mod apply;
mod audit_events;
mod cache;
mod chunked_job;
mod connect;
pub mod copy;
mod edges;
pub(crate) mod error;
mod expect;
mod file;
mod history;
mod keys;
mod left_over;
mod list;
mod log;
mod migrate;
mod observed;
mod options;
mod pool;
mod put;
mod read;
mod row;
mod snapshot;
mod statement;
mod subtree;
pub mod transfer;
pub mod verify;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use emporion_model::change_set::{ChangeSet, Lost};
use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::id::Seq;
use emporion_model::log_watch::{Interest, LogAdvance, NewLines};
use emporion_model::ports::{Freshness, Planner, Snapshot, Store, StoreError, StoreResult};
use emporion_model::registry::Registry;
use tokio::sync::watch;

use crate::{invalidation, rows};

use chunked_job::Between;
use connect::open_writing;
use error::SqliteError;
use file::{beside, create, lock, make_durable};
pub use options::{OnFatal, Options};
use pool::{Pool, open_reading};
use read::Reader;
use rows::Codec;
use snapshot::SqliteSnapshot;
use writer::Writer;

/// Between two looks at work that is done in turns.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A store in one file. Dropping it waits for the writes that have begun.
pub struct SqliteStore {
    writer: Writer,
    pool: Arc<Pool>,
    /// Held while the store is open, so that no second server opens it.
    _lock: File,
}

impl SqliteStore {
    /// Opens the file, makes it where there is none, and brings it to the shape of this binary.
    ///
    /// Errors: `Unavailable` when another process serves the file or a newer version has written it.
    pub fn open(file: &Path, registry: Registry, options: Options) -> StoreResult<SqliteStore> {
        let lock = lock(file)?;
        let is_new = create(file)?;
        left_over::settle(file)?;
        let failed = |fault| left_over::refuse(file, fault);
        migrate::migrate(&mut open_writing(file, &options).map_err(failed)?).map_err(failed)?;
        let connection = open_writing(file, &options).map_err(failed)?;
        if is_new {
            make_durable(file)?;
        }
        let pool = Arc::new(Pool::new(file.to_owned(), Codec::new(registry), &options));
        let reader = Reader { connection: &connection, codec: &pool.codec, cache: None };
        let head = reader.head().map_err(failed)?;
        options.activity.head.set(head.0);
        pool.log_watch.tell(head, &NewLines::default());
        let writer = Writer::start(file.to_owned(), connection, pool.clone(), head, options)?;
        Ok(SqliteStore { writer, pool, _lock: lock })
    }

    /// Waits until what is done in turns is done, where a server has broken it off; nobody else may be writing.
    ///
    /// Errors: `Unavailable` where turns go on failing.
    pub fn settle(&self) -> StoreResult<()> {
        let jobs = &self.pool.chunked_jobs;
        while jobs.look().is_none() {
            if let Some(why) = jobs.stuck() {
                let what = "a deletion or a move of many records was broken off, and cannot be ended";
                return Err(StoreError::Unavailable(format!("{what}: {why}")));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    /// Checks that the stored data are whole: the file itself, the log, the tallies, the edges. Reads all of it; other
    /// readers and the writer go on meanwhile.
    pub fn verify(&self) -> StoreResult<verify::Report> {
        let mut session = self.pool.take().map_err(SqliteError::into_store_error)?;
        let report = session.end().and_then(|()| verify::verify(&session.connection));
        self.pool.give_back(session);
        report.map_err(SqliteError::into_store_error)
    }
}

/// Whether another process (or another store of this one) has the file open.
pub fn is_served(file: &Path) -> bool {
    let lock = OpenOptions::new().write(true).open(beside(file, ".lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The same as [`SqliteStore::verify`] for a file that another process may be serving.
pub fn verify_file(file: &Path) -> StoreResult<verify::Report> {
    let report = open_reading(file, Options::default().busy).and_then(|connection| verify::verify(&connection));
    report.map_err(SqliteError::into_store_error)
}

#[async_trait]
impl Store for SqliteStore {
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>> {
        let looked = self.pool.chunked_jobs.look();
        let snapshot = SqliteSnapshot::from_pool(self.pool.clone()).map_err(SqliteError::into_store_error)?;
        snapshot.begin()?;
        if self.pool.chunked_jobs.is_clear(looked) {
            return Ok(Box::new(snapshot));
        }
        let list = snapshot.chunked_jobs()?;
        if list.is_empty() { Ok(Box::new(snapshot)) } else { Ok(Box::new(Between::new(snapshot, &list))) }
    }

    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>> {
        self.writer.store(sets).await
    }

    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>> {
        self.writer.plan_and_store(planner).await
    }

    async fn health(&self) -> StoreResult<Seq> {
        let head = self.snapshot().await?.head().await?;
        self.writer.prove().await?;
        Ok(head)
    }

    /// Every write goes through this process, so that a look at its table answers.
    fn unchanged_until<'a>(&'a self, since: CommitVersion, dependencies: &'a [Dependency]) -> Freshness<'a> {
        let invalidations = &self.pool.cache.invalidations;
        // Every commit up to this version has been entered by now.
        let present = invalidations.version();
        let holds = invalidations.is_unchanged(since.0, dependencies.iter().copied());
        Freshness::Known(holds.then_some(CommitVersion(present)))
    }

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        Some(self.pool.log_watch.watch(interest))
    }
}
