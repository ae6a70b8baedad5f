//! Whoever is in a team has the roles and policies that it brings: nobody brings himself or others what he does not have. Who
//! owns the team, or has made himself its owner, adds people to it where he is in it, or where it brings nothing.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::action::Action;
use crate::caller::EVERYBODY;
use crate::id::RecordId;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::relation::{DEFAULT_ROLE, HAS_POLICY, MEMBER, UNDER_TEAM};

pub struct Joining;

#[async_trait]
impl Hooks for Joining {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        // What a new team hands out is checked as it is made.
        let Some(before) = &plan.before else { return Ok(()) };
        let joins = plan.revived || !members(&plan.after).is_subset(&members(before));
        if joins { may_bring(plan, before).await } else { Ok(()) }
    }

    async fn restoring(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        match &plan.before {
            Some(before) => may_bring(plan, before).await,
            None => Ok(()),
        }
    }
}

fn members(team: &View) -> HashSet<RecordId> {
    team.edges.iter().filter(|edge| edge.relation == MEMBER).map(|edge| edge.to).collect()
}

async fn may_bring(plan: &Planning<'_>, team: &View) -> Result<(), Problem> {
    let (cx, id) = (plan.cx, team.record.id);
    if cx.caller.principal.teams.iter().any(|membership| membership.team == id) || !brings(plan, id).await? {
        return Ok(());
    }
    cx.access.may(cx, Action::EditRole, &team.record).await.map(drop)
}

/// Whether the team, or one that it stands under, has something that not everybody has.
async fn brings(plan: &Planning<'_>, team: RecordId) -> Result<bool, Problem> {
    let mut known = HashSet::new();
    let mut level = vec![team];
    while !level.is_empty() {
        let teams = plan.cx.snapshot.by_id(plan.cx.account(), &level).await?;
        let teams = teams.into_iter().flatten().filter(|team| team.fqn != EVERYBODY && known.insert(team.id));
        let teams: Vec<RecordId> = teams.map(|team| team.id).collect();
        let edges = plan.cx.snapshot.edges_from(&teams, Some(&[DEFAULT_ROLE, HAS_POLICY, UNDER_TEAM])).await?;
        if edges.iter().any(|edge| edge.relation != UNDER_TEAM) {
            return Ok(true);
        }
        level = edges.into_iter().map(|edge| edge.to).collect();
    }
    Ok(false)
}
