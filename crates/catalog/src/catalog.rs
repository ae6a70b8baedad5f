//! The catalogue: the one entry point for doors. Commands go through the commit path (`commit_path`), reads through the
//! gate.

use std::sync::Arc;

use crate::access::Access;
use crate::audit_trail::AuditTrail;
use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::context::Context;
use crate::credential_usage::CredentialUsages;
use crate::form_models::FormModels;
use crate::id::{AccountId, Millis, Seq};
use crate::keyed_semaphore::KeyedSemaphore;
use crate::late_binding::LateBinding;
use crate::ports::{Authenticator, Sealer, Snapshot, Store};
use crate::problem::Problem;
use crate::purpose_keys::PurposeKeys;
use crate::registry::Registry;
use crate::response_cache::ResponseCache;
use crate::rows::Reader;
use crate::tracking::TrackedStore;

/// How much room kept answers take.
const RESPONSE_CACHE_BYTES: usize = 64 << 20;
/// The same for what answers are made with.
const PREPARED_BYTES: usize = 64 << 20;

/// The running catalogue. Cheap to share.
pub struct Catalog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Registry,
    pub(crate) access: Access,
    pub(crate) sealer: Arc<dyn Sealer>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) checked: crate::proving::Checked,
    pub(crate) responses: ResponseCache,
    pub(crate) prepared: ResponseCache,
    pub(crate) finder: LateBinding,
    pub(crate) members: LateBinding,
    forms: FormModels,
    pub(crate) turns: KeyedSemaphore,
    pub(crate) trail: AuditTrail,
    pub(crate) credential_usage: CredentialUsages,
    clock: fn() -> Millis,
}

/// What a catalogue is made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub registry: Registry,
    pub gate: Arc<dyn crate::ports::Gate>,
    pub sealer: Arc<dyn Sealer>,
    pub authenticator: Arc<dyn Authenticator>,
    pub clock: fn() -> Millis,
}

impl Catalog {
    pub fn new(parts: Parts) -> Catalog {
        Catalog {
            access: Access::new(parts.gate, parts.store.clone()),
            store: Arc::new(TrackedStore(parts.store)),
            registry: parts.registry,
            sealer: parts.sealer,
            authenticator: parts.authenticator,
            checked: crate::proving::Checked::default(),
            responses: ResponseCache::new(RESPONSE_CACHE_BYTES),
            prepared: ResponseCache::of_large(PREPARED_BYTES),
            finder: LateBinding::default(),
            members: LateBinding::default(),
            forms: FormModels::default(),
            turns: KeyedSemaphore::default(),
            trail: AuditTrail::default(),
            credential_usage: CredentialUsages::default(),
            clock: parts.clock,
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// For tests: what the gate is asked with.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Asks about rows for the caller.
    pub(crate) fn rows<'a>(&'a self, snapshot: &'a dyn Snapshot, caller: &'a Caller) -> Reader<'a> {
        Reader::new(&self.access, snapshot, &caller.principal)
    }

    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// For tests: what is stored, whoever may see it. What doors read, they read through [`Catalog::reading`].
    pub fn unfiltered(&self) -> Boxed<'_, Result<Box<dyn Snapshot>, Problem>> {
        Box::pin(async move { Ok(self.store.snapshot().await?) })
    }

    /// The keys of a purpose beside sealing. A door that hands something out which only it may make signs it with these.
    pub fn keys_for(&self, purpose: &'static str) -> PurposeKeys {
        let sealer = self.sealer.clone();
        PurposeKeys::new(move || sealer.derived_keys(purpose))
    }

    /// The log's newest place; an error when the store cannot be used.
    pub fn health(&self) -> Boxed<'_, Result<Seq, Problem>> {
        Box::pin(async move { Ok(self.store.health().await?) })
    }

    /// The caller with the rights that he has in this state: those he came with may have been taken meanwhile.
    ///
    /// Errors: `Unauthenticated` when he may no longer act at all, or what he has shown counts no more.
    pub(crate) async fn present(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        look: bool,
    ) -> Result<Caller, Problem> {
        let (account, had) = (caller.account(), caller.principal.epoch);
        if !look && self.access.known_epoch(account).await == Some(had) {
            return Ok(caller.clone());
        }
        if snapshot.access_epoch(account).await? == had {
            return Ok(caller.clone());
        }
        let principal = self.principal(snapshot, account, caller.principal.user).await?;
        self.demand_proof(snapshot, caller).await?;
        Ok(Caller { principal, ..caller.clone() })
    }

    /// Takes up the rights that a commit has altered, so that the requests that come next need not. Whether it does is
    /// of no consequence: what was known of them ended before the commit was acknowledged.
    pub(crate) async fn after_commit(&self, mut raised: Vec<AccountId>) {
        raised.sort_unstable();
        raised.dedup();
        for account in raised {
            if let Err(problem) = self.take_up(account).await {
                tracing::warn!(%problem, "the next request takes up what may be done now");
            }
        }
    }

    async fn take_up(&self, account: AccountId) -> Result<(), Problem> {
        let snapshot = self.store.snapshot().await?;
        self.access.epoch(&*snapshot, account).await?;
        Ok(())
    }

    pub(crate) fn context<'a>(&'a self, snapshot: &'a dyn Snapshot, caller: &'a Caller) -> Context<'a> {
        Context {
            snapshot,
            registry: &self.registry,
            access: &self.access,
            sealer: &*self.sealer,
            forms: &self.forms,
            caller,
            now: self.now(),
            is_configured: false,
            members: &self.members,
            is_behind: false,
        }
    }
}
