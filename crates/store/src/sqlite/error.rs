//! What can go wrong inside the engine, and what each fault means for the store.

use emporion_model::change_set::Expect;
use emporion_model::ports::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

#[derive(Debug)]
pub enum SqliteError {
    /// An expectation is not, or no longer, true: the set is not stored, nothing else is wrong.
    Lost(Expect),
    Store(StoreError),
    /// The log could not be brought to disk. What the system still holds of it is unknown, so nothing may be
    /// acknowledged after it, and asking again would lie: a second sync succeeds although pages are gone.
    Unsynced(String),
}

impl SqliteError {
    pub fn internal(detail: impl Into<String>) -> SqliteError {
        SqliteError::Store(StoreError::Internal(detail.into()))
    }

    /// What a caller of the port hears.
    pub fn into_store_error(self) -> StoreError {
        match self {
            SqliteError::Store(error) => error,
            SqliteError::Lost(expect) => StoreError::Internal(format!("a read lost {expect:?}")),
            SqliteError::Unsynced(detail) => StoreError::Unavailable(detail),
        }
    }
}

impl From<StoreError> for SqliteError {
    fn from(error: StoreError) -> SqliteError {
        SqliteError::Store(error)
    }
}

impl From<Error> for SqliteError {
    fn from(error: Error) -> SqliteError {
        let Some(code) = error.sqlite_error() else { return SqliteError::internal(error.to_string()) };
        // A failed sync that matters is one of the log; the engine reports it where the commit writes the log.
        if matches!(code.extended_code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) {
            return SqliteError::Unsynced(format!("the log could not be synced: {error}"));
        }
        match code.code {
            ErrorCode::DiskFull => SqliteError::Store(StoreError::Full),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                SqliteError::Store(StoreError::Unavailable(format!("another process holds the store: {error}")))
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::OutOfMemory => {
                SqliteError::Store(StoreError::Unavailable(error.to_string()))
            }
            _ => SqliteError::internal(error.to_string()),
        }
    }
}

/// Whether a statement failed because a row of the same key is there already.
pub fn is_duplicate(error: &Error) -> bool {
    error.sqlite_error().is_some_and(|code| {
        matches!(
            code.extended_code,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> SqliteError {
        SqliteError::from(Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_failed_sync_is_told_apart_from_other_failures_of_the_disk() {
        assert!(matches!(failure(ffi::SQLITE_IOERR_FSYNC), SqliteError::Unsynced(_)));
        assert!(matches!(failure(ffi::SQLITE_IOERR_WRITE), SqliteError::Store(StoreError::Unavailable(_))));
        assert!(matches!(failure(ffi::SQLITE_FULL), SqliteError::Store(StoreError::Full)));
        assert!(matches!(failure(ffi::SQLITE_BUSY_SNAPSHOT), SqliteError::Store(StoreError::Unavailable(_))));
        assert!(matches!(failure(ffi::SQLITE_ERROR), SqliteError::Store(StoreError::Internal(_))));
    }
}
