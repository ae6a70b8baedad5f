//! Rights: who the caller is, what he sees, what he may do. The only place that makes a `Permit`.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::Value;

use crate::action::Action;
use crate::caller::{Designation, Membership, Principal};
use crate::change_set::Permit;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::load;
use crate::plan::Context;
use crate::ports::{Facts, Gate, PolicySource, Snapshot, Verdict};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Record, View, Visibility};
use crate::registry::Registry;
use crate::relation;

/// The team whose policies and default roles hold for everybody in an account.
pub const EVERYBODY: &str = "Organization";
/// How deep teams may stand under teams.
const TEAM_DEPTH: usize = 16;

/// The gate with what it needs to know of accounts, kept per access epoch.
pub struct Access {
    gate: Arc<dyn Gate>,
    principals: RwLock<HashMap<RecordId, Arc<Principal>>>,
    epochs: RwLock<HashMap<AccountId, u64>>,
}

impl Access {
    pub fn new(gate: Arc<dyn Gate>) -> Access {
        Access { gate, principals: RwLock::default(), epochs: RwLock::default() }
    }

    pub fn gate(&self) -> &dyn Gate {
        &*self.gate
    }

    /// Takes up the epoch that a commit has raised. Called with a snapshot that holds the commit, before the commit is
    /// acknowledged; older snapshots can no longer put an older epoch in its place.
    pub async fn raise(&self, snapshot: &dyn Snapshot, registry: &Registry, account: AccountId) -> Result<(), Problem> {
        let epoch = snapshot.access_epoch(account).await?;
        let policies = policies(snapshot, registry, account).await?;
        self.gate.load(account, epoch, &policies);
        self.note(account, epoch);
        self.principals.write().retain(|_, principal| principal.account != account || principal.epoch >= epoch);
        Ok(())
    }

    fn note(&self, account: AccountId, epoch: u64) {
        let mut epochs = self.epochs.write();
        let known = epochs.entry(account).or_insert(epoch);
        *known = (*known).max(epoch);
    }

    /// The present epoch of an account, with its policies loaded into the gate.
    pub async fn epoch(
        &self,
        snapshot: &dyn Snapshot,
        registry: &Registry,
        account: AccountId,
    ) -> Result<u64, Problem> {
        if let Some(epoch) = self.epochs.read().get(&account) {
            return Ok(*epoch);
        }
        let epoch = snapshot.access_epoch(account).await?;
        if !self.gate.is_loaded(account, epoch) {
            let policies = policies(snapshot, registry, account).await?;
            self.gate.load(account, epoch, &policies);
        }
        self.note(account, epoch);
        Ok(epoch)
    }

    /// The caller behind a user id. `None` when the user is unknown, deleted or disabled.
    pub async fn principal(
        &self,
        snapshot: &dyn Snapshot,
        registry: &Registry,
        account: AccountId,
        user: RecordId,
    ) -> Result<Option<Arc<Principal>>, Problem> {
        let epoch = self.epoch(snapshot, registry, account).await?;
        if let Some(principal) = self.principals.read().get(&user)
            && principal.epoch == epoch
            && principal.account == account
        {
            return Ok(Some(principal.clone()));
        }
        let Some(record) = snapshot.by_id(account, &[user]).await?.into_iter().next().flatten() else {
            return Ok(None);
        };
        if !record.kind.is("user") || !record.state.is_alive() || flag(&record, "disabled") {
            return Ok(None);
        }
        let principal = Arc::new(assemble(snapshot, registry, &record, epoch).await?);
        self.principals.write().insert(user, principal.clone());
        Ok(Some(principal))
    }

    /// A principal that is already known for the present epoch, without any read.
    pub fn known_principal(&self, account: AccountId, user: RecordId) -> Option<Arc<Principal>> {
        let epoch = *self.epochs.read().get(&account)?;
        let principals = self.principals.read();
        principals.get(&user).filter(|known| known.epoch == epoch && known.account == account).cloned()
    }

    fn verdict(&self, principal: &Principal, action: Action, kind: Kind, visibility: Visibility) -> Verdict {
        self.gate.decide(principal, action, kind, visibility, None)
    }

    /// Whether the caller may know that the record exists.
    pub async fn sees(&self, cx: &Context<'_>, record: &Record) -> Result<bool, Problem> {
        self.sees_in(cx.snapshot, &cx.caller.principal, record).await
    }

    pub async fn sees_in(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        record: &Record,
    ) -> Result<bool, Problem> {
        if record.account != principal.account {
            return Ok(false);
        }
        if let Some(whole) = whole(snapshot, record).await? {
            let verdict = self.judge(snapshot, principal, Action::EditAll, &whole).await?;
            return Ok(verdict == Verdict::Always);
        }
        match self.verdict(principal, Action::View, record.kind, record.visibility) {
            Verdict::Always => Ok(true),
            Verdict::Never { .. } => Ok(false),
            Verdict::Depends => {
                let facts = load::facts(snapshot, record, principal.user).await?;
                let verdict = self.gate.decide(principal, Action::View, record.kind, record.visibility, Some(&facts));
                Ok(verdict == Verdict::Always)
            }
        }
    }

