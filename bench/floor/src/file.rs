//! The database file: the catalogue's tables and indexes, by its own migration, and its settings.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

const SCHEMA: &str = include_str!("../../../crates/store/migrations/0001_init.sql");
/// As much as the catalogue maps.
const MAPPED_BYTES: i64 = 1 << 31;
const STATEMENTS: usize = 64;

/// The writing connection: every commit syncs the log. Makes the tables in a new file.
pub fn writing(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file).with_context(|| format!("opening {}", file.display()))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Rarely enough that bringing the log into the file is no large part of a create.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    keep_statements(&connection)?;
    if !connection.table_exists(None, "records")? {
        connection.execute_batch(SCHEMA).context("making the tables")?;
    }
    Ok(connection)
}

/// Without the guarantee a statement with a bound `LIMIT` would be prepared anew for every value.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A connection that only reads.
pub fn reading(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    keep_statements(&connection)?;
    Ok(connection)
}
