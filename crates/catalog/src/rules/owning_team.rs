//! A team named among a product's owners is its owning team; when that team leaves the owners, the stewards hold it again.
//! So they do when the product moves to another top domain: a team of the old one has no business there, unless it stays
//! among the owners.
//!
//! The steward team itself is never linked: it follows from the domain, also after a move.

use std::sync::Arc;

use async_trait::async_trait;
use foldhash::HashMap;
use serde_json::Map;

use crate::id::{EdgeId, RecordId, Revision};
use crate::kinds::TEAM;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Card, Edge, View};
use crate::relation::{OWNER, OWNING_TEAM};

pub struct OwningTeam;

#[async_trait]
impl Hooks for OwningTeam {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if plan.after.targets(OWNER).filter(|(_, card)| card.kind == TEAM).count() > 1 {
            plan.refuse("owners", "takes at most one team");
            return Ok(());
        }
        let before = plan.before.as_ref().and_then(owner_team);
        let after = owner_team(&plan.after);
        let holds = |edge: &Edge, team| edge.relation == OWNING_TEAM && Some(edge.to) == team;
        match after {
            // The team that has left the owners holds the product no longer; one that was never among them stays.
            None => plan.after.edges.retain(|edge| !(before.is_some() && holds(edge, before))),
            Some(team) => {
                plan.after.edges.retain(|edge| edge.relation != OWNING_TEAM || edge.to == team);
                if !plan.after.edges.iter().any(|edge| holds(edge, Some(team))) {
                    link(plan, team);
                }
            }
        }
        if let Some(left) = left_behind(plan) {
            let View { edges, cards, .. } = &mut plan.after;
            stay_behind(edges, cards, &left);
        }
        Ok(())
    }
}

/// The FQN of the top domain that the plan takes the record out of.
fn left_behind(plan: &Planning<'_>) -> Option<String> {
    let before = plan.before.as_ref()?.ancestors.last()?;
    (plan.after.ancestors.last().map(|card| card.id) != Some(before.id)).then(|| before.fqn.clone())
}

/// Ends the hold of an owning team that stands below a domain, unless it is named among the owners.
pub fn stay_behind(edges: &mut Vec<Edge>, cards: &HashMap<RecordId, Arc<Card>>, domain: &str) {
    let named: Vec<RecordId> = edges.iter().filter(|edge| edge.relation == OWNER).map(|edge| edge.to).collect();
    let is_below =
        |team: &Card| team.parent.is_some() && team.fqn.strip_prefix(domain).is_some_and(|rest| rest.starts_with('.'));
    edges.retain(|edge| {
        edge.relation != OWNING_TEAM
            || named.contains(&edge.to)
            || !cards.get(&edge.to).is_some_and(|team| is_below(team))
    });
}

fn link(plan: &mut Planning<'_>, team: RecordId) {
    plan.after.edges.push(Edge {
        id: EdgeId::fresh(),
        from: plan.after.record.id,
        relation: OWNING_TEAM,
        at: String::new(),
        ord: 0,
        to: team,
        attributes: Map::new(),
        since: Revision(0),
        until: None,
    });
}

fn owner_team(view: &View) -> Option<RecordId> {
    view.targets(OWNER).find(|(_, card)| card.kind == TEAM).map(|(edge, _)| edge.to)
}
