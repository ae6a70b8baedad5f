//! Where the log ends: read of the newest commit, whose row is never written again. `log_head` is what commits take their
//! turn at; it has a version for each of them, all of which a reader passes while an old state is looked at.

use tokio_postgres::Row;

use super::error::PostgresError;
use super::session::Session;
use crate::rows;

/// The log of a store that nothing was written to has no commit, and all of these are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogHead {
    /// The last line.
    pub seq: u64,
    /// The last commit.
    pub version: u64,
    /// The version of the keys that belong to it.
    pub keys: u64,
}

impl LogHead {
    pub async fn read(session: &Session) -> Result<LogHead, PostgresError> {
        // Nodes of the version before write neither.
        let newest = "SELECT coalesce(seq, (SELECT seq FROM log_head)), version, \
                      coalesce(keys, (SELECT keys FROM log_head)) FROM commits ORDER BY version DESC LIMIT 1";
        Ok(session.first(newest, &[], LogHead::of).await?.unwrap_or_default())
    }

    /// Of a row of all three, in this order.
    pub fn of(row: &Row) -> Result<LogHead, PostgresError> {
        Ok(LogHead { seq: rows::count(row, 0)?, version: rows::count(row, 1)?, keys: rows::count(row, 2)? })
    }
}
