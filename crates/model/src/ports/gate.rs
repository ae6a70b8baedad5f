//! Who may do what: the policies of an account, and what they can depend on.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::action::Action;
use crate::caller::Principal;
use crate::id::{AccountId, RecordId};
use crate::kind::{Kind, Visibility};
use crate::problem::Problem;
use crate::registry::Registry;

/// What rights turn on beside the principal: alternatives, each of them texts that hold together. None that another one of
/// them includes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `None`: whatever the record is.
    pub allowing: Option<BTreeSet<BTreeSet<String>>>,
    pub denying: BTreeSet<BTreeSet<String>>,
}

/// What rights can depend on, of one record (or of the place where one is to be made).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The record; absent where one is to be made.
    pub id: Option<RecordId>,
    /// Users and teams, own and inherited; the owning team too, unless it only stewards.
    pub owners: Vec<RecordId>,
    /// The team that holds the record, steward or not.
    pub owning_team: Option<RecordId>,
    /// FQNs of the teams among the owners and of all teams above them; filled only where [`Gate::asks_owner_teams`].
    pub owner_teams: Vec<String>,
    /// The same with the teams of owning users.
    pub owner_in_teams: Vec<String>,
    pub reviewers: Vec<RecordId>,
    pub editors: Vec<RecordId>,
    pub viewers: Vec<RecordId>,
    /// FQNs, own and inherited.
    pub domains: Vec<String>,
    /// FQNs.
    pub tags: Vec<String>,
    /// FQN of the tag that certifies the record.
    pub certification: Option<String>,
    /// The record is the caller himself.
    pub is_self: bool,
    /// `None`: the default of the kind.
    pub visibility: Option<Visibility>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Always,
    Never {
        /// The rule that decided, where one did.
        why: Option<String>,
    },
    /// The record's facts are needed.
    Depends,
}

/// A policy as the account holds it, with the roles and teams that carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySource {
    pub name: String,
    /// Names of the roles that include it; with no role, no team and `everybody` false it has no effect.
    pub roles: Vec<String>,
    /// FQNs of the teams that it is attached to.
    pub teams: Vec<String>,
    /// It applies to every active user of the account.
    pub everybody: bool,
    /// The rules as stored in the policy record.
    pub rules: serde_json::Value,
}

/// Decides. Default: no.
pub trait Gate: Send + Sync {
    /// Whether policies of this epoch, or of a newer one, are loaded for the account.
    fn is_loaded(&self, account: AccountId, epoch: u64) -> bool;

    /// Takes an account's policies, unless newer ones are loaded. What cannot be translated never widens access.
    fn load(&self, account: AccountId, epoch: u64, policies: &[PolicySource]);

    /// Whether decisions of the account can turn on the teams of owners: they cost reads of their own.
    fn asks_owner_teams(&self, _account: AccountId) -> bool {
        false
    }

    /// Whether nothing but owners, owning team, editors and viewers of a granted record of the kind decides if the
    /// principal sees it; lists then need no look at each record.
    fn is_seen_by_standing(&self, _principal: &Principal, _kind: Kind) -> bool {
        true
    }

    /// Checks the rules of a policy before they are stored: syntax of conditions, names of operations, and that they are
    /// about kinds of the registry or what else the gate knows.
    fn check_rules(&self, rules: &serde_json::Value, registry: &Registry) -> Result<(), Problem>;

    /// The full names of labels, and of what certifies, that conditions of these rules name.
    fn labels_named(&self, _rules: &serde_json::Value) -> Vec<String> {
        Vec::new()
    }

    /// The roles and teams that conditions of these rules name.
    fn holders_named(&self, _rules: &serde_json::Value) -> Vec<String> {
        Vec::new()
    }

    /// Without facts: what holds for every record of the kind with that visibility. With facts: never `Depends`.
    fn decide(
        &self,
        principal: &Principal,
        action: Action,
        kind: Kind,
        visibility: Visibility,
        facts: Option<&Facts>,
    ) -> Verdict;

    /// The rules that allow it, where it is allowed and rules have a say: for who asks why.
    fn grounds(
        &self,
        _principal: &Principal,
        _action: Action,
        _kind: Kind,
        _visibility: Visibility,
        _facts: &Facts,
    ) -> Vec<String> {
        Vec::new()
    }

    /// What lets the principal do an action to records of the kind, and what keeps him from it, as far as they decide.
    fn conditions(&self, _principal: &Principal, _action: Action, _kind: Kind, _visibility: Visibility) -> Conditions {
        Conditions::default()
    }

    /// A gate that knows these policies of the account and none besides, to ask what would be; `None` where there is none.
    fn supposing(&self, _account: AccountId, _epoch: u64, _policies: &[PolicySource]) -> Option<Arc<dyn Gate>> {
        None
    }
}
