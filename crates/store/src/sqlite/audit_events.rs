//! The trail: its lines as they are written, read and ended.

use emporion_model::audit_event::{AuditEvent, AuditSpan};
use emporion_model::id::{AccountId, Millis, RecordId};
use rusqlite::params;

use super::apply::Batch;
use super::error::SqliteError;
use super::read::Reader;
use crate::rows::{self, AUDIT_EVENT, write_object};

impl Reader<'_> {
    pub fn audit_events(
        &self,
        account: AccountId,
        span: &AuditSpan,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, SqliteError> {
        let (at, id) = span.before;
        self.all(
            &format!(
                "SELECT {AUDIT_EVENT} FROM audit_events WHERE account = ?1 AND at >= ?2 AND (at, id) < (?3, ?4) \
                 ORDER BY at DESC, id DESC LIMIT ?5"
            ),
            params![account.as_bytes(), span.since.0, at.0, id.as_bytes(), limit],
            |row| rows::audit_event(row),
        )
    }
}

impl Batch<'_> {
    /// One that stands there is noted already.
    pub fn note(&self, event: &AuditEvent) -> Result<(), SqliteError> {
        self.run(
            &format!(
                "INSERT OR IGNORE INTO audit_events ({AUDIT_EVENT}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            ),
            params![
                event.id.as_bytes(),
                event.account.as_bytes(),
                event.at.0,
                event.by.id.as_bytes(),
                event.by.name,
                event.by.through,
                event.by.door,
                event.what.name(),
                event.about.as_ref().map(RecordId::as_bytes),
                write_object(&event.detail),
            ],
        )
    }

    pub fn end_audit_events(&self, before: Millis, most: u32) -> Result<(), SqliteError> {
        self.run(
            "DELETE FROM audit_events WHERE (account, at, id) IN \
             (SELECT account, at, id FROM audit_events WHERE at < ?1 ORDER BY at LIMIT ?2)",
            params![before.0, most],
        )
    }
}
