//! The trail: its lines as they are written, read and ended.

use emporion_model::deed::{Deed, DeedSpan};
use emporion_model::id::{AccountId, Millis, RecordId};
use uuid::Uuid;

use super::batch::Batch;
use super::error::PostgresError;
use super::read::{Reader, storable};
use crate::rows::{self, DEED, write_object};

impl Reader<'_> {
    pub async fn deeds(&self, account: AccountId, span: &DeedSpan, limit: u32) -> Result<Vec<Deed>, PostgresError> {
        let (at, id) = span.before;
        self.session
            .all(
                &format!(
                    "SELECT {DEED} FROM deeds WHERE account = $1 AND at >= $2 AND (at, id) < ($3, $4) \
                     ORDER BY at DESC, id DESC LIMIT $5"
                ),
                &[&account.uuid(), &span.since.0, &at.0, &id.uuid(), &i64::from(limit)],
                rows::deed,
            )
            .await
    }
}

impl Batch<'_> {
    /// Every line of a group in one statement. One that stands there is noted already.
    pub async fn note(&self, deeds: &[Deed]) -> Result<(), PostgresError> {
        let ids: Vec<Uuid> = deeds.iter().map(|deed| deed.id.uuid()).collect();
        let accounts: Vec<Uuid> = deeds.iter().map(|deed| deed.account.uuid()).collect();
        let times: Vec<i64> = deeds.iter().map(|deed| deed.at.0).collect();
        let by: Vec<Uuid> = deeds.iter().map(|deed| deed.by.id.uuid()).collect();
        let names: Vec<String> = deeds.iter().map(|deed| storable(&deed.by.name).into_owned()).collect();
        let through: Vec<Option<String>> =
            deeds.iter().map(|deed| deed.by.through.as_deref().map(|text| storable(text).into_owned())).collect();
        let doors: Vec<Option<&str>> = deeds.iter().map(|deed| deed.by.door.as_deref()).collect();
        let what: Vec<&str> = deeds.iter().map(|deed| deed.what.name()).collect();
        let about: Vec<Option<Uuid>> = deeds.iter().map(|deed| deed.about.map(RecordId::uuid)).collect();
        let details: Vec<String> = deeds.iter().map(|deed| write_object(&deed.detail)).collect();
        self.run(
            &format!(
                "INSERT INTO deeds ({DEED}) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], \
                 $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[]) ON CONFLICT DO NOTHING"
            ),
            &[&ids, &accounts, &times, &by, &names, &through, &doors, &what, &about, &details],
        )
        .await
    }

    /// Nodes that do the same at once leave each other's to each other.
    pub async fn end_deeds(&self, before: Millis, most: u32) -> Result<(), PostgresError> {
        self.run(
            "DELETE FROM deeds WHERE (account, at, id) IN (SELECT account, at, id FROM deeds WHERE at < $1 \
             ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
            &[&before.0, &i64::from(most)],
        )
        .await
    }
}
