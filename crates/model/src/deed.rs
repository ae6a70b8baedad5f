//! What was done that the log of changes does not tell: rows that were read, who came in, and who was refused.

use serde_json::{Map, Value};

use crate::id::{AccountId, DeedId, Millis, RecordId};
use crate::record::Actor;

/// One line of the trail. Never a secret, nor a value of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    pub id: DeedId,
    pub account: AccountId,
    pub at: Millis,
    pub by: Actor,
    pub what: DeedKind,
    /// The product whose rows were read; of a credential the user who holds it.
    pub about: Option<RecordId>,
    pub detail: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeedKind {
    SignedIn,
    SignInFailed,
    Refused,
    Statement,
    Question,
    Exported,
    /// A token or a key was made.
    CredentialMade,
    /// So many lines were left out: more came than could be written.
    Lost,
}

impl DeedKind {
    pub const ALL: &'static [DeedKind] = &[
        DeedKind::SignedIn,
        DeedKind::SignInFailed,
        DeedKind::Refused,
        DeedKind::Statement,
        DeedKind::Question,
        DeedKind::Exported,
        DeedKind::CredentialMade,
        DeedKind::Lost,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            DeedKind::SignedIn => "signed_in",
            DeedKind::SignInFailed => "sign_in_failed",
            DeedKind::Refused => "refused",
            DeedKind::Statement => "statement",
            DeedKind::Question => "question",
            DeedKind::Exported => "exported",
            DeedKind::CredentialMade => "credential_made",
            DeedKind::Lost => "lost",
        }
    }

    pub fn named(name: &str) -> Option<DeedKind> {
        DeedKind::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// Where a line stands: by its time, then by its id.
pub type DeedPlace = (Millis, DeedId);

/// Which lines of an account are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeedSpan {
    /// From this time on.
    pub since: Millis,
    /// Before this place.
    pub before: DeedPlace,
}
