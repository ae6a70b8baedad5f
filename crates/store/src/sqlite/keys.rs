//! Secrets, passwords, tokens and keys: what is asked of them, and how they are written.

use emporion_model::change_set::{Credential, CredentialClass, SealedSecret};
use emporion_model::id::{AccountId, CredentialId, RecordId};
use rusqlite::{Params, params};

use super::apply::Batch;
use super::error::SqliteError;
use super::read::Reader;
use super::statement::{Text, const_format};
use crate::rows::{self, CREDENTIAL};

static CREDENTIAL_BY_PUBLIC: Text = Text::new();
static CREDENTIAL_BY_ID: Text = Text::new();
static CREDENTIALS_OF: Text = Text::new();

impl Reader<'_> {
    pub fn secrets(&self, id: RecordId) -> Result<Vec<SealedSecret>, SqliteError> {
        self.all(
            "SELECT path, sealed, fingerprint FROM secrets WHERE record = ?1 ORDER BY path",
            [id.as_bytes()],
            |row| rows::secret(row),
        )
    }

    pub fn credential(&self, class: CredentialClass, public: &str) -> Result<Option<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIAL_BY_PUBLIC, || {
            format!("SELECT {CREDENTIAL} FROM credentials WHERE class = ?1 AND public = ?2")
        });
        self.first(sql, params![class.name(), public], |row| rows::credential(row))
    }

    pub fn credential_by_id(&self, id: CredentialId) -> Result<Option<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIAL_BY_ID, || format!("SELECT {CREDENTIAL} FROM credentials WHERE id = ?1"));
        self.first(sql, [id.as_bytes()], |row| rows::credential(row))
    }

    pub fn credentials_of(&self, user: RecordId) -> Result<Vec<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIALS_OF, || {
            format!("SELECT {CREDENTIAL} FROM credentials WHERE user = ?1 ORDER BY id")
        });
        self.all(sql, [user.as_bytes()], |row| rows::credential(row))
    }

    pub fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> Result<Vec<Credential>, SqliteError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        self.all(
            &format!("SELECT {CREDENTIAL} FROM credentials WHERE id > ?1 ORDER BY id LIMIT ?2"),
            params![after, limit],
            |row| rows::credential(row),
        )
    }

    pub fn with_secrets_after(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Vec<(AccountId, RecordId)>, SqliteError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        self.all(
            "SELECT DISTINCT records.account, records.id FROM secrets CROSS JOIN records \
             WHERE records.id = secrets.record AND secrets.record > ?1 ORDER BY secrets.record LIMIT ?2",
            params![after, limit],
            |row| Ok((AccountId::from_uuid(rows::uuid(row, 0)?), rows::id(row, 1)?)),
        )
    }
}

/// Deletes the credentials that a condition names, and those that were made with them, one with the other.
pub fn with_what_they_made(condition: &str) -> String {
    format!(
        "WITH RECURSIVE gone (id) AS ( \
             SELECT id FROM credentials WHERE {condition} \
             UNION SELECT made.id FROM gone CROSS JOIN credentials AS made ON made.made_with = gone.id \
         ) DELETE FROM credentials WHERE id IN (SELECT id FROM gone)"
    )
}

impl Batch<'_> {
    pub fn put_secrets(&self, id: RecordId, secrets: &[SealedSecret]) -> Result<(), SqliteError> {
        self.run("DELETE FROM secrets WHERE record = ?1", params![id.as_bytes()])?;
        for secret in secrets {
            self.run(
                "INSERT INTO secrets (record, path, sealed, fingerprint) VALUES (?1, ?2, ?3, ?4)",
                params![id.as_bytes(), secret.path, secret.sealed, secret.fingerprint],
            )?;
        }
        Ok(())
    }

    /// What a class shows is unique in it: the new credential takes the place of the old one.
    pub fn put_credential(&self, credential: &Credential) -> Result<(), SqliteError> {
        self.run(
            "DELETE FROM credentials WHERE id = ?1 OR (class = ?2 AND public = ?3)",
            params![credential.id.as_bytes(), credential.class.name(), credential.public],
        )?;
        self.run(
            "INSERT INTO credentials (id, account, user, class, public, label, secret, created_at, expires_at, \
             made_with) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                credential.id.as_bytes(),
                credential.account.as_bytes(),
                credential.user.as_bytes(),
                credential.class.name(),
                credential.public,
                credential.label,
                credential.secret,
                credential.created.0,
                credential.expires.map(|at| at.0),
                credential.made_with.as_ref().map(CredentialId::as_bytes),
            ],
        )
    }

    /// Ends those that the condition names, and whatever was made with them.
    pub fn drop_credentials(&self, condition: &str, params: impl Params) -> Result<(), SqliteError> {
        self.run(&with_what_they_made(condition), params)
    }
}
