//! What a decision is made over.

use crate::access::Access;
use crate::caller::Caller;
use crate::form_models::FormModels;
use crate::id::{AccountId, Millis, RecordId};
use crate::kind::Kind;
use crate::late_binding::LateBinding;
use crate::ports::{Sealer, Snapshot};
use crate::problem::Problem;
use crate::record::{Record, Stamp};
use crate::registry::Registry;

/// What a planner may look at.
pub struct Context<'a> {
    pub snapshot: &'a dyn Snapshot,
    pub registry: &'a Registry,
    pub access: &'a Access,
    pub sealer: &'a dyn Sealer,
    /// Models of form types.
    pub forms: &'a FormModels,
    pub caller: &'a Caller,
    pub now: Millis,
    /// What is given is what the operator has configured, and not what the caller wants.
    pub is_configured: bool,
    /// Queries that members of products follow.
    pub(crate) members: &'a LateBinding,
    /// Commands before this one may have changed rights, or such queries, and are not stored yet.
    pub is_behind: bool,
}

impl Context<'_> {
    pub fn account(&self) -> AccountId {
        self.caller.account()
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.now, by: self.caller.actor() }
    }

    /// A context over another snapshot (an overlay).
    pub fn over<'b>(&'b self, snapshot: &'b dyn Snapshot) -> Context<'b> {
        Context {
            snapshot,
            registry: self.registry,
            access: self.access,
            sealer: self.sealer,
            forms: self.forms,
            caller: self.caller,
            now: self.now,
            is_configured: self.is_configured,
            members: self.members,
            is_behind: self.is_behind,
        }
    }

    /// A context in which somebody else decides.
    pub fn of_caller<'b>(&'b self, caller: &'b Caller) -> Context<'b> {
        Context { caller, ..self.over(self.snapshot) }
    }

    /// Whether records of the kind, or what can stand below them, decide about rights.
    pub fn holds_access(&self, kind: Kind) -> bool {
        kind.0.access || self.registry.kinds_below(kind).iter().any(|below| below.0.access)
    }

    /// A record by id, deleted ones included.
    pub async fn record(&self, id: RecordId) -> Result<Option<Record>, Problem> {
        Ok(self.snapshot.by_id(self.account(), &[id]).await?.into_iter().next().flatten())
    }
}
