//! What a change of rights would give and take, before it is made: who could do what by the rules as they are, and who by
//! others. Nothing of it is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::Reading;
use crate::access::{Access, policies};
use crate::action::Action;
use crate::boxed::Boxed;
use crate::caller::{EVERYBODY, Principal};
use crate::id::RecordId;
use crate::kind::{Kind, Visibility};
use crate::ports::{Conditions, Gate, PolicySource, Verdict};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Record};

/// People that are looked at, those who were made first before others.
const MOST: u32 = 200;

/// Rights that are no matter of policies.
const BEYOND: [Action; 3] = [Action::Operate, Action::ManageCredentials, Action::GrantRows];

/// What is otherwise than it is, for once.
#[derive(Debug, Clone)]
pub enum WhatIf {
    /// A policy has these rules; `None`: it is off.
    Policy { id: RecordId, fqn: String, rules: Option<Value> },
    /// A role has these policies, and is given to these people, and taken from those to whom no team brings it. One that is
    /// off gives nobody anything: of one that is turned on, all who have it are given it.
    Role {
        fqn: String,
        policies: Vec<String>,
        is_on: bool,
        given: Vec<RecordId>,
        taken: Vec<RecordId>,
        teams: Vec<Card>,
    },
    /// There is no such role.
    NoRole { fqn: String },
}

/// How a right to records of a kind changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessChange {
    Gains,
    /// For some records, as conditions say.
    GainsSome,
    /// For those of which one of these holds.
    GainsWhere(Vec<String>),
    Loses,
    LosesSome,
    LosesWhere(Vec<String>),
    /// It turns on other conditions than before, and none of them are only more or only less.
    Differs,
}

/// What changes, and for records of which kinds.
pub type Changes = BTreeMap<(AccessChange, Action), Vec<Kind>>;

/// What changes for some people, the same for each of them.
#[derive(Debug)]
pub struct Effect {
    pub people: Vec<RecordId>,
    pub changes: Changes,
}

/// What changes for the people of the account.
#[derive(Debug)]
pub struct Effects {
    pub effects: Vec<Effect>,
    /// There are more people than were looked at.
    pub is_cut: bool,
}

/// What somebody may do to a record as it is, and as it would be.
pub type Compared = Vec<(Action, bool, bool)>;

