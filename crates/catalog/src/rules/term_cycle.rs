//! What a term is a kind of does not lead back to it.

use async_trait::async_trait;

use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::relation::IS_A;

const DEPTH: usize = 64;

pub struct TermCycle;

#[async_trait]
impl Hooks for TermCycle {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let id = plan.after.record.id;
        let mut level: Vec<_> = plan.after.targets(IS_A).map(|(edge, _)| edge.to).collect();
        for _ in 0..DEPTH {
            if level.contains(&id) {
                plan.refuse("is_a", "must not form a cycle");
                return Ok(());
            }
            let edges = plan.cx.snapshot.edges_from(&level, Some(&[IS_A])).await?;
            level = edges.into_iter().map(|edge| edge.to).collect();
            if level.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }
}
