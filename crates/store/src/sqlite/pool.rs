//! Read-only connections, opened when they are needed and kept for the next reader.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::rows::Codec;

/// Statements that a connection keeps prepared; more than the engine ever uses.
pub const STATEMENTS: usize = 256;

#[derive(Debug)]
pub struct Pool {
    file: PathBuf,
    pub codec: Arc<Codec>,
    idle: Mutex<Vec<Connection>>,
    keep: usize,
    mapped_bytes: i64,
    busy: Duration,
}

impl Pool {
    pub fn new(file: PathBuf, codec: Arc<Codec>, keep: usize, mapped_bytes: i64, busy: Duration) -> Pool {
        Pool { file, codec, idle: Mutex::default(), keep, mapped_bytes, busy }
    }

    /// The connection used last, whose pages and statements are the warmest, or a new one.
    pub fn take(&self) -> Result<Connection, Fault> {
        if let Some(connection) = self.idle.lock().pop() {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(self.busy)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "mmap_size", self.mapped_bytes)?;
        Ok(connection)
    }

    pub fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if idle.len() < self.keep {
            idle.push(connection);
        }
    }
}
