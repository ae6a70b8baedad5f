//! What can go wrong, in the words of the core. Only doors know status codes.

use crate::id::RecordId;

/// Why a command or a read was not carried out. Texts never hold secrets or other accounts' data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Nobody, or nobody who may act now: no credential, a bad one, a disabled user.
    #[error("{reason}")]
    Unauthenticated { reason: String },
    /// The caller is known and sees the target, but may not do this.
    #[error("{who} may not {action} {kind}{}", why.as_ref().map(|w| format!(": {w}")).unwrap_or_default())]
    Forbidden { who: String, action: &'static str, kind: &'static str, why: Option<String> },
    /// Unknown, deleted, in another account, or not visible to the caller.
    #[error("{kind} {what:?} does not exist")]
    NotFound { kind: &'static str, what: String },
    /// Wrong whatever the store holds, or wrong against what it holds: every fault at once.
    #[error("{}", list(.0))]
    Invalid(Vec<Violation>),
    /// A reference in the request leads nowhere.
    #[error("{field}: {kind} {value:?} does not exist")]
    UnknownReference { field: String, kind: &'static str, value: String },
    /// By what is deleted as well, as long as that can be brought back under it.
    #[error("{}", taken(kind, name, *is_deleted))]
    NameTaken { kind: &'static str, name: String, existing: Option<RecordId>, is_deleted: bool },
    #[error("{space} {value:?} is already taken")]
    AliasTaken { space: &'static str, value: String },
    /// A bare name that several records bear.
    #[error("{kind} name {name:?} is ambiguous: {}", candidates.join(", "))]
    Ambiguous { kind: &'static str, name: String, candidates: Vec<String> },
    /// Children are in the way.
    #[error("{kind} {name:?} is not empty")]
    NotEmpty { kind: &'static str, name: String },
    /// Other records still refer to it.
    #[error("{kind} {name:?} is in use by {}", by.join(", "))]
    InUse { kind: &'static str, name: String, by: Vec<String> },
    /// The record has changed since the caller looked.
    #[error("the record has changed; it is now at revision {current}")]
    Stale { current: u64, version: u32 },
    /// What the request was decided on has changed before it was stored; whoever decided decides again.
    #[error("what the request was decided on keeps changing; try again in a moment")]
    Overtaken,
    /// The request is well formed, but the record's present state does not allow it.
    #[error("{message}")]
    Conflict {
        message: String,
        /// What of the request it is about, where it is about one thing: a field, or a relation.
        field: Option<&'static str>,
    },
    /// An idempotency key was used before with another request.
    #[error("the idempotency key was used before with another request")]
    KeyReused,
    #[error("the limit of {limit} {what} is reached")]
    Quota { what: String, limit: u64 },
    #[error("too many requests")]
    Throttled { retry_after_ms: u64 },
    /// The store cannot take writes now; reads go on.
    #[error("no space left to store changes")]
    StorageFull,
    #[error("the store is not available: {reason}")]
    Unavailable { reason: String },
    /// A fault of ours. The text is for the log, never for the caller.
    #[error("internal: {detail}")]
    Internal { detail: String },
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, in the core's field names, dotted.
    pub field: String,
    /// Which rule, in words that complete "`field` …".
    pub rule: String,
}

impl Violation {
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Violation {
        Violation { field: field.into(), rule: rule.into() }
    }
}

impl Problem {
    pub fn invalid(field: impl Into<String>, rule: impl Into<String>) -> Problem {
        Problem::Invalid(vec![Violation::new(field, rule)])
    }

    pub fn internal(detail: impl Into<String>) -> Problem {
        Problem::Internal { detail: detail.into() }
    }

    pub fn conflict(message: impl Into<String>) -> Problem {
        Problem::Conflict { message: message.into(), field: None }
    }

    /// A conflict with what one field or relation says.
    pub fn conflict_in(field: &'static str, message: impl Into<String>) -> Problem {
        Problem::Conflict { message: message.into(), field: Some(field) }
    }
}

fn taken(kind: &str, name: &str, is_deleted: bool) -> String {
    match is_deleted {
        true => format!(
            "{kind} {name:?} already exists, and is deleted: restore it, or delete it for ever to free the name"
        ),
        false => format!("{kind} {name:?} already exists"),
    }
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(|v| format!("{} {}", v.field, v.rule)).collect::<Vec<_>>().join("; ")
}
