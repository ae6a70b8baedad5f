//! Teams stand under teams without a cycle; a Group has no teams below it.

use async_trait::async_trait;

use crate::plan::Planning;
use crate::problem::Problem;
use crate::relation::UNDER_TEAM;
use crate::rule::Rule;

const DEPTH: usize = 64;

pub struct TeamTree;

#[async_trait]
impl Rule for TeamTree {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
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
