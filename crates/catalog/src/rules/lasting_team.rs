//! Two kinds of team last as long as what they belong to: the one of everybody in the account, and the stewards of a
//! living domain.

use async_trait::async_trait;

use crate::caller::EVERYBODY;
use crate::change_set::Expect;
use crate::command::Deletion;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::Record;
use crate::relation::STEWARD;

pub struct LastingTeam;

#[async_trait]
impl Hooks for LastingTeam {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(before) = &plan.before else { return Ok(()) };
        if is_everybody(&before.record) && plan.after.record.name != before.record.name {
            return Err(Problem::conflict(format!("System entity [{EVERYBODY}] of type team can not be renamed.")));
        }
        Ok(())
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        let team = &plan.after.record;
        if is_everybody(team) {
            return Err(Problem::conflict(format!("System entity [{EVERYBODY}] of type team can not be deleted.")));
        }
        let id = team.id;
        let edges = plan.cx.snapshot.edges_to(&[id], &[STEWARD], u32::MAX).await?;
        let domains: Vec<_> = edges.iter().map(|edge| edge.from).collect();
        let domains = plan.cx.snapshot.by_id(plan.cx.account(), &domains).await?;
        if let Some(domain) = domains.into_iter().flatten().find(|domain| domain.state.is_alive()) {
            return Err(Problem::conflict(format!("the stewards of domain {:?} cannot be deleted", domain.fqn)));
        }
        plan.expect.push(Expect::NoEdgeTo { id, relations: &[STEWARD] });
        Ok(())
    }
}

fn is_everybody(team: &Record) -> bool {
    team.parent.is_none() && team.fqn == EVERYBODY
}
