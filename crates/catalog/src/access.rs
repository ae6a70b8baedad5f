//! Rights: who the caller is, what he sees, what he may do. The only place that makes a `Permit`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::Value;

use crate::action::Action;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::{Designation, EVERYBODY, Membership, Principal};
use crate::change_set::Permit;
use crate::climb::MOST_ANCESTORS;
use crate::context::Context;
use crate::dependency::{CommitVersion, Dependency};
use crate::facts;
use crate::id::{AccountId, RecordId};
use crate::kind::{Kind, Visibility};
use crate::load;
use crate::ports::{Facts, Gate, PolicySource, Snapshot, Store, Verdict};
use crate::prefetch;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Record, View};
use crate::registry::Registry;
use crate::relation::{self, Relation};
use crate::requests;
use crate::rows::Reader;

/// How deep teams may stand under teams.
const TEAM_DEPTH: usize = 16;

/// How many principals are remembered before the memory is emptied.
const REMEMBERED: usize = 50_000;

/// The gate with what it needs to know of accounts, kept per access epoch.
///
/// What is kept here only spares reads. Whether it still holds is asked of the store by each request that uses it: the
/// commit that raises an epoch ends it before it is acknowledged, whichever catalogue made it.
pub struct Access {
    gate: Arc<dyn Gate>,
    store: Arc<dyn Store>,
    principals: RwLock<HashMap<RecordId, Arc<Principal>>>,
    epochs: RwLock<HashMap<AccountId, Epoch>>,
}

/// An account's epoch, as it was read at a version of the store.
#[derive(Clone, Copy)]
struct Epoch {
    number: u64,
    version: CommitVersion,
}

impl Access {
    pub fn new(gate: Arc<dyn Gate>, store: Arc<dyn Store>) -> Access {
        Access { gate, store, principals: RwLock::default(), epochs: RwLock::default() }
    }

    pub(crate) fn gate(&self) -> &dyn Gate {
        &*self.gate
    }

    /// The epoch of an account, if nothing has raised it since it was read.
    pub(crate) async fn known_epoch(&self, account: AccountId) -> Option<u64> {
        let known = self.epochs.read().get(&account).copied()?;
        // A store that cannot say is read, and then says itself what is the matter.
        let holds =
            matches!(self.store.unchanged_until(known.version, &[Dependency::rights(account)]).await, Ok(Some(_)));
        holds.then_some(known.number)
    }

