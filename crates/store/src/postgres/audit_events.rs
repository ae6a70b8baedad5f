//! The trail: its lines as they are written, read and ended.

use emporion_model::audit_event::{AuditEvent, AuditEventKind, AuditSpan};
use emporion_model::id::{AccountId, Millis, RecordId};
use uuid::Uuid;

use super::batch::Batch;
use super::error::PostgresError;
use super::read::{Reader, storable};
use crate::rows::{self, AUDIT_EVENT, write_object};

impl Reader<'_> {
    pub async fn audit_events(
        &self,
        account: AccountId,
        span: &AuditSpan,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, PostgresError> {
        let (at, id) = span.before;
        // Newer nodes may note other sorts.
        let known: Vec<&str> = AuditEventKind::ALL.iter().map(|sort| sort.name()).collect();
        self.session
            .all(
                &format!(
                    "SELECT {AUDIT_EVENT} FROM audit_events WHERE account = $1 AND at >= $2 AND (at, id) < ($3, $4) \
                     AND what = ANY($5) ORDER BY at DESC, id DESC LIMIT $6"
                ),
                &[&account.uuid(), &span.since.0, &at.0, &id.uuid(), &known, &i64::from(limit)],
                rows::audit_event,
            )
            .await
    }
}

impl Batch<'_> {
    /// Every line of a group in one statement. One that stands there is noted already.
    pub async fn note(&self, events: &[AuditEvent]) -> Result<(), PostgresError> {
        let ids: Vec<Uuid> = events.iter().map(|event| event.id.uuid()).collect();
        let accounts: Vec<Uuid> = events.iter().map(|event| event.account.uuid()).collect();
        let times: Vec<i64> = events.iter().map(|event| event.at.0).collect();
        let by: Vec<Uuid> = events.iter().map(|event| event.by.id.uuid()).collect();
        let names: Vec<String> = events.iter().map(|event| storable(&event.by.name).into_owned()).collect();
        let through: Vec<Option<String>> =
            events.iter().map(|event| event.by.through.as_deref().map(|text| storable(text).into_owned())).collect();
        let doors: Vec<Option<&str>> = events.iter().map(|event| event.by.door.as_deref()).collect();
        let what: Vec<&str> = events.iter().map(|event| event.what.name()).collect();
        let about: Vec<Option<Uuid>> = events.iter().map(|event| event.about.map(RecordId::uuid)).collect();
        let details: Vec<String> = events.iter().map(|event| write_object(&event.detail)).collect();
        self.run(
            &format!(
                "INSERT INTO audit_events ({AUDIT_EVENT}) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], \
                 $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[]) ON CONFLICT DO NOTHING"
            ),
            &[&ids, &accounts, &times, &by, &names, &through, &doors, &what, &about, &details],
        )
        .await
    }

    /// Nodes that do the same at once leave each other's to each other.
    pub async fn end_audit_events(&self, before: Millis, most: u32) -> Result<(), PostgresError> {
        self.run(
            "DELETE FROM audit_events WHERE (account, at, id) IN (SELECT account, at, id FROM audit_events WHERE at < $1 \
             ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
            &[&before.0, &i64::from(most)],
        )
        .await
    }
}
