//! Teams stand under teams without a cycle; a Group has no teams below it. What stands under none stands under the team
//! of everybody.

use async_trait::async_trait;

use serde_json::Map;

use crate::caller::EVERYBODY;
use crate::context::Context;
use crate::id::{EdgeId, RecordId, Revision};
use crate::kinds::TEAM;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Edge, View};
use crate::relation::UNDER_TEAM;

const DEPTH: usize = 64;
const ORGANISATION: &str = "Organization";

pub struct TeamTree;

#[async_trait]
impl Hooks for TeamTree {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        one_organisation(plan);
        stand_under_everybody(plan).await?;
        let id = plan.after.record.id;
        let mut level: Vec<_> = plan.after.targets(UNDER_TEAM).map(|(edge, _)| edge.to).collect();
        for above in plan.cx.snapshot.by_id(plan.cx.account(), &level).await?.into_iter().flatten() {
            if above.body.get("team_type").and_then(|v| v.as_str()) == Some("Group") {
                plan.refuse("parents", format!("{:?} is of type Group and cannot have teams below it", above.fqn));
            }
        }
        for _ in 0..DEPTH {
            if level.contains(&id) {
                plan.refuse("parents", "must not form a cycle");
                return Ok(());
            }
            let edges = plan.cx.snapshot.edges_from(&level, Some(&[UNDER_TEAM])).await?;
            level = edges.into_iter().map(|edge| edge.to).collect();
            if level.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The team of everybody is the only one of its type, and stays of it.
fn one_organisation(plan: &mut Planning<'_>) {
    let is_organisation = |view: &View| view.text("team_type") == Some(ORGANISATION);
    let is_everybody = plan.after.record.parent.is_none() && plan.after.record.fqn == EVERYBODY;
    match &plan.before {
        Some(before) if is_organisation(before) == is_organisation(&plan.after) => {}
        None if is_organisation(&plan.after) == is_everybody => {}
        _ => plan.refuse("team_type", format!("only {EVERYBODY:?} is of type {ORGANISATION}, and it stays so")),
    }
}

/// The team of everybody is there for those who stand under no other: whoever joins another leaves it. A team that was
/// made before this was so stays as it is until its place changes.
async fn stand_under_everybody(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let above = |view: &View| view.targets(UNDER_TEAM).map(|(edge, _)| edge.clone()).collect::<Vec<Edge>>();
    let before = plan.before.as_ref().map(above);
    let after = above(&plan.after);
    if before.as_ref().is_some_and(|before| *before == after) {
        return Ok(());
    }
    let id = plan.after.record.id;
    // It is the root itself.
    let Some(everybody) = everybody(plan.cx).await?.filter(|everybody| *everybody != id) else { return Ok(()) };
    if after.iter().any(|edge| edge.to != everybody) {
        plan.after.edges.retain(|edge| edge.relation != UNDER_TEAM || edge.to != everybody);
    } else if after.is_empty() {
        let same = before.into_iter().flatten().find(|edge| edge.to == everybody);
        plan.after.edges.push(same.unwrap_or_else(|| under(id, everybody)));
    }
    Ok(())
}

/// The account's team of everybody; absent while the account is being made.
pub async fn everybody(cx: &Context<'_>) -> Result<Option<RecordId>, Problem> {
    let found = cx.snapshot.by_fqn(cx.account(), TEAM, &[EVERYBODY]).await?;
    Ok(found.into_iter().flatten().next().map(|team| team.id))
}

/// A team's place under another.
pub fn under(team: RecordId, above: RecordId) -> Edge {
    Edge {
        id: EdgeId::fresh(),
        from: team,
        relation: UNDER_TEAM,
        at: String::new(),
        ord: 0,
        to: above,
        attributes: Map::new(),
        since: Revision::FIRST,
        until: None,
    }
}