    /// Whether a list of the kind needs a look at each record, and whether granted records are all visible.
    pub fn list_verdict(&self, principal: &Principal, kind: Kind, visibility: Visibility) -> Verdict {
        self.verdict(principal, Action::View, kind, visibility)
    }

    async fn judge(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        action: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        let verdict = self.verdict(principal, action, record.kind, record.visibility);
        if verdict != Verdict::Depends {
            return Ok(verdict);
        }
        let facts = load::facts(snapshot, record, principal.user).await?;
        Ok(self.gate.decide(principal, action, record.kind, record.visibility, Some(&facts)))
    }

    /// May the caller do this to a record that he sees?
    pub async fn may(&self, cx: &Context<'_>, action: Action, record: &Record) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        let verdict = match whole(cx.snapshot, record).await? {
            Some(whole) => self.judge(cx.snapshot, principal, Action::EditAll, &whole).await?,
            None => self.judge(cx.snapshot, principal, action, record).await?,
        };
        permit(verdict, principal, action, record.kind)
    }

    /// Is there anything that the caller may change about the record? Asked before an edit looks at stored state.
    pub async fn may_edit_something(&self, cx: &Context<'_>, record: &Record) -> Result<Permit, Problem> {
        if record.kind.0.part {
            return self.may(cx, Action::EditAll, record).await;
        }
        let principal = &cx.caller.principal;
        let mut facts: Option<Facts> = None;
        let mut refusal = None;
        let edits = std::iter::once(Action::EditAll)
            .chain(Action::ALL.iter().copied().filter(|a| a.is_edit() && *a != Action::EditAll))
            .chain([Action::Mark]);
        for action in edits {
            let mut verdict = self.verdict(principal, action, record.kind, record.visibility);
            if verdict == Verdict::Depends {
                if facts.is_none() {
                    facts = Some(load::facts(cx.snapshot, record, principal.user).await?);
                }
                verdict = self.gate.decide(principal, action, record.kind, record.visibility, facts.as_ref());
            }
            match permit(verdict, principal, action, record.kind) {
                Ok(permit) => return Ok(permit),
                Err(problem) => refusal = refusal.or(Some(problem)),
            }
        }
        Err(refusal.expect("there is at least one edit action"))
    }

    /// May the caller make a record where this one is planned? What counts is where it is to stand (parent, domains,
    /// owning team), not what it says of itself.
    pub async fn may_create(&self, cx: &Context<'_>, planned: &View) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        let kind = planned.record.kind;
        if kind.0.part {
            return self.may(cx, Action::EditAll, &planned.record).await;
        }
        let mut verdict = self.verdict(principal, Action::Create, kind, Visibility::Open);
        if verdict == Verdict::Depends {
            let mut facts = Facts { visibility: Some(Visibility::Open), ..Facts::default() };
            let places = planned.parent().map(|card| card.id).into_iter();
            let domains = planned.targets(relation::IN_DOMAIN).map(|(edge, _)| edge.to);
            let places: Vec<RecordId> = places.chain(domains).collect();
            for place in cx.snapshot.by_id(cx.account(), &places).await?.into_iter().flatten() {
                let of_place = load::facts(cx.snapshot, &place, principal.user).await?;
                facts.owners.extend(of_place.owners);
                facts.domains.extend(of_place.domains);
                facts.owning_team = facts.owning_team.or(of_place.owning_team);
                if place.kind.is("domain") {
                    facts.domains.push(place.fqn.clone());
                }
            }
            if let Some((edge, _)) = planned.targets(relation::OWNING_TEAM).next() {
                facts.owning_team = Some(edge.to);
            }
            verdict = self.gate.decide(principal, Action::Create, kind, Visibility::Open, Some(&facts));
        }
        permit(verdict, principal, Action::Create, kind)
    }

    /// A right over the account as a whole, or over a user.
    pub fn may_operate(&self, principal: &Principal) -> Result<Permit, Problem> {
        if principal.is_admin { Ok(Permit(())) } else { Err(forbidden(principal, Action::Operate, "account", None)) }
    }

    /// Credentials are managed by their user and by administrators.
    pub fn may_manage_credentials(&self, principal: &Principal, user: RecordId) -> Result<Permit, Problem> {
        if principal.is_admin || principal.user == user {
            Ok(Permit(()))
        } else {
            Err(forbidden(principal, Action::ManageCredentials, "user", None))
        }
    }
}

/// For what the server itself writes: the first account, sessions after a checked password.
pub(crate) fn of_the_server() -> Permit {
    Permit(())
}

