//! Teams stand under teams without a cycle; a Group has no teams below it. What stands under none stands under the team
//! of everybody.

use async_trait::async_trait;

use serde_json::Map;

use crate::access::EVERYBODY;
use crate::id::{EdgeId, RecordId, Revision};
use crate::plan::{Context, Planning};
use crate::problem::Problem;
use crate::record::Edge;
use crate::relation::UNDER_TEAM;
use crate::rule::Rule;

const DEPTH: usize = 64;

pub struct TeamTree;

#[async_trait]
impl Rule for TeamTree {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
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

/// A team that was made before this was so stays as it is until it leaves another one.
async fn stand_under_everybody(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let stood = plan.before.as_ref().map(|view| view.targets(UNDER_TEAM).map(|(edge, _)| edge.clone()).collect());
    let stood: Option<Vec<Edge>> = stood;
    if plan.after.targets(UNDER_TEAM).next().is_some() || stood.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let id = plan.after.record.id;
    // The team of everybody is the root.
    let Some(everybody) = everybody(plan.cx).await?.filter(|everybody| *everybody != id) else { return Ok(()) };
    let same = stood.into_iter().flatten().find(|edge| edge.to == everybody);
    plan.after.edges.push(same.unwrap_or_else(|| under(id, everybody)));
    Ok(())
}

/// The account's team of everybody; absent while the account is being made.
pub async fn everybody(cx: &Context<'_>) -> Result<Option<RecordId>, Problem> {
    let found = cx.snapshot.by_fqn(cx.account(), cx.registry.expect("team"), &[EVERYBODY]).await?;
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
