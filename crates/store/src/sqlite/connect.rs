//! The connection that writes.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::SqliteError;
use super::options::Options;
use super::{pool, subtree, writer};

/// The writing connection, with everything that makes its commits durable.
pub fn open_writing(file: &Path, options: &Options) -> Result<Connection, SqliteError> {
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