impl Reading<'_> {
    /// What it would change for whom, to be worked out. For those who administer the account.
    ///
    /// Errors: `Forbidden`.
    /// Cost: a list of people, and their rights where they are not known yet.
    pub fn supposition<'a>(&'a self, what_if: &'a WhatIf) -> Boxed<'a, Result<Supposition, Problem>> {
        Box::pin(async move {
            self.catalog.may_operate(self.caller)?;
            let (present, gate) = (self.gate_of(None).await?, self.gate_of(Some(what_if)).await?);
            let about: Vec<RecordId> = match what_if {
                WhatIf::Policy { .. } | WhatIf::NoRole { .. } => Vec::new(),
                WhatIf::Role { given, taken, .. } => [&given[..], taken].concat(),
            };
            let (people, is_cut) = self.people_with(about).await?;
            Ok(Supposition {
                present,
                gate,
                people,
                kinds: self.catalog.registry().iter().filter(|kind| !kind.0.part).collect(),
                what_if: what_if.clone(),
                is_cut,
            })
        })
    }

    /// The same of one person and a record: each action by the rules as they are, and as they would be.
    ///
    /// Errors: `Forbidden`, `Unauthenticated` for who may not act.
    pub fn compared<'a>(
        &'a self,
        what_if: &'a WhatIf,
        person: RecordId,
        record: &'a Record,
    ) -> Boxed<'a, Result<Compared, Problem>> {
        Box::pin(async move {
            self.catalog.may_operate(self.caller)?;
            let gate = self.gate_of(Some(what_if)).await?;
            let (snapshot, account) = (&*self.snapshot, self.account());
            let now = self.access().principal(snapshot, account, person).await?;
            let now = now.ok_or_else(|| Problem::Unauthenticated { reason: "disabled".to_owned() })?;
            let then = what_if.of(&now);
            let access = Access::new(gate, self.catalog.store.clone());
            let actions = actions();
            let is = self.access().verdicts(snapshot, &now, &actions, record).await?;
            let would_be = access.verdicts(snapshot, &then, &actions, record).await?;
            let both = may(&actions, is).into_iter().zip(may(&actions, would_be));
            Ok(actions.into_iter().zip(both).map(|(action, (is, would_be))| (action, is, would_be)).collect())
        })
    }

    /// People of the account, those whom something is about before others, whenever they were made; and whether there are
    /// more.
    pub(super) async fn people_with(&self, about: Vec<RecordId>) -> Result<(Vec<Arc<Principal>>, bool), Problem> {
        let people = ListQuery { limit: MOST + 1, ..ListQuery::of(self.account(), self.catalog.kind("user")) };
        let mut people = self.snapshot.list(&people).await?;
        let is_cut = people.len() > MOST as usize;
        people.truncate(MOST as usize);
        let mut ids = about;
        let others: Vec<RecordId> = people.iter().map(|person| person.id).filter(|id| !ids.contains(id)).collect();
        ids.extend(others);
        let principals = self.access().principals_of(&*self.snapshot, self.account(), &ids).await?;
        Ok((ids.iter().filter_map(|id| principals.get(id).cloned()).collect(), is_cut))
    }

    /// A gate of its own, also over the rules as they are: what is asked of it pushes out nothing that callers were told.
    pub(super) async fn gate_of(&self, what_if: Option<&WhatIf>) -> Result<Arc<dyn Gate>, Problem> {
        let (account, epoch) = (self.account(), self.caller.principal.epoch);
        let also = what_if.and_then(|what_if| match what_if {
            WhatIf::Policy { id, .. } => Some(*id),
            WhatIf::Role { .. } | WhatIf::NoRole { .. } => None,
        });
        let mut policies = policies(&*self.snapshot, account, also).await?;
        if let Some(what_if) = what_if {
            what_if.put(&mut policies);
        }
        let gate = self.access().gate().supposing(account, epoch, &policies);
        gate.ok_or_else(|| Problem::internal("the gate supposes nothing"))
    }
}

/// A change of rights, with all that is asked to find out what it comes to.
pub struct Supposition {
    present: Arc<dyn Gate>,
    gate: Arc<dyn Gate>,
    people: Vec<Arc<Principal>>,
    kinds: Vec<Kind>,
    what_if: WhatIf,
    is_cut: bool,
}

impl Supposition {
    /// What changes for whom, as far as somebody still wants to know; `None` where nobody does.
    ///
    /// Cost: a walk over the rules for each sort of people. It reads nothing, and takes a processor for a while: to be done
    /// beside what answers requests.
    pub fn effects(&self, is_wanted: impl Fn() -> bool) -> Option<Effects> {
        let mut known: HashMap<String, Changes> = HashMap::new();
        let mut effects: Vec<Effect> = Vec::new();
        for principal in &self.people {
            if !is_wanted() {
                return None;
            }
            let then = self.what_if.of(principal);
            let changes = known
                .entry(sort(principal, &then))
                .or_insert_with(|| self.changes((&*self.present, principal), (&*self.gate, &then)));
            gather(&mut effects, principal.user, changes);
        }
        Some(Effects { effects, is_cut: self.is_cut })
    }

    fn changes(&self, now: (&dyn Gate, &Principal), then: (&dyn Gate, &Principal)) -> Changes {
        let mut changes = Changes::new();
        for kind in &self.kinds {
            for action in actions() {
                if let Some(change) = change(now, then, action, *kind) {
                    changes.entry((change, action)).or_default().push(*kind);
                }
            }
        }
        changes
    }
}