/// The record that a part belongs to; `None` for what is no part.
async fn whole(snapshot: &dyn Snapshot, record: &Record) -> Result<Option<Record>, Problem> {
    match record.parent {
        Some(parent) if record.kind.0.part => {
            Ok(snapshot.by_id(record.account, &[parent]).await?.into_iter().next().flatten())
        }
        _ => Ok(None),
    }
}

fn permit(verdict: Verdict, principal: &Principal, action: Action, kind: Kind) -> Result<Permit, Problem> {
    match verdict {
        Verdict::Always => Ok(Permit(())),
        Verdict::Never { why } => Err(forbidden(principal, action, kind.name(), why)),
        Verdict::Depends => Err(Problem::internal("the gate left a decision open")),
    }
}

fn forbidden(principal: &Principal, action: Action, kind: &'static str, why: Option<String>) -> Problem {
    Problem::Forbidden { who: principal.name.to_string(), action: action.name(), kind, why }
}

fn flag(record: &Record, field: &str) -> bool {
    record.body.get(field).and_then(Value::as_bool).unwrap_or(false)
}

async fn assemble(
    snapshot: &dyn Snapshot,
    registry: &Registry,
    user: &Record,
    epoch: u64,
) -> Result<Principal, Problem> {
    let account = user.account;
    let mut teams: Vec<Membership> = Vec::new();
    let mut level: Vec<(RecordId, Designation)> = snapshot
        .edges_to(&[user.id], &[relation::MEMBER], 10_000)
        .await?
        .into_iter()
        .map(|edge| (edge.from, Designation::parse(edge.attributes.get("designation").and_then(Value::as_str))))
        .collect();
    let organisation = snapshot.by_fqn(account, registry.expect("team"), &[EVERYBODY]).await?;
    let organisation: Option<RecordId> = organisation.into_iter().flatten().next().map(|record| record.id);
    for _ in 0..TEAM_DEPTH {
        let ids: Vec<RecordId> = level.iter().map(|(id, _)| *id).collect();
        let mut next = Vec::new();
        for team in snapshot.by_id(account, &ids).await?.into_iter().flatten().filter(|team| team.state.is_alive()) {
            let designation = level.iter().find(|(id, _)| *id == team.id).map_or(Designation::Viewer, |(_, d)| *d);
            if teams.iter().all(|known| known.team != team.id) {
                teams.push(Membership { team: team.id, fqn: team.fqn.clone(), designation });
                for edge in snapshot.edges_from(&[team.id], Some(&[relation::UNDER_TEAM])).await? {
                    next.push((edge.to, Designation::Viewer));
                }
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    let mut holders: Vec<RecordId> = teams.iter().map(|membership| membership.team).collect();
    holders.extend(organisation);
    let mut role_ids: Vec<RecordId> =
        snapshot.edges_from(&[user.id], Some(&[relation::HAS_ROLE])).await?.iter().map(|edge| edge.to).collect();
    role_ids.extend(snapshot.edges_from(&holders, Some(&[relation::DEFAULT_ROLE])).await?.iter().map(|edge| edge.to));
    let roles = snapshot
        .by_id(account, &role_ids)
        .await?
        .into_iter()
        .flatten()
        .filter(|role| role.state.is_alive() && !flag(role, "disabled"))
        .map(|role| role.fqn)
        .collect();
    Ok(Principal {
        account,
        user: user.id,
        name: user.name.as_str().into(),
        email: user.body.get("email").and_then(Value::as_str).unwrap_or("").to_owned(),
        is_admin: flag(user, "is_admin"),
        is_bot: flag(user, "is_bot"),
        roles,
        teams,
        epoch,
    })
}

/// The account's policies with the roles that carry them.
async fn policies(
    snapshot: &dyn Snapshot,
    registry: &Registry,
    account: AccountId,
) -> Result<Vec<PolicySource>, Problem> {
    let mut sources = Vec::new();
    let query = ListQuery { limit: 10_000, ..ListQuery::of(account, registry.expect("policy")) };
    for policy in snapshot.list(&query).await? {
        if policy.body.get("enabled").and_then(Value::as_bool) == Some(false) {
            continue;
        }
        let holders: Vec<RecordId> = snapshot
            .edges_to(&[policy.id], &[relation::HAS_POLICY], 10_000)
            .await?
            .iter()
            .map(|edge| edge.from)
            .collect();
        let mut source = PolicySource {
            name: policy.fqn.clone(),
            roles: Vec::new(),
            everybody: false,
            rules: policy.body.get("rules").cloned().unwrap_or(Value::Null),
        };
        for holder in snapshot.by_id(account, &holders).await?.into_iter().flatten() {
            if !holder.state.is_alive() {
                continue;
            }
            match holder.kind.name() {
                "role" => source.roles.push(holder.fqn),
                "team" if holder.fqn == EVERYBODY => source.everybody = true,
                _ => {}
            }
        }
        sources.push(source);
    }
    Ok(sources)
}
