//! Whoever is in a team has the roles and policies that it brings: nobody brings himself or others what he does not have. Who
//! owns the team, or has made himself its owner, adds people to it where he is in it, or where it brings nothing that
//! everybody does not have.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::action::Action;
use crate::caller::EVERYBODY;
use crate::id::RecordId;
use crate::kinds::TEAM;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::relation::{DEFAULT_ROLE, HAS_POLICY, MEMBER, UNDER_TEAM};

pub struct TeamMembership;

#[async_trait]
impl Hooks for TeamMembership {
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
    let principal = &cx.caller.principal;
    // A program has nothing of what its teams bring.
    let has_it_all = !principal.is_bot && principal.teams.iter().any(|membership| membership.team == id);
    if has_it_all || !brings(plan, id).await? {
        return Ok(());
    }
    cx.access.may(cx, Action::EditRole, &team.record).await.map(drop)
}

/// Whether the team, or one that it stands under, has a policy or a role: those that are deleted count as long as they can be
/// restored, since whoever does that is not asked about the members again.
async fn brings(plan: &Planning<'_>, team: RecordId) -> Result<bool, Problem> {
    let (cx, mut known, mut level) = (plan.cx, HashSet::new(), vec![team]);
    let mut roles = Vec::new();
    while !level.is_empty() {
        let teams = cx.snapshot.by_id(cx.account(), &level).await?.into_iter().flatten();
        let teams = teams.filter(|one| one.fqn != EVERYBODY && known.insert(one.id));
        let teams: Vec<RecordId> = teams.map(|one| one.id).collect();
        let edges = cx.snapshot.edges_from(&teams, Some(&[DEFAULT_ROLE, HAS_POLICY, UNDER_TEAM])).await?;
        if edges.iter().any(|edge| edge.relation == HAS_POLICY) {
            return Ok(true);
        }
        roles.extend(edges.iter().filter(|edge| edge.relation == DEFAULT_ROLE).map(|edge| edge.to));
        level = edges.into_iter().filter(|edge| edge.relation == UNDER_TEAM).map(|edge| edge.to).collect();
    }
    if roles.is_empty() {
        return Ok(false);
    }
    // What everybody has is brought to nobody.
    let everybody = cx.snapshot.by_fqn(cx.account(), TEAM, &[EVERYBODY]).await?;
    let everybody = everybody.into_iter().flatten().filter(|team| team.state.is_alive()).map(|team| team.id);
    let of_all = cx.snapshot.edges_from(&everybody.collect::<Vec<_>>(), Some(&[DEFAULT_ROLE])).await?;
    roles.retain(|role| !of_all.iter().any(|edge| edge.to == *role));
    let roles = cx.snapshot.by_id(cx.account(), &roles).await?;
    Ok(roles.into_iter().flatten().next().is_some())
}
