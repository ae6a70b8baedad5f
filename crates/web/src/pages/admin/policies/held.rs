//! Who has a policy or a role: what is said before it is deleted, and before it is brought back.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::what_if::WhatIf;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use crate::access::effects::{Effects, TestSubject};
use crate::fault::Fault;
use crate::forms::checked;
use crate::forms::confirmation::Way;
use crate::records::difference::listed;
use crate::records::naming;
use crate::request::visit::Visit;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What has it, and is read.
const MOST: u32 = 500;
/// How a role is had.
const HAVING: &[Relation] = &[relation::HAS_ROLE, relation::DEFAULT_ROLE];

/// A policy or a role, there or deleted, with what has it.
pub struct Held {
    view: View,
    /// People, teams and roles.
    holders: Vec<Card>,
    /// Of a policy: people and teams that have one of those roles.
    through: Vec<Card>,
    is_cut: bool,
}

impl Held {
    /// What is read of the policy or role itself.
    pub fn depth() -> Depth {
        Depth::of(&[relation::HAS_POLICY], false)
    }

    pub async fn of(reading: &Reading<'_>, view: View) -> Result<Held, Fault> {
        let is_role = view.record.kind.is("role");
        let relations = if is_role { HAVING } else { &[relation::HAS_POLICY] };
        let (holders, is_cut) = sources(reading, &[view.id()], relations).await?;
        let roles: Vec<RecordId> = holders.iter().filter(|card| card.kind.is("role")).map(|card| card.id).collect();
        let (through, is_cut_beyond) = sources(reading, &roles, HAVING).await?;
        Ok(Held { view, holders, through, is_cut: is_cut || is_cut_beyond })
    }

    /// Whether a person or a team has it, itself or through a role.
    pub fn is_had(&self) -> bool {
        self.is_cut || !self.through.is_empty() || self.holders.iter().any(|card| !card.kind.is("role"))
    }

    /// What changes for whom; `None` where that cannot be told.
    pub async fn effects(&self, visit: &Visit, reading: &Reading<'_>, way: Way) -> Result<Option<Effects>, Fault> {
        let what_if = self.what_if(way);
        let effects = Effects::of(visit, reading, &what_if, &TestSubject::default(), self.checked()).await?;
        let title = visit.t.say(way.of("rights.changes", "restoring.changes"));
        Ok(effects.ok().map(|effects| Effects { title, ..effects }))
    }

    fn what_if(&self, way: Way) -> WhatIf {
        let fqn = self.view.record.fqn.clone();
        let of_kind = |kind: &'static str| self.holders.iter().filter(move |card| card.kind.is(kind));
        match (self.view.record.kind.is("role"), way) {
            (true, Way::Away) => WhatIf::NoRole { fqn },
            (true, Way::Back) => WhatIf::Role {
                fqn,
                policies: self.view.targets(relation::HAS_POLICY).map(|(_, card)| card.fqn.clone()).collect(),
                is_on: is_on(&self.view),
                given: of_kind("user").map(|card| card.id).collect(),
                taken: Vec::new(),
                teams: of_kind("team").cloned().collect(),
            },
            (false, way) => {
                let rules = self.view.field("rules").filter(|_| way == Way::Back && is_on(&self.view));
                WhatIf::Policy { id: self.view.id(), fqn, rules: rules.cloned() }
            }
        }
    }

    /// What is sent proves that this much was shown.
    pub fn checked(&self) -> String {
        let ids = |cards: &[Card]| cards.iter().map(|card| card.id).collect::<Vec<_>>();
        let who = (ids(&self.holders), ids(&self.through));
        checked::word(&(self.view.id(), self.view.record.revision.0, who, self.is_cut))
    }

    /// Itself, and who has it, by kind.
    pub fn sentences(&self, t: Texts, way: Way) -> Vec<String> {
        let itself = way.of("rights.itself", "restoring.itself");
        let mut all = vec![t.with(itself, &[("name", &shown(&self.view.record.name))])];
        let mut say = |key: &str, cards: Vec<&Card>| {
            let names: Vec<String> = cards.into_iter().map(naming::rendered).collect();
            if !names.is_empty() {
                all.push(t.with(key, &[("names", &listed(t, &names))]));
            }
        };
        for (kind, key) in [("user", "rights.people"), ("team", "rights.teams"), ("role", "rights.roles")] {
            say(key, self.holders.iter().filter(|card| card.kind.is(kind)).collect());
        }
        say("rights.through", self.through.iter().collect());
        all.extend(self.is_cut.then(|| t.say("rights.cut")));
        all
    }
}

/// Who refers to these, each once and by name; and whether there are more.
async fn sources(
    reading: &Reading<'_>,
    of: &[RecordId],
    relations: &'static [Relation],
) -> Result<(Vec<Card>, bool), Fault> {
    if of.is_empty() {
        return Ok((Vec::new(), false));
    }
    let records = reading.in_any_state(of).await?;
    let found = reading.sources(&records, relations, MOST).await?;
    let mut cards: Vec<Card> = found.records.values().map(Card::of).collect();
    cards.sort_by_cached_key(|card| (naming::rendered(card), card.id));
    Ok((cards, found.is_cut))
}

/// Whether a role, or a policy, is in effect; clients write either.
pub fn is_on(view: &View) -> bool {
    view.field("enabled") != Some(&Value::Bool(false)) && view.field("disabled") != Some(&Value::Bool(true))
}
