//! Read-only connections, opened when they are needed and kept for the next reader.
//!
//! A connection is given back with its read transaction still open: while nothing is committed, the next reader goes on
//! in the same state and is spared its beginning and end, which cost as much as a small question.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use emporion_model::log_watch::LogWatch;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::cache::Cache;
use super::chunked_job::Signal;
use super::error::SqliteError;
use super::options::Options;
use crate::invalidation::Version;
use crate::rows::Codec;

/// Statements that a connection keeps prepared; more than the engine ever uses.
const STATEMENTS: usize = 256;

/// Prepares a statement once and for all. Without the guarantee the engine prepares a statement with a bound `LIMIT`
/// anew for every value.
pub fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub struct Pool {
    file: PathBuf,
    pub codec: Codec,
    pub cache: Cache,
    pub chunked_jobs: Signal,
    /// Wakes those who wait for the log.
    pub log_watch: LogWatch,
    idle: Mutex<Vec<Session>>,
    /// Nobody's transaction is kept open for the next reader.
    is_resting: AtomicBool,
    keep: usize,
    busy: Duration,
}

/// A connection, and the version of its transaction where one is open.
pub struct Session {
    pub connection: Connection,
    pub begun: Option<Version>,
}

impl Session {
    /// Begins a transaction if none is open, and fixes its state by a first read: an answer out of the cache must be of
    /// the same state as those that follow.
    pub fn begin(&mut self, cache: &Cache) -> Result<Version, SqliteError> {
        if let Some(version) = self.begun {
            return Ok(version);
        }
        let version = cache.invalidations.version();
        self.connection.prepare_cached("BEGIN DEFERRED")?.execute([])?;
        self.begun = Some(version);
        self.connection.prepare_cached("SELECT 1 FROM probe")?.exists([])?;
        Ok(version)
    }

    pub fn end(&mut self) -> Result<(), SqliteError> {
        if self.begun.take().is_some() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

impl Pool {
    pub fn new(file: PathBuf, codec: Codec, options: &Options) -> Pool {
        Pool {
            file,
            codec,
            cache: Cache::new(options.cache_bytes),
            chunked_jobs: Signal::default(),
            log_watch: LogWatch::default(),
            idle: Mutex::default(),
            is_resting: AtomicBool::new(false),
            keep: options.readers,
            busy: options.busy,
        }
    }

    /// The connection used last, whose pages and statements are the warmest, or a new one. Its state, where it has one
    /// already, holds every acknowledged commit.
    pub fn take(&self) -> Result<Session, SqliteError> {
        let idle = self.idle.lock().pop();
        if let Some(mut session) = idle {
            if session.begun.is_some_and(|begun| begun != self.cache.invalidations.version()) {
                session.end()?;
            }
            return Ok(session);
        }
        let connection = open_reading(&self.file, self.busy)?;
        keep_statements(&connection)?;
        Ok(Session { connection, begun: None })
    }

    pub fn give_back(&self, mut session: Session) {
        let mut idle = self.idle.lock();
        // Asked under the lock: whoever comes before it is found by `rest`. A connection whose transaction cannot be
        // ended is closed.
        if self.is_resting.load(Ordering::Acquire) && session.end().is_err() {
            return;
        }
        if idle.len() < self.keep {
            idle.push(session);
        }
    }

    /// Ends the transactions of waiting connections, and those of connections that are given back while the answer
    /// lives, so that none of them keeps the log from being brought into the file and begun anew.
    pub fn rest(&self) -> Rest<'_> {
        self.is_resting.store(true, Ordering::Release);
        self.idle.lock().retain_mut(|session| session.end().is_ok());
        Rest(self)
    }
}

/// While it lives, no connection waits with a transaction open.
#[must_use]
pub struct Rest<'a>(&'a Pool);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.0.is_resting.store(false, Ordering::Release);
    }
}

/// A connection that writes nothing, and waits `busy` for whoever holds the file.
pub fn open_reading(file: &Path, busy: Duration) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(busy)?;
    Ok(connection)
}
