//! Who the caller is, and which policies his account has, as the store has it and as it is kept.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Access, Epoch};
use crate::boxed::Boxed;
use crate::caller::{Designation, EVERYBODY, Membership, Principal};
use crate::context::Context;
use crate::dependency::Dependency;
use crate::id::{AccountId, RecordId};
use crate::kinds::{DATA_PRODUCT, POLICY, TEAM, USER};
use crate::ports::{PolicySource, Snapshot};
use crate::problem::Problem;
use crate::query::{ListQuery, Order};
use crate::record::Record;
use crate::relation::{self, FOLLOWED, MEMBERS_FOLLOW};

/// How deep teams may stand under teams.
const TEAM_DEPTH: usize = 16;

/// How many principals are remembered before the memory is emptied.
const REMEMBERED: usize = 50_000;

impl Access {
    /// The epoch of an account, if nothing has raised it since it was read.
    pub(crate) async fn known_epoch(&self, account: AccountId) -> Option<u64> {
        let known = self.epochs.read().get(&account).copied()?;
        // A store that cannot say is read, and then says itself what is the matter.
        let holds =
            matches!(self.store.unchanged_until(known.version, &[Dependency::rights(account)]).await, Ok(Some(_)));
        holds.then_some(known.number)
    }

    /// The epoch of an account in a state, with its policies loaded into the gate.
    pub async fn epoch(&self, snapshot: &dyn Snapshot, account: AccountId) -> Result<u64, Problem> {
        let epoch = snapshot.access_epoch(account).await?;
        if !self.gate.is_loaded(account, epoch) {
            let (policies, followed) = policies_and_followed(snapshot, account).await?;
            self.gate.load(account, epoch, &policies);
            if let Some(followed) = followed {
                self.followed.write().insert(account, (epoch, followed.into()));
            }
            self.principals.write().retain(|_, principal| principal.account != account || principal.epoch >= epoch);
        }
        if let Some(version) = snapshot.version().await? {
            let mut epochs = self.epochs.write();
            let known = epochs.entry(account).or_insert(Epoch { number: epoch, version });
            if known.version <= version {
                *known = Epoch { number: epoch, version };
            }
        }
        Ok(epoch)
    }

    /// The products of an account whose members follow a query, where they are known for an epoch: whatever changes a query
    /// raises it.
    pub(crate) fn followed(&self, account: AccountId, epoch: u64) -> Option<Arc<[Record]>> {
        self.followed.read().get(&account).filter(|(known, _)| *known == epoch).map(|(_, all)| all.clone())
    }

    /// The caller behind a user id. `None` when the user is unknown, deleted or disabled.
    pub fn principal<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        account: AccountId,
        user: RecordId,
    ) -> Boxed<'a, Result<Option<Arc<Principal>>, Problem>> {
        Box::pin(async move { Ok(self.principals_of(snapshot, account, &[user]).await?.remove(&user)) })
    }

    /// The same of several users at once, by their ids.
    pub fn principals_of<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        account: AccountId,
        users: &'a [RecordId],
    ) -> Boxed<'a, Result<HashMap<RecordId, Arc<Principal>>, Problem>> {
        Box::pin(async move {
            // What is read belongs to the epoch of the snapshot, which may lag behind the one last raised: a principal put
            // together from it must not pass for one of the new epoch, or a right that was taken away would live on.
            let epoch = self.epoch(snapshot, account).await?;
            let mut found = self.kept(account, epoch, users);
            let missing: Vec<RecordId> = users.iter().copied().filter(|user| !found.contains_key(user)).collect();
            if missing.is_empty() {
                return Ok(found);
            }
            for record in snapshot.by_id(account, &missing).await?.into_iter().flatten() {
                if !may_act(&record) {
                    continue;
                }
                let principal = Arc::new(assemble(snapshot, &record, epoch).await?);
                self.keep(&principal);
                found.insert(record.id, principal);
            }
            Ok(found)
        })
    }

    /// Those of the users that are kept for an epoch.
    fn kept(&self, account: AccountId, epoch: u64, users: &[RecordId]) -> HashMap<RecordId, Arc<Principal>> {
        let principals = self.principals.read();
        let known = users.iter().filter_map(|user| Some((*user, principals.get(user)?.clone())));
        known.filter(|(_, principal)| principal.epoch == epoch && principal.account == account).collect()
    }

    fn keep(&self, principal: &Arc<Principal>) {
        let mut principals = self.principals.write();
        if principals.len() >= REMEMBERED {
            principals.clear();
        }
        if principals.get(&principal.user).is_none_or(|known| known.epoch <= principal.epoch) {
            principals.insert(principal.user, principal.clone());
        }
    }

    /// A principal that is already known for the present epoch, without any read.
    pub async fn known_principal(&self, account: AccountId, user: RecordId) -> Option<Arc<Principal>> {
        let epoch = self.known_epoch(account).await?;
        let principals = self.principals.read();
        principals.get(&user).filter(|known| known.epoch == epoch && known.account == account).cloned()
    }
}

