//! What a state of the store says beside its records: credentials, answers, the log, and what is asked across accounts.

use async_trait::async_trait;

use super::store::StoreResult;
use crate::audit_event::{AuditEvent, AuditSpan};
use crate::change_set::{Credential, CredentialClass, Event, RememberedAnswer};
use crate::follower_state::FollowerState;
use crate::id::{AccountId, CredentialId, Millis, RecordId, Seq};
use crate::log_watch::Interest;
use crate::relation::Relation;

/// The part of a [`super::Snapshot`] that nothing planned shows in, and that nobody keeps: who wraps a snapshot hands it on
/// ([`crate::ledger_below`]).
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Across accounts: what a caller shows does not say where he belongs.
    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>>;

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>>;

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>>;

    /// Credentials of all accounts after this one, in the order of their ids: for whoever exchanges keys.
    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>>;

    /// Records of all accounts that have secrets, after this one, in the order of their ids.
    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>>;

    /// Living edges of living records of all accounts that end by themselves, the soonest first; a record as often as it
    /// has such edges.
    async fn ending(&self, of: &[Relation], limit: u32) -> StoreResult<Vec<Ending>>;

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>>;

    /// Records with a living edge to the target, with the relation of each, in the order of these and after the given
    /// one, at most `limit`: a page of those that refer to it.
    async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> StoreResult<Vec<(Relation, RecordId)>>;

    /// What a follower keeps, under one key or under any, in the order of the keys.
    async fn follower_states(&self, follower: &str, key: Option<&str>) -> StoreResult<Vec<FollowerState>>;

    /// Lines of the trail, newest first.
    async fn audit_events(&self, account: AccountId, span: &AuditSpan, limit: u32) -> StoreResult<Vec<AuditEvent>>;

    /// Events after a place in the log, oldest first.
    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>>;

    /// Events that are of interest between two places in the log, the later one among them, oldest first.
    async fn events_of(&self, after: Seq, until: Seq, of: &Interest, limit: u32) -> StoreResult<Vec<(Seq, Event)>>;

    /// The newest sequence number.
    async fn head(&self) -> StoreResult<Seq>;
}

/// A record of which something ends by itself (see [`crate::relation::ENDING`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    pub at: Millis,
    pub account: AccountId,
    pub record: RecordId,
}

/// Hands all questions of a [`Ledger`](crate::ports::Ledger) on to what lies below a wrapper:
/// `ledger_below! { [generics] Wrapper, self => self.below }`.
#[macro_export]
macro_rules! ledger_below {
    ([$($generic:tt)*] $wrapper:ty, $this:ident => $below:expr) => {
        $crate::ledger_below! {
            { [$($generic)*] $wrapper, $this => $below }
            credential(class: $crate::change_set::CredentialClass, public: &str) -> Option<$crate::change_set::Credential>;
            credential_by_id(id: $crate::id::CredentialId) -> Option<$crate::change_set::Credential>;
            credentials_of(user: $crate::id::RecordId) -> Vec<$crate::change_set::Credential>;
            credentials_after(after: Option<$crate::id::CredentialId>, limit: u32) -> Vec<$crate::change_set::Credential>;
            with_secrets_after(after: Option<$crate::id::RecordId>, limit: u32) -> Vec<($crate::id::AccountId, $crate::id::RecordId)>;
            ending(of: &[$crate::relation::Relation], limit: u32) -> Vec<$crate::ports::Ending>;
            answer_for(account: $crate::id::AccountId, scope: &str, key: &str) -> Option<$crate::change_set::RememberedAnswer>;
            referrers(target: $crate::id::RecordId, after: Option<($crate::relation::Relation, $crate::id::RecordId)>, limit: u32) -> Vec<($crate::relation::Relation, $crate::id::RecordId)>;
            follower_states(follower: &str, key: Option<&str>) -> Vec<$crate::follower_state::FollowerState>;
            audit_events(account: $crate::id::AccountId, span: &$crate::audit_event::AuditSpan, limit: u32) -> Vec<$crate::audit_event::AuditEvent>;
            events(after: $crate::id::Seq, limit: u32) -> Vec<($crate::id::Seq, $crate::change_set::Event)>;
            events_of(after: $crate::id::Seq, until: $crate::id::Seq, of: &$crate::log_watch::Interest, limit: u32) -> Vec<($crate::id::Seq, $crate::change_set::Event)>;
            head() -> $crate::id::Seq;
        }
    };
    (
        { [$($generic:tt)*] $wrapper:ty, $this:ident => $below:expr }
        $($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*
    ) => {
        #[::async_trait::async_trait]
        impl<$($generic)*> $crate::ports::Ledger for $wrapper {
            $(async fn $name(&$this, $($arg: $ty),*) -> $crate::ports::StoreResult<$out> {
                $below.$name($($arg),*).await
            })*
        }
    };
}
