//! What the caller may do. The only place that makes a `Permit`.

use super::Access;
use super::parts::{Needed, holds_all, is_made_by, needed, whole};
use crate::action::Action;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::{Caller, EVERYBODY, Principal};
use crate::change_set::Permit;
use crate::context::Context;
use crate::denials::{Denial, Denials};
use crate::id::RecordId;
use crate::kind::{Kind, Visibility};
use crate::kinds::DOMAIN;
use crate::load;
use crate::ports::{Facts, Snapshot as _, Verdict};
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::relation::{self, Relation};
use crate::rows::Reader;

impl Access {
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

    /// May the caller do this to a record that he sees?
    pub fn may<'a>(
        &'a self,
        cx: &'a Context<'a>,
        action: Action,
        record: &'a Record,
    ) -> Boxed<'a, Result<Permit, Problem>> {
        Box::pin(async move {
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
            permit_of(verdict, principal, action, record)
        })
    }

    /// May the caller do all of this to a record that he sees?
    pub async fn may_each(&self, cx: &Context<'_>, actions: &[Action], record: &Record) -> Result<Permit, Problem> {
        let principal = &cx.caller.principal;
        if record.kind.0.part || actions.len() < 2 {
            return self.may(cx, actions.first().copied().unwrap_or(Action::EditAll), record).await;
        }
        let mut judging = self.judging(cx.snapshot, principal, record);
        for action in actions.iter().copied() {
            permit_of(judging.verdict(action).await?, principal, action, record)?;
        }
        Ok(Permit::given_by_access())
    }

    /// May the caller bring a deleted record back? That is to undo its deletion, or to make it again where it stands.
    pub async fn may_revive(&self, cx: &Context<'_>, before: &Record, planned: &View) -> Result<Permit, Problem> {
        match Denials::aside(self.may(cx, Action::Delete, before)).await {
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
        let mut judging = self.judging(cx.snapshot, principal, record);
        let mut refusal = None;
        let edits = std::iter::once(Action::EditAll)
            .chain(Action::ALL.iter().copied().filter(|a| a.is_edit() && *a != Action::EditAll))
            .chain(besides.iter().copied());
        for action in edits {
            match permit_of(judging.verdict(action).await?, principal, action, record) {
                Ok(permit) => return Ok(permit),
                Err(problem) => refusal = refusal.or(Some(problem)),
            }
        }
        Err(refusal.expect("there is at least one edit action"))
    }

    /// May the caller make a record where this one is planned? What counts is where it is to stand (parent, domains,
    /// owning team), not what it says of itself.
    pub fn may_create<'a>(&'a self, cx: &'a Context<'a>, planned: &'a View) -> Boxed<'a, Result<Permit, Problem>> {
        Box::pin(async move {
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
        })
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
            if team.is_none() && place.kind == DOMAIN {
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

    /// Credentials are managed by their user and by administrators. For whom a program acts, it makes, shows and ends none:
    /// they would outlive the permission to act for him, and nothing done with them would name the program.
    pub fn may_manage_credentials(&self, caller: &Caller, user: RecordId) -> Result<Permit, Problem> {
        let principal = &*caller.principal;
        if let Some(program) = &caller.through {
            return Err(Problem::Forbidden {
                who: program.to_string(),
                action: Action::ManageCredentials.name(),
                kind: "user",
                why: Some("a program manages no credentials of those it acts for".into()),
            });
        }
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

fn permit_of(verdict: Verdict, principal: &Principal, action: Action, record: &Record) -> Result<Permit, Problem> {
    permit(verdict, principal, action, record.kind).inspect_err(|_| Denials::are_of(record))
}

fn permit(verdict: Verdict, principal: &Principal, action: Action, kind: Kind) -> Result<Permit, Problem> {
    match verdict {
        Verdict::Always => Ok(Permit::given_by_access()),
        Verdict::Never { why } => Err(forbidden(principal, action, kind.name(), why)),
        Verdict::Depends => Err(Problem::internal("the gate left a decision open")),
    }
}

pub(crate) fn forbidden(principal: &Principal, action: Action, kind: &'static str, why: Option<String>) -> Problem {
    let action = action.name();
    Denials::note(|| Denial::Forbidden { action, kind, of: None });
    Problem::Forbidden { who: principal.name.to_string(), action, kind, why }
}