/// Somebody beside those for whom the same changes.
pub(super) fn gather(effects: &mut Vec<Effect>, person: RecordId, changes: &Changes) {
    match effects.iter_mut().find(|effect| effect.changes == *changes) {
        _ if changes.is_empty() => {}
        Some(effect) => effect.people.push(person),
        None => effects.push(Effect { people: vec![person], changes: changes.clone() }),
    }
}

pub(super) fn actions() -> Vec<Action> {
    Action::ALL.iter().copied().filter(|action| !BEYOND.contains(action)).collect()
}

/// Whether the action is about something that whoever does it sees before: all but what makes it.
fn is_of_seen(action: Action) -> bool {
    !matches!(action, Action::View | Action::Create)
}

/// Of the verdicts about one record, which allow; whoever does not see it does nothing to it.
pub(super) fn may(actions: &[Action], verdicts: Vec<Verdict>) -> Vec<bool> {
    let allows = |verdict: &Verdict| !matches!(verdict, Verdict::Never { .. });
    let view = actions.iter().position(|action| *action == Action::View);
    let sees = view.is_some_and(|at| allows(&verdicts[at]));
    actions.iter().zip(&verdicts).map(|(action, own)| allows(own) && (sees || !is_of_seen(*action))).collect()
}

/// What the gate says of records of a kind, given that it takes seeing one to do something to it.
fn decided(gate: &dyn Gate, who: &Principal, action: Action, kind: Kind) -> Verdict {
    let of = |action| gate.decide(who, action, kind, Visibility::Open, None);
    if !is_of_seen(action) {
        return of(action);
    }
    match (of(Action::View), of(action)) {
        (Verdict::Always, own) => own,
        (unseen @ Verdict::Never { .. }, _) => unseen,
        (_, never @ Verdict::Never { .. }) => never,
        _ => Verdict::Depends,
    }
}

fn change(
    (is, now): (&dyn Gate, &Principal),
    (would_be, then): (&dyn Gate, &Principal),
    action: Action,
    kind: Kind,
) -> Option<AccessChange> {
    let before = decided(is, now, action, kind);
    let after = decided(would_be, then, action, kind);
    let both = |gate: &dyn Gate, who: &Principal| {
        [Action::View, action].map(|action| gate.conditions(who, action, kind, Visibility::Open))
    };
    match (before, after) {
        (Verdict::Depends, Verdict::Depends) => differing(&both(is, now), &both(would_be, then)),
        (Verdict::Always, Verdict::Always) | (Verdict::Never { .. }, Verdict::Never { .. }) => None,
        (_, Verdict::Always) => Some(AccessChange::Gains),
        (Verdict::Never { .. }, Verdict::Depends) => {
            Some(allowing(&both(would_be, then)).map_or(AccessChange::GainsSome, AccessChange::GainsWhere))
        }
        (Verdict::Depends, Verdict::Never { .. }) => {
            Some(allowing(&both(is, now)).map_or(AccessChange::Loses, AccessChange::LosesWhere))
        }
        (Verdict::Always, Verdict::Never { .. }) => Some(AccessChange::Loses),
        (Verdict::Always, Verdict::Depends) => Some(AccessChange::LosesSome),
    }
}

/// Those that let somebody see a record and do something to it, where all turns on one of both alone.
fn allowing([view, own]: &[Conditions; 2]) -> Option<Vec<String>> {
    let is_open = |one: &Conditions| *one == Conditions::default();
    let one = match (is_open(view), is_open(own)) {
        (true, false) => own,
        (false, true) => view,
        (false, false) if view == own => own,
        _ => return None,
    };
    one.allowing.as_ref().filter(|_| one.denying.is_empty()).map(rendered)
}

