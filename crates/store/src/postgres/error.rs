//! What can go wrong inside the engine, and what each fault means for a transaction.

use std::error::Error as _;

use emporion_model::change_set::Expect;
use emporion_model::ports::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// How often what met another transaction is tried at all.
pub const TRIES: u32 = 12;

/// Does something again, a little later each time, for as long as it meets another transaction, so often at most. What it had begun is taken back by
/// then.
macro_rules! begun_anew {
    ($done:expr) => {{
        let mut tries = 1;
        loop {
            match $done {
                Err($crate::postgres::error::PostgresError::Overtaken(_)) if tries < $crate::postgres::error::TRIES => {
                    tries += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(1 << tries.min(5))).await;
                }
                done => break done,
            }
        }
    }};
}
pub(super) use begun_anew;

#[derive(Debug, Clone)]
pub enum PostgresError {
    /// An expectation is not, or no longer, true: the set is not stored, nothing else is wrong.
    Lost(Expect),
    /// A row of the same key is there already.
    Duplicate(String),
    /// The transaction met another one, and may succeed when it is begun anew.
    Overtaken(String),
    /// The connection is lost. What was not committed is gone.
    Gone(String),
    Store(StoreError),
}

impl PostgresError {
    pub fn internal(detail: impl Into<String>) -> PostgresError {
        PostgresError::Store(StoreError::Internal(detail.into()))
    }

    pub fn unavailable(detail: impl Into<String>) -> PostgresError {
        PostgresError::Store(StoreError::Unavailable(detail.into()))
    }

    /// What a caller of the port hears.
    pub fn into_store_error(self) -> StoreError {
        match self {
            PostgresError::Store(error) => error,
            PostgresError::Lost(expect) => StoreError::Internal(format!("a read lost {expect:?}")),
            PostgresError::Duplicate(detail) => StoreError::Internal(detail),
            PostgresError::Overtaken(detail) | PostgresError::Gone(detail) => StoreError::Unavailable(detail),
        }
    }
}

impl From<StoreError> for PostgresError {
    fn from(error: StoreError) -> PostgresError {
        PostgresError::Store(error)
    }
}

impl From<Error> for PostgresError {
    fn from(error: Error) -> PostgresError {
        if let Some(told) = error.as_db_error() {
            return told_by_server(told);
        }
        let lost = error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>());
        // Without its source the text says only at which step.
        let detail = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        if lost { PostgresError::Gone(detail) } else { PostgresError::internal(detail) }
    }
}

fn told_by_server(told: &DbError) -> PostgresError {
    let code = told.code();
    let detail = format!("{} ({})", told.message(), code.code());
    // The last one is told to statements that were under way behind one that had failed.
    let begun_anew =
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::IN_FAILED_SQL_TRANSACTION];
    if begun_anew.contains(code) {
        return PostgresError::Overtaken(detail);
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        return PostgresError::Duplicate(detail);
    }
    if *code == SqlState::DISK_FULL {
        return PostgresError::Store(StoreError::Full);
    }
    // A statement that took too long, no lock in time.
    if [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE].contains(code) {
        return PostgresError::unavailable(detail);
    }
    match code.code().get(..2) {
        // The server ends the connection, or does not let anybody in yet; it has become a standby; a session was idle
        // for too long within its transaction.
        Some("57" | "08") => PostgresError::Gone(detail),
        Some("25") if ["25006", "25P03"].contains(&code.code()) => PostgresError::Gone(detail),
        // It lacks something, a file cannot be read, a password is wrong, a database is missing.
        Some("53" | "58" | "28" | "3D") => PostgresError::unavailable(detail),
        _ => PostgresError::internal(detail),
    }
}
