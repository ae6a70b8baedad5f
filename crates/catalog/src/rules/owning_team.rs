//! A team named among a product's owners is its owning team; when that team leaves the owners, the stewards hold it again.
//!
//! The steward team itself is never linked: it follows from the domain, also after a move.

use async_trait::async_trait;
use serde_json::Map;

use crate::id::{EdgeId, RecordId, Revision};
use crate::plan::Planning;
use crate::problem::Problem;
use crate::record::{Edge, View};
use crate::relation::{OWNER, OWNING_TEAM};
use crate::rule::Rule;

pub struct OwningTeam;

#[async_trait]
impl Rule for OwningTeam {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if plan.after.targets(OWNER).filter(|(_, card)| card.kind.is("team")).count() > 1 {
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
        Ok(())
    }
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
    view.targets(OWNER).find(|(_, card)| card.kind.is("team")).map(|(edge, _)| edge.to)
}
