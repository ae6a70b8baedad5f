//! What was done that the log of changes does not tell: rows that were read, who came in, and who was refused.

use serde_json::{Map, Value};

use crate::id::{AccountId, AuditEventId, Millis, RecordId};
use crate::record::Actor;

/// One line of the trail. Never a secret, nor a value of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    pub id: AuditEventId,
    pub account: AccountId,
    pub at: Millis,
    pub by: Actor,
    pub what: AuditEventKind,
    /// The product whose rows were read; of a credential the user who holds it.
    pub about: Option<RecordId>,
    pub detail: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEventKind {
    SignedIn,
    SignInFailed,
    Refused,
    Statement,
    Question,
    Exported,
    /// A token or a key was made.
    CredentialMade,
    /// A token or a key was ended, or a login by somebody who is not leaving.
    CredentialRevoked,
    PasswordSet,
    BackupTaken,
    /// So many lines were left out: more came than could be written.
    Lost,
}

impl AuditEventKind {
    pub const ALL: &'static [AuditEventKind] = &[
        AuditEventKind::SignedIn,
        AuditEventKind::SignInFailed,
        AuditEventKind::Refused,
        AuditEventKind::Statement,
        AuditEventKind::Question,
        AuditEventKind::Exported,
        AuditEventKind::CredentialMade,
        AuditEventKind::CredentialRevoked,
        AuditEventKind::PasswordSet,
        AuditEventKind::BackupTaken,
        AuditEventKind::Lost,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            AuditEventKind::SignedIn => "signed_in",
            AuditEventKind::SignInFailed => "sign_in_failed",
            AuditEventKind::Refused => "refused",
            AuditEventKind::Statement => "statement",
            AuditEventKind::Question => "question",
            AuditEventKind::Exported => "exported",
            AuditEventKind::CredentialMade => "credential_made",
            AuditEventKind::CredentialRevoked => "credential_revoked",
            AuditEventKind::PasswordSet => "password_set",
            AuditEventKind::BackupTaken => "backup_taken",
            AuditEventKind::Lost => "lost",
        }
    }

    pub fn named(name: &str) -> Option<AuditEventKind> {
        AuditEventKind::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// Where a line stands: by its time, then by its id.
pub type AuditCursor = (Millis, AuditEventId);

/// Which lines of an account are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSpan {
    /// From this time on.
    pub since: Millis,
    /// Before this place.
    pub before: AuditCursor,
}