/// What becomes more and what less between conditions of which each turns on the record.
fn differing(before: &[Conditions; 2], after: &[Conditions; 2]) -> Option<AccessChange> {
    type Alternatives = BTreeSet<BTreeSet<String>>;
    /// Those that none of the others include.
    fn beyond<'a>(of: &'a Alternatives, others: &'a Alternatives) -> impl Iterator<Item = BTreeSet<String>> + 'a {
        of.iter().filter(|one| !others.iter().any(|other| other.is_subset(one))).cloned()
    }
    let (mut gained, mut lost) = (Alternatives::new(), Alternatives::new());
    let (mut gains_else, mut loses_else) = (false, false);
    for (before, after) in before.iter().zip(after) {
        match (&before.allowing, &after.allowing) {
            (Some(before), Some(after)) => {
                gained.extend(beyond(after, before));
                lost.extend(beyond(before, after));
            }
            (before, after) => {
                gains_else |= before.is_some();
                loses_else |= after.is_some();
            }
        }
        gained.extend(beyond(&before.denying, &after.denying));
        lost.extend(beyond(&after.denying, &before.denying));
    }
    match (gains_else || !gained.is_empty(), loses_else || !lost.is_empty()) {
        (false, false) => None,
        (true, true) => Some(AccessChange::Differs),
        (true, false) if gains_else => Some(AccessChange::GainsSome),
        (true, false) => Some(AccessChange::GainsWhere(rendered(&gained))),
        (false, true) if loses_else => Some(AccessChange::LosesSome),
        (false, true) => Some(AccessChange::LosesWhere(rendered(&lost))),
    }
}

/// Alternatives as policies write them.
fn rendered(alternatives: &BTreeSet<BTreeSet<String>>) -> Vec<String> {
    alternatives.iter().map(|one| one.iter().map(String::as_str).collect::<Vec<_>>().join(" && ")).collect()
}

/// Those of whom the same is true of everything that is nobody's in particular.
fn sort(now: &Principal, then: &Principal) -> String {
    let Principal { is_admin, is_bot, roles, teams, domains, .. } = now;
    format!("{is_admin} {is_bot} {roles:?} {:?} {teams:?} {domains:?}", then.roles)
}

impl WhatIf {
    fn put(&self, sources: &mut Vec<PolicySource>) {
        match self {
            WhatIf::Policy { fqn, rules: None, .. } => sources.retain(|source| source.name != *fqn),
            WhatIf::Policy { fqn, rules: Some(rules), .. } => {
                for source in sources.iter_mut().filter(|source| source.name == *fqn) {
                    source.rules = rules.clone();
                }
            }
            WhatIf::NoRole { fqn } => {
                for source in sources {
                    source.roles.retain(|role| role != fqn);
                }
            }
            WhatIf::Role { fqn, policies, .. } => {
                for source in sources {
                    source.roles.retain(|role| role != fqn);
                    if policies.contains(&source.name) {
                        source.roles.push(fqn.clone());
                    }
                }
            }
        }
    }

    /// Somebody as he would be.
    fn of(&self, principal: &Principal) -> Principal {
        let mut principal = principal.clone();
        match self {
            WhatIf::Policy { .. } => {}
            WhatIf::NoRole { fqn } | WhatIf::Role { fqn, is_on: false, .. } => {
                principal.roles.retain(|role| role != fqn)
            }
            WhatIf::Role { fqn, given, taken, teams, .. } => {
                let is_in = |team: &Card| {
                    team.fqn == EVERYBODY || principal.teams.iter().any(|membership| membership.team == team.id)
                };
                // A program has no role of a team.
                let is_brought = !principal.is_bot && teams.iter().any(is_in);
                if taken.contains(&principal.user) && !is_brought {
                    principal.roles.retain(|role| role != fqn);
                }
                if (is_brought || given.contains(&principal.user)) && !principal.roles.contains(fqn) {
                    principal.roles.push(fqn.clone());
                }
            }
        }
        principal
    }
}
