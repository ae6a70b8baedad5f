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
        let before = plan.before.as_ref().and_then(owner_team);
        let after = owner_team(&plan.after);
        if before == after {
            return Ok(());
        }
        let id = plan.after.record.id;
        plan.after.edges.retain(|edge| edge.relation != OWNING_TEAM);
        if let Some(team) = after {
            plan.after.edges.push(Edge {
                id: EdgeId::fresh(),
                from: id,
                relation: OWNING_TEAM,
                at: String::new(),
                ord: 0,
                to: team,
                attributes: Map::new(),
                since: Revision(0),
                until: None,
            });
        }
        Ok(())
    }
}

fn owner_team(view: &View) -> Option<RecordId> {
    view.targets(OWNER).find(|(_, card)| card.kind.is("team")).map(|(edge, _)| edge.to)
}