    /// The epoch of an account in a state, with its policies loaded into the gate.
    pub async fn epoch(
        &self,
        snapshot: &dyn Snapshot,
        registry: &Registry,
        account: AccountId,
    ) -> Result<u64, Problem> {
        let epoch = snapshot.access_epoch(account).await?;
        if !self.gate.is_loaded(account, epoch) {
            let policies = policies(snapshot, registry, account).await?;
            self.gate.load(account, epoch, &policies);
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

    /// The caller behind a user id. `None` when the user is unknown, deleted or disabled.
    pub async fn principal(
        &self,
        snapshot: &dyn Snapshot,
        registry: &Registry,
        account: AccountId,
        user: RecordId,
    ) -> Result<Option<Arc<Principal>>, Problem> {
        // What is read belongs to the epoch of the snapshot, which may lag behind the one last raised: a principal put
        // together from it must not pass for one of the new epoch, or a right that was taken away would live on.
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
        let mut principals = self.principals.write();
        if principals.len() >= REMEMBERED {
            principals.clear();
        }
        if principals.get(&user).is_none_or(|known| known.epoch <= epoch) {
            principals.insert(user, principal.clone());
        }
        drop(principals);
        Ok(Some(principal))
    }

    /// A principal that is already known for the present epoch, without any read.
    pub async fn known_principal(&self, account: AccountId, user: RecordId) -> Option<Arc<Principal>> {
        let epoch = self.known_epoch(account).await?;
        let principals = self.principals.read();
        principals.get(&user).filter(|known| known.epoch == epoch && known.account == account).cloned()
    }

    pub(crate) fn verdict(&self, principal: &Principal, action: Action, kind: Kind, visibility: Visibility) -> Verdict {
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
        Ok(self.sees_each(snapshot, principal, &[record]).await?.pop().unwrap_or(false))
    }

    /// The same of many. What decisions turn on is read for all of them at once.
    pub async fn sees_each(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        records: &[&Record],
    ) -> Result<Vec<bool>, Problem> {
        let known = CachedSnapshot::over(snapshot);
        let is_own = |record: &Record| record.account == principal.account;
        let own: Vec<&Record> = records.iter().copied().filter(|record| is_own(record)).collect();
        fetch_wholes(&known, principal.account, &own).await?;
        let mut asked: Vec<Option<(Action, Cow<'_, Record>)>> = Vec::with_capacity(records.len());
        // Of assets whose rows somebody asks for: who holds them all sees the request.
        let mut rows: HashMap<usize, Vec<RecordId>> = HashMap::new();
        for (place, record) in records.iter().enumerate() {
            if !is_own(record) {
                asked.push(None);
                continue;
            }
            asked.push(match whole(&known, record).await? {
                Some(whole) => match needed(principal, record, Action::View) {
                    Needed::OfWhole(action) => Some((action, Cow::Owned(whole))),
                    Needed::Rows(assets) => {
                        rows.insert(place, assets);
                        None
                    }
                    Needed::Nobody => None,
                },
                None => Some((Action::View, Cow::Borrowed(*record))),
            });
        }
        let of = |asked: &Option<(Action, Cow<'_, Record>)>| match asked {
            Some((action, record)) => self.verdict(principal, *action, record.kind, record.visibility),
            None => Verdict::Never { why: None },
        };
        let depending: Vec<&Record> = asked
            .iter()
            .filter(|asked| of(asked) == Verdict::Depends)
            .filter_map(|asked| asked.as_ref().map(|(_, record)| &**record))
            .collect();
        self.prefetch(&known, principal, &depending).await?;
        let held = self.held_of(&known, principal, rows.values().flatten()).await?;
        let mut seen = Vec::with_capacity(records.len());
        for (place, asked) in asked.iter().enumerate() {
            if let Some(assets) = rows.get(&place) {
                seen.push(holds_all(&held, assets));
                continue;
            }
            seen.push(match (of(asked), asked) {
                (Verdict::Depends, Some((action, record))) => {
                    self.judge_known(&known, principal, *action, record).await? == Verdict::Always
                }
                (verdict, _) => verdict == Verdict::Always,
            });
        }
        Ok(seen)
    }

    async fn held_of(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        assets: impl Iterator<Item = &RecordId>,
    ) -> Result<HashSet<RecordId>, Problem> {
        let mut assets: Vec<RecordId> = assets.copied().collect();
        assets.sort_unstable();
        assets.dedup();
        if assets.is_empty() {
            return Ok(HashSet::new());
        }
        Reader::new(self, snapshot, principal).held(&assets).await
    }

    /// Those of the records that the caller may know of.
    pub async fn seen(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, Problem> {
        let seen = self.sees_each(snapshot, principal, &records.iter().collect::<Vec<_>>()).await?;
        Ok(records.into_iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record)).collect())
    }

    /// Reads what the facts of these records are made of.
    pub(crate) async fn prefetch(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        records: &[&Record],
    ) -> Result<(), Problem> {
        prefetch::facts(known, principal.account, records, self.gate.asks_owner_teams(principal.account)).await
    }

    /// What the policies say where the facts of the record are needed, and were fetched.
    async fn judge_known(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        action: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        let facts = self.facts_known(known, principal, record).await?;
        Ok(self.gate.decide(principal, action, record.kind, record.visibility, Some(&facts)))
    }

    /// Whether the caller sees the parts of that kind of a record: those who may change it do, and where the kind says so
    /// those who see it. Of personal parts each has to be asked about.
    pub async fn sees_parts_of(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        whole: &Record,
        kind: Kind,
    ) -> Result<bool, Problem> {
        let action = if kind.0.shown { Action::View } else { Action::EditAll };
        Ok(self.judge(snapshot, principal, action, whole).await? == Verdict::Always)
    }

    /// Whether a list of the kind needs a look at each record, and whether granted records are all visible.
    pub fn list_verdict(&self, principal: &Principal, kind: Kind, visibility: Visibility) -> Verdict {
        self.verdict(principal, Action::View, kind, visibility)
    }

    /// What rights of the principal can depend on.
    pub async fn facts(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        record: &Record,
    ) -> Result<Facts, Problem> {
        let known = CachedSnapshot::over(snapshot);
        self.prefetch(&known, principal, &[record]).await?;
        self.facts_known(&known, principal, record).await
    }

    async fn facts_known(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        record: &Record,
    ) -> Result<Facts, Problem> {
        facts::of_record(known, record, principal.user, self.gate.asks_owner_teams(principal.account)).await
    }

    /// May the caller lend the rows of these assets, and take them back? Who holds them may.
    pub async fn may_lend(&self, cx: &Context<'_>, assets: &[RecordId]) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        let held = Reader::new(self, cx.snapshot, principal).held(assets).await?;
        if assets.iter().all(|asset| held.contains(asset)) {
            return Ok(Permit::given_by_access());
        }
        Err(forbidden(principal, Action::GrantRows, "asset", None))
    }

    /// May the caller decide a request that he sees? Whoever may give what it asks for: another person than the one who
    /// made it, and in person.
    pub async fn may_decide(&self, cx: &Context<'_>, request: &Record) -> Result<Permit, Problem> {
        let principal = &*cx.caller.principal;
        let refused =
            |why: &str| Err(forbidden(principal, Action::EditUsers, request.kind.name(), Some(why.to_owned())));
        if is_made_by(request, principal) {
            return refused("nobody decides what he has asked for himself");
        }
        // Behind a program stands somebody who may be the one that asks.
        if principal.is_bot || cx.caller.through.is_some() {
            return refused("requests are decided by people, in person");
        }
        self.may(cx, Action::View, request).await
    }

    /// May the caller take a request back?
    pub fn may_withdraw(&self, principal: &Principal, request: &Record) -> Result<Permit, Problem> {
        if is_made_by(request, principal) {
            return Ok(Permit::given_by_access());
        }
        let why = Some("only who has made it takes it back".to_owned());
        Err(forbidden(principal, Action::EditAll, request.kind.name(), why))
    }

    /// What the policies say to each of these actions on a record that the principal sees.
    pub(crate) async fn verdicts(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        actions: &[Action],
        record: &Record,
    ) -> Result<Vec<Verdict>, Problem> {
        let mut facts: Option<Facts> = None;
        let mut verdicts = Vec::with_capacity(actions.len());
        for action in actions {
            let mut verdict = self.verdict(principal, *action, record.kind, record.visibility);
            if verdict == Verdict::Depends {
                if facts.is_none() {
                    facts = Some(self.facts(snapshot, principal, record).await?);
                }
                verdict = self.gate.decide(principal, *action, record.kind, record.visibility, facts.as_ref());
            }
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    /// What the policies say to an action on a record that the principal sees.
    pub async fn judge(
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
        let facts = self.facts(snapshot, principal, record).await?;
        Ok(self.gate.decide(principal, action, record.kind, record.visibility, Some(&facts)))
    }

    /// Reads what is needed to judge parts of the rows of these records.
    pub(crate) async fn prefetch_parts(
        &self,
        known: &CachedSnapshot<'_>,
        principal: &Principal,
        parts: &[Action],
        records: &[&Record],
    ) -> Result<(), Problem> {
        let depends = |record: &&&Record| {
            let verdict = |part: &Action| self.verdict(principal, *part, record.kind, record.visibility);
            parts.iter().any(|part| verdict(part) == Verdict::Depends)
        };
        let depending: Vec<&Record> = records.iter().filter(depends).copied().collect();
        self.prefetch(known, principal, &depending).await
    }

    /// The same, for a part of the rows of a record: of its owners only those count to whom the rows belong.
    pub(crate) async fn judge_part(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        part: Action,
        record: &Record,
    ) -> Result<Verdict, Problem> {
        let verdict = self.verdict(principal, part, record.kind, record.visibility);
        if verdict != Verdict::Depends {
            return Ok(verdict);
        }
        let owner_teams = self.gate.asks_owner_teams(principal.account);
        let facts = facts::of_rows(snapshot, record, principal.user, owner_teams).await?;
        Ok(self.gate.decide(principal, part, record.kind, record.visibility, Some(&facts)))
    }

    /// May the caller do this to a record that he sees?
    pub async fn may(&self, cx: &Context<'_>, action: Action, record: &Record) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        let verdict = match whole(cx.snapshot, record).await? {
            Some(whole) => {
                let change = match action {
                    Action::Delete | Action::Create => action,
                    Action::View if record.kind.0.asks => action,
                    _ => Action::EditAll,
                };
                match needed(principal, record, change) {
                    Needed::OfWhole(needed) => self.judge(cx.snapshot, principal, needed, &whole).await?,
                    Needed::Rows(assets) => {
                        let held = self.held_of(cx.snapshot, principal, assets.iter()).await?;
                        if holds_all(&held, &assets) { Verdict::Always } else { Verdict::Never { why: None } }
                    }
                    Needed::Nobody => Verdict::Never { why: None },
                }
            }
            None => self.judge(cx.snapshot, principal, action, record).await?,
        };
        permit(verdict, principal, action, record.kind)
    }

    /// May the caller do all of this to a record that he sees?
    pub async fn may_each(&self, cx: &Context<'_>, actions: &[Action], record: &Record) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        if record.kind.0.part || actions.len() < 2 {
            return self.may(cx, actions.first().copied().unwrap_or(Action::EditAll), record).await;
        }
        let mut facts: Option<Facts> = None;
        for action in actions.iter().copied() {
            let mut verdict = self.verdict(principal, action, record.kind, record.visibility);
            if verdict == Verdict::Depends {
                if facts.is_none() {
                    facts = Some(self.facts(cx.snapshot, principal, record).await?);
                }
                verdict = self.gate.decide(principal, action, record.kind, record.visibility, facts.as_ref());
            }
            permit(verdict, principal, action, record.kind)?;
        }
        Ok(Permit::given_by_access())
    }

    /// May the caller bring a deleted record back? That is to undo its deletion, or to make it again where it stands.
    pub async fn may_revive(&self, cx: &Context<'_>, before: &Record, planned: &View) -> Result<Permit, Problem> {
        match self.may(cx, Action::Delete, before).await {
            Err(Problem::Forbidden { .. }) => self.may_create(cx, planned).await,
            decided => decided,
        }
    }

    /// Whether there can be a place where the caller may make a record of the kind. Looks at nothing that is stored.
    pub fn may_create_somewhere(&self, principal: &Principal, kind: Kind) -> Result<(), Problem> {
        if kind.0.part {
            return Ok(());
        }
        match self.verdict(principal, Action::Create, kind, Visibility::Open) {
            Verdict::Never { why } => Err(forbidden(principal, Action::Create, kind.name(), why)),
            Verdict::Always | Verdict::Depends => Ok(()),
        }
    }

    /// Is there anything that the caller may change about the record, were it only his mark on it? Asked before an edit
    /// looks at stored state.
    pub async fn may_edit_something(&self, cx: &Context<'_>, record: &Record) -> Result<Permit, Problem> {
        self.may_any(cx, record, &[Action::Mark]).await
    }

    /// The same without marks, which everybody may leave who sees the record.
    pub async fn may_change_something(&self, cx: &Context<'_>, record: &Record) -> Result<Permit, Problem> {
        self.may_any(cx, record, &[]).await
    }

    async fn may_any(&self, cx: &Context<'_>, record: &Record, besides: &[Action]) -> Result<Permit, Problem> {
        if record.kind.0.part {
            return self.may(cx, Action::EditAll, record).await;
        }
        let principal = &cx.caller.principal;
        let mut facts: Option<Facts> = None;
        let mut refusal = None;
        let edits = std::iter::once(Action::EditAll)
            .chain(Action::ALL.iter().copied().filter(|a| a.is_edit() && *a != Action::EditAll))
            .chain(besides.iter().copied());
        for action in edits {
            let mut verdict = self.verdict(principal, action, record.kind, record.visibility);
            if verdict == Verdict::Depends {
                if facts.is_none() {
                    facts = Some(self.facts(cx.snapshot, principal, record).await?);
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
            return self.may(cx, Action::Create, &planned.record).await;
        }
        let mut wanted = vec![Action::Create];
        wanted.extend(handed_out(planned));
        let mut places: Option<Vec<Facts>> = None;
        for action in wanted {
            let mut verdict = self.verdict(principal, action, kind, Visibility::Open);
            if verdict == Verdict::Depends {
                if places.is_none() {
                    places = Some(self.places(cx, planned).await?);
                }
                // In every one of its places: a domain of one's own does not open the one beside it.
                for facts in places.iter().flatten() {
                    verdict = self.gate.decide(principal, action, kind, Visibility::Open, Some(facts));
                    if verdict != Verdict::Always {
                        break;
                    }
                }
            }
            permit(verdict, principal, action, kind)?;
        }
        Ok(Permit::given_by_access())
    }

    /// The facts of each place where the record is to stand; of nowhere, where it stands by itself.
    async fn places(&self, cx: &Context<'_>, planned: &View) -> Result<Vec<Facts>, Problem> {
        let principal = &cx.caller.principal;
        let nowhere = |team| Facts { owning_team: team, visibility: Some(Visibility::Open), ..Facts::default() };
        // People and what gives them rights are the account's: to own a domain is not to make users in it.
        if planned.record.kind.0.access && planned.record.kind.0.parents.is_empty() {
            return Ok(vec![nowhere(None)]);
        }
        let named_team = planned.targets(relation::OWNING_TEAM).next().map(|(edge, _)| edge.to);
        let mut ids: Vec<RecordId> = planned.parent().map(|card| card.id).into_iter().collect();
        for (edge, _) in planned.targets(relation::IN_DOMAIN) {
            if !ids.contains(&edge.to) {
                ids.push(edge.to);
            }
        }
        let known = CachedSnapshot::over(cx.snapshot);
        let found: Vec<Record> = known.by_id(cx.account(), &ids).await?.into_iter().flatten().collect();
        self.prefetch(&known, principal, &found.iter().collect::<Vec<_>>()).await?;
        let mut places = Vec::with_capacity(found.len());
        for place in found {
            let of_place = self.facts_known(&known, principal, &place).await?;
            let mut team = named_team.or(of_place.owning_team);
            if team.is_none() && place.kind.is("domain") {
                let view = load::view(&known, place, &load::Depth::bare()).await?;
                team = load::owning_team(&known, &view).await?.map(|card| card.id);
            }
            places.push(Facts {
                owners: of_place.owners,
                owner_teams: of_place.owner_teams,
                owner_in_teams: of_place.owner_in_teams,
                domains: of_place.domains,
                ..nowhere(team)
            });
        }
        if places.is_empty() {
            places.push(nowhere(named_team));
        }
        Ok(places)
    }

    /// A right over the account as a whole, or over a user.
    pub fn may_operate(&self, principal: &Principal) -> Result<Permit, Problem> {
        if principal.is_admin {
            Ok(Permit::given_by_access())
        } else {
            Err(forbidden(principal, Action::Operate, "account", None))
        }
    }

    /// Credentials are managed by their user and by administrators.
    pub fn may_manage_credentials(&self, principal: &Principal, user: RecordId) -> Result<Permit, Problem> {
        if principal.is_admin || principal.user == user {
            Ok(Permit::given_by_access())
        } else {
            Err(forbidden(principal, Action::ManageCredentials, "user", None))
        }
    }
}

/// The rights that a new record would hand out: to make one is not to have the right to give them.
fn handed_out(planned: &View) -> impl Iterator<Item = Action> {
    let gives = |relation: Relation| planned.edges.iter().any(|edge| edge.relation == relation);
    // Everybody stands under the top team already, and whoever stands under a team has its roles.
    let joins = planned.targets(relation::UNDER_TEAM).any(|(_, team)| team.fqn != EVERYBODY);
    let role = gives(relation::HAS_ROLE) || gives(relation::DEFAULT_ROLE) || joins;
    let policy = gives(relation::HAS_POLICY);
    role.then_some(Action::EditRole).into_iter().chain(policy.then_some(Action::EditPolicy))
}

/// For what the server itself writes: the first account, sessions after a checked password.
pub(crate) fn of_the_server() -> Permit {
    Permit::given_by_access()
}

/// Reads what parts belong to, for all of them at once.
async fn fetch_wholes(known: &CachedSnapshot<'_>, account: AccountId, records: &[&Record]) -> Result<(), Problem> {
    let above = |record: &Record| record.parent.filter(|_| record.kind.0.part);
    let mut level: Vec<RecordId> = records.iter().filter_map(|record| above(record)).collect();
    for _ in 0..MOST_ANCESTORS {
        if level.is_empty() {
            break;
        }
        level = known.by_id(account, &level).await?.iter().flatten().filter_map(above).collect();
    }
    Ok(())
}

/// The record that a part belongs to in the end; `None` for what is no part.
async fn whole(snapshot: &dyn Snapshot, record: &Record) -> Result<Option<Record>, Problem> {
    let mut whole: Option<Record> = None;
    while let part = whole.as_ref().unwrap_or(record)
        && part.kind.0.part
        && let Some(parent) = part.parent
    {
        let Some(above) = snapshot.by_id(record.account, &[parent]).await?.into_iter().next().flatten() else {
            return Ok(None);
        };
        whole = Some(above);
    }
    Ok(whole)
}

/// What it takes to do something to a part.
enum Needed {
    /// This right on the whole.
    OfWhole(Action),
    /// To hold the rows of all of these assets.
    Rows(Vec<RecordId>),
    Nobody,
}

/// What is personal nobody else changes, and only administrators of the account take it away. What asks for something its
/// maker makes and sees, and those see who may give that; it is changed by their decision alone.
fn needed(principal: &Principal, part: &Record, action: Action) -> Needed {
    let kind = part.kind.0;
    let is_own = is_made_by(part, principal);
    match action {
        Action::View | Action::Create if kind.asks && is_own => Needed::OfWhole(Action::View),
        Action::View if kind.asks => match requests::rows_wanted(part) {
            // Whether or not the assets are there still.
            Some(_) if principal.is_admin => Needed::OfWhole(Action::EditUsers),
            Some(assets) => Needed::Rows(assets),
            None => Needed::OfWhole(Action::EditUsers),
        },
        _ if kind.asks => Needed::Nobody,
        _ if kind.personal && is_own => Needed::OfWhole(Action::View),
        Action::View if kind.personal => Needed::OfWhole(Action::EditUsers),
        Action::Delete if kind.personal && principal.is_admin => Needed::OfWhole(Action::EditUsers),
        _ if kind.personal => Needed::Nobody,
        Action::View if kind.shown => Needed::OfWhole(Action::View),
        _ => Needed::OfWhole(Action::EditAll),
    }
}

fn is_made_by(part: &Record, principal: &Principal) -> bool {
    part.created.by.id == principal.user
}

fn holds_all(held: &HashSet<RecordId>, assets: &[RecordId]) -> bool {
    !assets.is_empty() && assets.iter().all(|asset| held.contains(asset))
}

fn permit(verdict: Verdict, principal: &Principal, action: Action, kind: Kind) -> Result<Permit, Problem> {
    match verdict {
        Verdict::Always => Ok(Permit::given_by_access()),
        Verdict::Never { why } => Err(forbidden(principal, action, kind.name(), why)),
        Verdict::Depends => Err(Problem::internal("the gate left a decision open")),
    }
}

pub(crate) fn forbidden(principal: &Principal, action: Action, kind: &'static str, why: Option<String>) -> Problem {
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
    let organisation = snapshot.by_fqn(account, registry.expect("team"), &[EVERYBODY]).await?;
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

/// The account's policies with the roles that carry them.
async fn policies(
    snapshot: &dyn Snapshot,
    registry: &Registry,
    account: AccountId,
) -> Result<Vec<PolicySource>, Problem> {
    let mut query = ListQuery { limit: 1_000, ..ListQuery::of(account, registry.expect("policy")) };
    let mut policies = Vec::new();
    loop {
        let page = snapshot.list(&query).await?;
        query.after = page.last().map(|last| query.keyset(last));
        let is_last = page.len() < query.limit as usize;
        policies.extend(page);
        if is_last {
            break;
        }
    }
    policies.retain(|policy| {
        policy.body.get("enabled").and_then(Value::as_bool) != Some(false) && !flag(policy, "disabled")
    });
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
