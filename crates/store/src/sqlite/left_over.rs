//! The log that an earlier process has left, brought to disk before anybody reads it.
//!
//! A killed process may have written frames that it had not synced. They are whole in the system's memory, so the engine
//! takes them in at the next start; whoever is then shown them, or is answered from them, relies on them. Therefore the
//! log is synced first.
//!
//! After a sync that failed, that is not enough: the system counts the pages as clean although they never reached the
//! disk, and the next sync succeeds without them. Later commits would stand behind a hole. So the failure leaves a mark
//! beside the file, and the next start writes the whole log once more, as it reads it, before it syncs it. The mark
//! itself need not outlive a power loss: then the disk is read again, and the hole ends the log.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use emporion_model::ports::{StoreError, StoreResult};

use super::error::SqliteError;
use super::file::{beside, sync_directory};

/// How much of the log is read and written again at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// To be called before the engine opens the file.
pub fn settle(file: &Path) -> StoreResult<()> {
    let marked = mark(file).exists();
    match bring_to_disk(&beside(file, "-wal"), marked) {
        Ok(()) if marked => {
            let removed = fs::remove_file(mark(file)).and_then(|()| sync_directory(file));
            removed.map_err(|error| unusable(&mark(file), &error))
        }
        Ok(()) => Ok(()),
        Err(error) => {
            remember_failed_sync(file);
            Err(unusable(&beside(file, "-wal"), &error))
        }
    }
}

/// What a caller hears of a fault; one that leaves the log in doubt also leaves the mark.
pub fn refuse(file: &Path, fault: SqliteError) -> StoreError {
    if matches!(fault, SqliteError::Unsynced(_)) {
        remember_failed_sync(file);
    }
    fault.into_store_error()
}

/// Leaves the mark. The process is about to end either way, so a failure is only told.
pub fn remember_failed_sync(file: &Path) {
    if let Err(error) = File::create(mark(file)) {
        tracing::error!(%error, "the mark of a failed sync could not be made; restart the machine, not only the process");
    }
}

fn mark(file: &Path) -> PathBuf {
    beside(file, "-unsynced")
}

fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

fn bring_to_disk(log: &Path, write_again: bool) -> io::Result<()> {
    let mut log = match OpenOptions::new().read(true).write(true).open(log) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if write_again {
        rewrite(&mut log)?;
    }
    log.sync_all()
}

/// Puts every byte back where it is, so that the system takes it for new.
fn rewrite(log: &mut File) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut at = 0;
    loop {
        log.seek(SeekFrom::Start(at))?;
        let read = log.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        log.seek(SeekFrom::Start(at))?;
        log.write_all(&chunk[..read])?;
        at += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_the_log_again_changes_no_byte() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("store.db-wal");
        let content: Vec<u8> = (0..CHUNK_BYTES + 777).map(|i| (i % 251) as u8).collect();
        fs::write(&log, &content).unwrap();
        bring_to_disk(&log, true).unwrap();
        assert_eq!(fs::read(&log).unwrap(), content);
    }

    #[test]
    fn a_store_without_a_log_has_nothing_to_settle() {
        let directory = tempfile::tempdir().unwrap();
        settle(&directory.path().join("store.db")).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_mark_of_a_failed_sync_lasts_until_the_log_is_on_disk() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let log = beside(&file, "-wal");
        let _ = refuse(&file, SqliteError::Unsynced("x".into()));
        fs::create_dir(&log).unwrap();
        settle(&file).unwrap_err();
        assert!(mark(&file).exists());
        fs::remove_dir(&log).unwrap();
        fs::write(&log, "frames").unwrap();
        settle(&file).unwrap();
        assert!(!mark(&file).exists());
        assert_eq!(fs::read(&log).unwrap(), b"frames");
    }

    #[test]
    fn other_faults_leave_no_mark() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let _ = refuse(&file, SqliteError::internal("x"));
        assert!(!mark(&file).exists());
    }
}
