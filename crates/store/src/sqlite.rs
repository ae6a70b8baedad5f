//! The embedded engine: one file, one writer, readers that never wait for it.

mod activity;
mod apply;
mod cache;
mod chunked_job;
pub mod copy;
mod edges;
mod error;
mod expect;
mod history;
mod invalidation;
mod keys;
mod left_over;
mod list;
mod log;
mod migrate;
mod observed;
mod pool;
mod put;
mod read;
mod rows;
mod snapshot;
mod statement;
mod subtree;
pub mod verify;
mod writer;

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use emporion_model::change_set::{ChangeSet, Lost};
use emporion_model::dependency::{CommitVersion, Dependency};
use emporion_model::growth::{Grown, Interest, NewLines};
use emporion_model::id::Seq;
use emporion_model::ports::{Freshness, Planner, Snapshot, Store, StoreError, StoreResult};
use emporion_model::registry::Registry;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

pub use activity::Activity;
use chunked_job::Between;
use error::SqliteError;
use pool::Pool;
use read::Reader;
use rows::Codec;
use snapshot::SqliteSnapshot;
use writer::Writer;

/// Called when the log can no longer be trusted to reach the disk. It ends the process; where it returns, the store
/// refuses every further write.
pub type OnFatal = Box<dyn Fn(&str) + Send + Sync>;

pub struct Options {
    /// `None` aborts the process.
    pub on_fatal: Option<OnFatal>,
    /// Change sets that share one transaction and one sync, at most.
    // 64: measured, larger groups made the single write slower and all together no faster.
    pub group: usize,
    /// Records of a subtree that one turn deletes, restores, removes or moves.
    // 5,000: a turn keeps other writers waiting for a fraction of a second.
    pub turn_rows: usize,
    /// Connections kept open for readers.
    pub readers: usize,
    /// Pages of the log that are not yet in the file before they are brought there.
    pub checkpoint_pages: i64,
    /// Room for decoded records that are asked for again and again.
    pub cache_bytes: usize,
    /// How long a foreign process may hold the file before that is an error.
    pub busy: Duration,
    /// Where the store counts what it does.
    pub activity: Arc<Activity>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            on_fatal: None,
            group: 64,
            turn_rows: 5_000,
            readers: 32,
            checkpoint_pages: 4_000,
            cache_bytes: 64 << 20,
            busy: Duration::from_secs(5),
            activity: Arc::default(),
        }
    }
}

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
        pool.growth.tell(head, &NewLines::default());
        let writer = Writer::start(file.to_owned(), connection, pool.clone(), head, options)?;
        Ok(SqliteStore { writer, pool, _lock: lock })
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

/// A connection that writes nothing, and waits `busy` for whoever holds the file.
fn open_reading(file: &Path, busy: Duration) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
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

    fn grown(&self, interest: Interest) -> Option<watch::Receiver<Grown>> {
        Some(self.pool.growth.watch(interest))
    }
}

/// The writing connection, with everything that makes its commits durable.
fn open_writing(file: &Path, options: &Options) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(options.busy)?;
    pool::keep_statements(&connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(SqliteError::internal(format!("the store's file system keeps journal mode {mode}; wal is needed")));
    }
    // Every commit syncs the log before it answers.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The writer decides when the log is brought into the file: after it has answered.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    writer::watch_log(&connection);
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // In KiB. Each commit looks through the whole cache, so it is kept small; the system holds the file's pages anyway.
    connection.pragma_update(None, "cache_size", -8_192)?;
    // In pages: a bulk write of a thousand records stays in memory until its commit.
    connection.pragma_update(None, "cache_spill", 16_384)?;
    subtree::prepare(&connection)?;
    Ok(connection)
}

fn lock(file: &Path) -> StoreResult<File> {
    let path = beside(file, ".lock");
    let unusable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Unavailable(format!("{} is already open in another process", file.display())))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the file, readable by its owner only: it holds hashes of passwords. Answers whether it was missing.
fn create(file: &Path) -> StoreResult<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(StoreError::Unavailable(format!("{}: {error}", file.display()))),
    }
}

/// A new file outlives a power loss only once its directory is on disk, and a new directory only with the one above.
fn make_durable(file: &Path) -> StoreResult<()> {
    let directory = directory_of(file);
    let unusable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", directory.display()));
    sync_directory(file).map_err(unusable)?;
    let whole = directory.canonicalize().map_err(unusable)?;
    match sync_directory(&whole) {
        // Where we may not even look, we have not made a directory either.
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => Err(unusable(error)),
        _ => Ok(()),
    }
}

/// Brings the name of a file, or of a directory, to disk.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(directory_of(path)).and_then(|directory| directory.sync_all())
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
