//! What other labels of a record would give and take, before it bears them: conditions of policies name labels.

use std::sync::Arc;

use super::Reading;
use super::what_if::{AccessChange, Changes, Effect, Effects, actions, gather, may};
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::ports::{Facts, Gate};
use crate::problem::Problem;
use crate::record::Record;

/// A record with other labels, and all that is asked to find out what they come to.
pub struct LabelChange {
    gate: Arc<dyn Gate>,
    people: Vec<Arc<Principal>>,
    is_cut: bool,
    record: Record,
    now: Facts,
    then: Facts,
}

impl Reading<'_> {
    /// The record with these labels, by their full names, and no others. For those who administer the account.
    ///
    /// Errors: `Forbidden`.
    /// Cost: a list of people, and their rights where they are not known yet.
    pub fn label_change<'a>(
        &'a self,
        record: &'a Record,
        labels: Vec<String>,
    ) -> Boxed<'a, Result<LabelChange, Problem>> {
        Box::pin(async move {
            self.catalog.may_operate(self.caller)?;
            let (people, is_cut) = self.people_with(Vec::new()).await?;
            let now = self.access().facts(&*self.snapshot, &self.caller.principal, record).await?;
            Ok(LabelChange {
                gate: self.gate_of(None).await?,
                people,
                is_cut,
                record: record.clone(),
                then: Facts { tags: labels, ..now.clone() },
                now,
            })
        })
    }
}

impl LabelChange {
    /// Who may do more to the record then, and who less, as far as somebody still wants to know; `None` where nobody does.
    ///
    /// Cost: two verdicts for each action and person.
    pub fn effects(&self, is_wanted: impl Fn() -> bool) -> Option<Effects> {
        let mut effects: Vec<Effect> = Vec::new();
        for principal in &self.people {
            if !is_wanted() {
                return None;
            }
            gather(&mut effects, principal.user, &self.changes(principal));
        }
        Some(Effects { effects, is_cut: self.is_cut })
    }

    fn changes(&self, principal: &Principal) -> Changes {
        let (kind, visibility) = (self.record.kind, self.record.visibility);
        let of = |facts: &Facts| Facts { is_self: self.record.id == principal.user, ..facts.clone() };
        let (now, then) = (of(&self.now), of(&self.then));
        let actions = actions();
        let allowed = |facts: &Facts| {
            let verdicts =
                actions.iter().map(|action| self.gate.decide(principal, *action, kind, visibility, Some(facts)));
            may(&actions, verdicts.collect())
        };
        let mut changes = Changes::new();
        for (action, (now, then)) in actions.iter().zip(allowed(&now).into_iter().zip(allowed(&then))) {
            let change = match (now, then) {
                (false, true) => AccessChange::Gains,
                (true, false) => AccessChange::Loses,
                _ => continue,
            };
            changes.insert((change, *action), vec![kind]);
        }
        changes
    }
}