/// Somebody as a plan has him, rights that are not stored yet among it: nothing of it is kept.
pub(crate) async fn as_planned(cx: &Context<'_>, user: RecordId) -> Result<Option<Principal>, Problem> {
    match cx.record(user).await?.filter(may_act) {
        Some(record) => assemble(cx.snapshot, &record, cx.caller.principal.epoch).await.map(Some),
        None => Ok(None),
    }
}

/// Whether the record is a user who has not been shut out.
pub(crate) fn may_act(record: &Record) -> bool {
    record.kind == USER && record.state.is_alive() && !flag(record, "disabled")
}

fn flag(record: &Record, field: &str) -> bool {
    record.body.get(field).and_then(Value::as_bool).unwrap_or(false)
}

async fn assemble(snapshot: &dyn Snapshot, user: &Record, epoch: u64) -> Result<Principal, Problem> {
    let account = user.account;
    let mut teams: Vec<Membership> = Vec::new();
    let mut related: Vec<RecordId> = Vec::new();
    let mut level: Vec<(RecordId, Designation, bool)> = snapshot
        .edges_to(&[user.id], &[relation::MEMBER], 10_000)
        .await?
        .into_iter()
        .map(|edge| {
            let designation = Designation::parse(edge.attributes.get("designation").and_then(Value::as_str));
            (edge.from, designation, edge.is_nominal())
        })
        .collect();
    let organisation = snapshot.by_fqn(account, TEAM, &[EVERYBODY]).await?;
    let organisation = organisation.into_iter().flatten().find(|team| team.state.is_alive()).map(|team| team.id);
    for _ in 0..TEAM_DEPTH {
        let ids: Vec<RecordId> = level.iter().map(|(id, ..)| *id).collect();
        let mut joined = Vec::new();
        for team in snapshot.by_id(account, &ids).await?.into_iter().flatten().filter(|team| team.state.is_alive()) {
            let found = level.iter().find(|(id, ..)| *id == team.id);
            let (designation, nominal) = found.map_or((Designation::Viewer, false), |(_, d, n)| (*d, *n));
            if teams.iter().all(|known| known.team != team.id) {
                joined.push(team.id);
                // A project stands in the domain that it was made in.
                related.extend(team.parent);
                teams.push(Membership { team: team.id, fqn: team.fqn, designation, nominal });
            }
        }
        if joined.is_empty() {
            break;
        }
        let above = snapshot.edges_from(&joined, Some(&[relation::UNDER_TEAM])).await?;
        level = above.iter().map(|edge| (edge.to, Designation::Viewer, false)).collect();
    }
    let is_bot = flag(user, "is_bot");
    let mut holders: Vec<RecordId> = teams.iter().map(|membership| membership.team).collect();
    holders.extend(organisation);
    let own = snapshot.edges_from(&[user.id], Some(&[relation::HAS_ROLE, relation::IN_DOMAIN])).await?;
    let passed_on = snapshot.edges_from(&holders, Some(&[relation::DEFAULT_ROLE, relation::IN_DOMAIN])).await?;
    // A program has the rights that it was given, not those of the people it is grouped with.
    let passed_on = passed_on.iter().filter(|edge| !is_bot || edge.relation != relation::DEFAULT_ROLE);
    related.extend(own.iter().chain(passed_on).map(|edge| edge.to));
    related.sort_unstable();
    related.dedup();
    let (mut roles, mut domains) = (Vec::new(), Vec::new());
    for record in snapshot.by_id(account, &related).await?.into_iter().flatten().filter(|r| r.state.is_alive()) {
        match record.kind.name() {
            "role" if !flag(&record, "disabled") => roles.push(record.fqn),
            "domain" => domains.push(record.fqn),
            _ => {}
        }
    }
    Ok(Principal {
        account,
        user: user.id,
        name: user.name.as_str().into(),
        email: user.body.get("email").and_then(Value::as_str).unwrap_or("").to_owned(),
        is_admin: flag(user, "is_admin"),
        is_bot,
        roles,
        teams,
        domains,
        epoch,
    })
}

