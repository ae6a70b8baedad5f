//! Secrets, passwords, tokens and keys: what is asked of them.

use std::sync::LazyLock;

use emporion_model::change_set::{Credential, CredentialClass, SealedSecret};
use emporion_model::id::{AccountId, CredentialId, RecordId};
use uuid::Uuid;

use super::error::PostgresError;
use super::read::{Reader, is_nowhere};
use crate::rows::{self, Columns};

/// The columns that `rows::credential` reads. To the server `user` is a word of its own.
const CREDENTIAL: &str = "id, account, \"user\", class, public, label, secret, created_at, expires_at, made_with";

static BY_PUBLIC: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {CREDENTIAL} FROM credentials WHERE class = $1 AND public = $2"));
static BY_ID: LazyLock<String> = LazyLock::new(|| format!("SELECT {CREDENTIAL} FROM credentials WHERE id = $1"));
static OF: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {CREDENTIAL} FROM credentials WHERE \"user\" = $1 ORDER BY id"));
static AFTER: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {CREDENTIAL} FROM credentials WHERE id > $1 ORDER BY id LIMIT $2"));

impl Reader<'_> {
    pub async fn secrets(&self, id: RecordId) -> Result<Vec<SealedSecret>, PostgresError> {
        let sql = "SELECT path, sealed, fingerprint FROM secrets WHERE record = $1 ORDER BY path";
        self.session.all(sql, &[&id.uuid()], rows::secret).await
    }

    pub async fn credential(&self, class: CredentialClass, public: &str) -> Result<Option<Credential>, PostgresError> {
        if is_nowhere(public) {
            return Ok(None);
        }
        self.session.first(&BY_PUBLIC, &[&class.name(), &public], rows::credential).await
    }

    pub async fn credential_by_id(&self, id: CredentialId) -> Result<Option<Credential>, PostgresError> {
        self.session.first(&BY_ID, &[&id.uuid()], rows::credential).await
    }

    pub async fn credentials_of(&self, user: RecordId) -> Result<Vec<Credential>, PostgresError> {
        self.session.all(&OF, &[&user.uuid()], rows::credential).await
    }

    /// Nothing has the id of zeroes.
    pub async fn credentials_after(
        &self,
        after: Option<CredentialId>,
        limit: u32,
    ) -> Result<Vec<Credential>, PostgresError> {
        let after = after.map_or(Uuid::nil(), CredentialId::uuid);
        self.session.all(&AFTER, &[&after, &i64::from(limit)], rows::credential).await
    }

    pub async fn with_secrets_after(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Vec<(AccountId, RecordId)>, PostgresError> {
        let after = after.map_or(Uuid::nil(), RecordId::uuid);
        self.session
            .all(
                "SELECT records.account, records.id FROM \
                 (SELECT DISTINCT record FROM secrets WHERE record > $1) AS held \
                 JOIN records ON records.id = held.record ORDER BY records.id LIMIT $2",
                &[&after, &i64::from(limit)],
                |row| Ok((AccountId::from_uuid(row.uuid(0)?), rows::id(row, 1)?)),
            )
            .await
    }
}
