//! People and groups own; teams that only hold other teams together do not.

use serde_json::Value;

use super::planning::Planning;
use crate::id::RecordId;
use crate::kinds::TEAM;
use crate::problem::Problem;
use crate::relation::OWNER;

/// Looks at the teams that the plan makes owners. What owns already stays as it is.
///
/// Cost: one read where there are any.
pub async fn check(plan: &Planning<'_>) -> Result<(), Problem> {
    let owned = |team: RecordId| {
        let before = plan.before.as_ref();
        before.is_some_and(|view| view.edges.iter().any(|edge| edge.relation == OWNER && edge.to == team))
    };
    let teams: Vec<RecordId> = plan
        .after
        .targets(OWNER)
        .filter(|(edge, card)| card.kind == TEAM && !owned(edge.to))
        .map(|(edge, _)| edge.to)
        .collect();
    if teams.is_empty() {
        return Ok(());
    }
    for team in plan.cx.snapshot.by_id(plan.cx.account(), &teams).await?.into_iter().flatten() {
        match team.body.get("team_type").and_then(Value::as_str) {
            None | Some("Group") => {}
            Some(other) => {
                return Err(Problem::conflict(format!(
                    "Team of type {other} can't own entities. Only Team of type Group can own entities."
                )));
            }
        }
    }
    Ok(())
}