/// The products whose members follow a query, a page at a time.
pub(crate) fn followed_query(account: AccountId) -> ListQuery {
    ListQuery {
        fields: vec![(MEMBERS_FOLLOW, FOLLOWED.into())],
        order: Order::Created,
        limit: 1_000,
        ..ListQuery::of(account, DATA_PRODUCT)
    }
}

/// The account's policies, and by the same question its products whose members follow a query, unless they are too many.
async fn policies_and_followed(
    snapshot: &dyn Snapshot,
    account: AccountId,
) -> Result<(Vec<PolicySource>, Option<Vec<Record>>), Problem> {
    let asked = [policies_query(account), followed_query(account)];
    let mut found = snapshot.lists(&asked).await?.into_iter();
    let (policies, followed) = (found.next().unwrap_or_default(), found.next().unwrap_or_default());
    let is_whole = followed.len() < asked[1].limit as usize;
    Ok((sources(snapshot, account, None, policies).await?, is_whole.then_some(followed)))
}

fn policies_query(account: AccountId) -> ListQuery {
    ListQuery { limit: 1_000, ..ListQuery::of(account, POLICY) }
}

/// The account's policies with the roles that carry them. Those that are off have no effect; `also` is there nevertheless,
/// deleted or not.
pub(crate) async fn policies(
    snapshot: &dyn Snapshot,
    account: AccountId,
    also: Option<RecordId>,
) -> Result<Vec<PolicySource>, Problem> {
    let page = snapshot.list(&policies_query(account)).await?;
    sources(snapshot, account, also, page).await
}

/// The same of their first page.
async fn sources(
    snapshot: &dyn Snapshot,
    account: AccountId,
    also: Option<RecordId>,
    mut policies: Vec<Record>,
) -> Result<Vec<PolicySource>, Problem> {
    let mut query = policies_query(account);
    let mut is_last = policies.len() < query.limit as usize;
    while !is_last {
        query.after = policies.last().map(|last| query.keyset(last));
        let page = snapshot.list(&query).await?;
        is_last = page.len() < query.limit as usize;
        policies.extend(page);
    }
    policies.retain(|policy| {
        let is_on = policy.body.get("enabled").and_then(Value::as_bool) != Some(false) && !flag(policy, "disabled");
        is_on || also == Some(policy.id)
    });
    if let Some(also) = also.filter(|also| policies.iter().all(|policy| policy.id != *also)) {
        policies.extend(snapshot.by_id(account, &[also]).await?.into_iter().flatten());
    }
    let ids: Vec<RecordId> = policies.iter().map(|policy| policy.id).collect();
    let carried = snapshot.edges_to(&ids, &[relation::HAS_POLICY], u32::MAX).await?;
    let mut carriers: Vec<RecordId> = carried.iter().map(|edge| edge.from).collect();
    carriers.sort_unstable();
    carriers.dedup();
    let carriers: HashMap<RecordId, Record> = snapshot
        .by_id(account, &carriers)
        .await?
        .into_iter()
        .flatten()
        .filter(|carrier| carrier.state.is_alive())
        .map(|carrier| (carrier.id, carrier))
        .collect();
    let mut sources = Vec::with_capacity(policies.len());
    for policy in policies {
        let mut source = PolicySource {
            rules: policy.body.get("rules").cloned().unwrap_or(Value::Null),
            name: policy.fqn,
            roles: Vec::new(),
            teams: Vec::new(),
            everybody: false,
        };
        let of_policy = carried.iter().filter(|edge| edge.to == policy.id);
        for carrier in of_policy.filter_map(|edge| carriers.get(&edge.from)) {
            match carrier.kind.name() {
                "role" => source.roles.push(carrier.fqn.clone()),
                "team" if carrier.fqn == EVERYBODY => source.everybody = true,
                "team" => source.teams.push(carrier.fqn.clone()),
                _ => {}
            }
        }
        sources.push(source);
    }
    Ok(sources)
}
