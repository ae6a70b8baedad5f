//! Accounts, principals and records for the tests.

use emporion_authz::gate::CedarGate;
use emporion_catalog::action::Action;
use emporion_catalog::caller::{Designation, Membership, Principal};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::ports::{Facts, Gate, PolicySource, Verdict};
use emporion_catalog::registry::Registry;
use serde_json::Value;

pub fn account() -> AccountId {
    AccountId::from(id(0xacc))
}

/// The id of that number, the same in every test.
pub fn id(number: u128) -> RecordId {
    format!("00000000-0000-0000-0000-{number:012x}").parse().expect("the form of a UUID")
}

pub fn kind(name: &str) -> Kind {
    Registry::standard().expect(name)
}

/// An active user without anything.
pub fn user(number: u128) -> Principal {
    Principal {
        account: account(),
        user: id(number),
        name: format!("user{number}").into(),
        email: format!("user{number}@example.org"),
        is_admin: false,
        is_bot: false,
        roles: Vec::new(),
        teams: Vec::new(),
        domains: Vec::new(),
        epoch: 1,
    }
}

pub fn with_role(principal: Principal, role: &str) -> Principal {
    Principal { roles: vec![role.to_owned()], ..principal }
}

pub fn in_team(principal: Principal, team: u128, fqn: &str, designation: Designation) -> Principal {
    let membership = Membership { team: id(team), fqn: fqn.to_owned(), designation, nominal: false };
    Principal { teams: vec![membership], ..principal }
}

pub fn policy(name: &str, roles: &[&str], rules: Value) -> PolicySource {
    let roles = roles.iter().map(|&role| role.to_owned()).collect();
    PolicySource { name: name.to_owned(), roles, teams: Vec::new(), everybody: false, rules }
}

/// A gate with these policies of the account at epoch 1.
pub fn gate(policies: &[PolicySource]) -> CedarGate {
    let gate = CedarGate::default();
    gate.load(account(), 1, policies);
    gate
}

/// The whole decision, as the catalogue takes it: the light verdict first, the facts where it leaves the matter open.
pub fn decide(
    gate: &CedarGate,
    principal: &Principal,
    action: Action,
    kind: Kind,
    visibility: Visibility,
    facts: &Facts,
) -> Verdict {
    match gate.decide(principal, action, kind, visibility, None) {
        Verdict::Depends => gate.decide(principal, action, kind, visibility, Some(facts)),
        settled => settled,
    }
}

pub fn may(
    gate: &CedarGate,
    principal: &Principal,
    action: Action,
    kind: Kind,
    visibility: Visibility,
    facts: &Facts,
) -> bool {
    match decide(gate, principal, action, kind, visibility, facts) {
        Verdict::Always => true,
        Verdict::Never { .. } => false,
        Verdict::Depends => panic!("a decision with facts was left open"),
    }
}
