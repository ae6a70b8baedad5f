//! Rights: who the caller is, what he sees, what he may do.

mod parts;
mod permits;
mod principals;
mod visibility;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::Value;

use crate::caller::Principal;
use crate::dependency::CommitVersion;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::kinds::{DOMAIN, ROLE, TEAM};
use crate::ports::{Gate, Store};
use crate::record::Record;

pub(crate) use permits::{forbidden, of_the_server};
pub(crate) use principals::{as_planned, followed_query, may_act, policies};

/// The gate with what it needs to know of accounts, kept per access epoch.
///
/// What is kept here only spares reads. Whether it still holds is asked of the store by each request that uses it: the
/// commit that raises an epoch ends it before it is acknowledged, whichever catalogue made it.
pub struct Access {
    gate: Arc<dyn Gate>,
    store: Arc<dyn Store>,
    principals: RwLock<HashMap<RecordId, Arc<Principal>>>,
    epochs: RwLock<HashMap<AccountId, Epoch>>,
    /// Products whose members follow a query, as they were when rights were loaded.
    followed: RwLock<HashMap<AccountId, OfEpoch<Record>>>,
}

/// What was read at an access epoch.
type OfEpoch<T> = (u64, Arc<[T]>);

/// An account's epoch, as it was read at a version of the store.
#[derive(Clone, Copy)]
struct Epoch {
    number: u64,
    version: CommitVersion,
}

impl Access {
    pub fn new(gate: Arc<dyn Gate>, store: Arc<dyn Store>) -> Access {
        Access { gate, store, principals: RwLock::default(), epochs: RwLock::default(), followed: RwLock::default() }
    }

    pub(crate) fn gate(&self) -> &dyn Gate {
        &*self.gate
    }

    /// Whether conditions of a policy's rules name what is of the kind and has this full name, or what stands below it.
    pub(crate) fn names(&self, rules: &Value, kind: Kind, fqn: &str) -> bool {
        let is_below = |name: &str| name.strip_prefix(fqn).is_some_and(|rest| rest.starts_with('.'));
        let is_it = |name: &str| name == fqn || is_below(name);
        let labels = || self.gate.labels_named(rules).iter().any(|name| is_it(name));
        let holders = |is: &dyn Fn(&str) -> bool| self.gate.holders_named(rules).iter().any(|name| is(name));
        if kind == ROLE || kind == TEAM {
            return holders(&is_it);
        }
        // A domain is no team itself: teams stand below it, and so do glossaries.
        labels() || (kind == DOMAIN && holders(&is_below))
    }
}
