//! A copy of a store as it is at one moment, taken while others read and write it.
//!
//! The source is read within one transaction, so that the copy is one state of it however long it takes; a writer goes
//! on meanwhile, and only its log grows until the copy is done. Nothing is asked of the process that serves the file: this
//! one may be another.

use std::fs::{self, File};
use std::os::raw::c_int;
use std::path::Path;

use emporion_model::change_set::CredentialClass;
use emporion_model::ports::{StoreError, StoreResult};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::error::SqliteError;
use super::file::create;
use super::migrate;
use super::options::Options;
use super::pool::open_reading;

/// Pages copied between two words of progress: 8 MiB.
const PAGES_A_STEP: c_int = 2_048;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The length of the file.
    pub bytes: u64,
    pub records: u64,
    /// The newest event of the log.
    pub seq: u64,
    /// As [`sealed_texts`] says.
    pub sealed: Vec<Vec<u8>>,
}

/// Copies a store's file to a new one, readable by its owner only. `progress` hears how many bytes are done, and of how
/// many; where it says no, the copy ends. One that fails leaves nothing.
///
/// Errors: `Unavailable` when there is no such store, a newer version has written it, the new file is there already, or
/// the copy was ended; `Full`.
pub fn copy_file(file: &Path, to: &Path, progress: &dyn Fn(u64, u64) -> bool) -> StoreResult<Copied> {
    if !create(to)? {
        return Err(StoreError::Unavailable(format!("{} is there already", to.display())));
    }
    copy(file, to, progress).map_err(|fault| {
        // What cannot be removed either is told by the fault that came before.
        let _ = fs::remove_file(to);
        fault.into_store_error()
    })
}

fn copy(file: &Path, to: &Path, progress: &dyn Fn(u64, u64) -> bool) -> Result<Copied, SqliteError> {
    let source = open_reading(file, Options::default().busy)?;
    // The first question fixes the state; the copy that follows stays in the same transaction.
    source.execute_batch("BEGIN DEFERRED")?;
    migrate::check(&source)?;
    let number = |sql: &str| source.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
    let records = number("SELECT count(*) FROM records")?;
    let seq = number("SELECT coalesce(max(seq), 0) FROM events")?;
    let page_bytes = number("PRAGMA page_size")?;
    let sealed = sealed_in(&source)?;

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to, flags)?;
    // Half a copy is thrown away, so no step of it has to be undone or to last.
    target.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    target.pragma_update(None, "synchronous", "OFF")?;
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            let step = backup.step(PAGES_A_STEP)?;
            let bytes = |pages: c_int| u64::from(pages.unsigned_abs()) * page_bytes;
            let told = backup.progress();
            let goes_on = progress(bytes(told.pagecount - told.remaining), bytes(told.pagecount));
            match step {
                StepResult::Done => break,
                StepResult::More if goes_on => {}
                StepResult::More => return Err(refused("the copy was ended".into())),
                _ => return Err(refused("another process holds the store".into())),
            }
        }
    }
    target.close().map_err(|(_, error)| error)?;
    source.execute_batch("COMMIT")?;
    let bytes = File::open(to).and_then(|copy| copy.sync_all().and_then(|()| copy.metadata()));
    let bytes = bytes.map_err(|error| refused(format!("{}: {error}", to.display())))?;
    Ok(Copied { bytes: bytes.len(), records, seq, sealed })
}

fn refused(reason: String) -> SqliteError {
    SqliteError::Store(StoreError::Unavailable(reason))
}

/// Of what is sealed in the store, one text for each sealing key: their first five bytes name it.
pub fn sealed_texts(file: &Path) -> StoreResult<Vec<Vec<u8>>> {
    open_reading(file, Options::default().busy)
        .and_then(|connection| sealed_in(&connection))
        .map_err(SqliteError::into_store_error)
}

fn sealed_in(connection: &Connection) -> Result<Vec<Vec<u8>>, SqliteError> {
    let mut statement = connection.prepare(
        "SELECT min(sealed) FROM ( \
             SELECT sealed FROM secrets UNION ALL SELECT secret FROM credentials WHERE class IN (?1, ?2) \
         ) GROUP BY substr(sealed, 1, 5)",
    )?;
    let classes = [CredentialClass::AccessKey.name(), CredentialClass::BotToken.name()];
    let rows = statement.query_map(classes, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
