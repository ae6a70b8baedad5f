//! The trail: its lines as they are written, read and ended.

use emporion_model::deed::{Deed, DeedSpan};
use emporion_model::id::{AccountId, Millis, RecordId};
use rusqlite::params;

use super::apply::Batch;
use super::error::SqliteError;
use super::read::Reader;
use crate::rows::{self, DEED, write_object};

impl Reader<'_> {
    pub fn deeds(&self, account: AccountId, span: &DeedSpan, limit: u32) -> Result<Vec<Deed>, SqliteError> {
        let (at, id) = span.before;
        self.all(
            &format!(
                "SELECT {DEED} FROM deeds WHERE account = ?1 AND at >= ?2 AND (at, id) < (?3, ?4) \
                 ORDER BY at DESC, id DESC LIMIT ?5"
            ),
            params![account.as_bytes(), span.since.0, at.0, id.as_bytes(), limit],
            |row| rows::deed(row),
        )
    }
}

impl Batch<'_> {
    /// One that stands there is noted already.
    pub fn note(&self, deed: &Deed) -> Result<(), SqliteError> {
        self.run(
            &format!("INSERT OR IGNORE INTO deeds ({DEED}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
            params![
                deed.id.as_bytes(),
                deed.account.as_bytes(),
                deed.at.0,
                deed.by.id.as_bytes(),
                deed.by.name,
                deed.by.through,
                deed.by.door,
                deed.what.name(),
                deed.about.as_ref().map(RecordId::as_bytes),
                write_object(&deed.detail),
            ],
        )
    }

    pub fn end_deeds(&self, before: Millis, most: u32) -> Result<(), SqliteError> {
        self.run(
            "DELETE FROM deeds WHERE (account, at, id) IN \
             (SELECT account, at, id FROM deeds WHERE at < ?1 ORDER BY at LIMIT ?2)",
            params![before.0, most],
        )
    }
}
