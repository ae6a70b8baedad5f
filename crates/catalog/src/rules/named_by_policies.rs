//! A policy's condition can turn on what it names: a tag or a term, a role or a team. Whoever renames such a thing, moves it or
//! deletes it lifts what the policy says; and whoever gives a name to something that a condition waits for, by making it,
//! renaming it or bringing it back, puts it into effect. Both take the right to change the policy, as if he changed its
//! condition.

use async_trait::async_trait;

use crate::action::Action;
use crate::command::Deletion;
use crate::context::Context;
use crate::denials::Denials;
use crate::kind::Kind;
use crate::kinds::POLICY;
use crate::plan::hooks::Hooks;
use crate::plan::place;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;

pub struct NamedByPolicies;

/// Policies that are read at once.
const AT_ONCE: u32 = 1_000;

#[async_trait]
impl Hooks for NamedByPolicies {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let fqn = place::fqn(plan);
        let was = plan.before.as_ref().map(|before| before.record.fqn.as_str());
        if was == Some(fqn.as_str()) && !plan.revived {
            return Ok(());
        }
        let named: Vec<&str> = was.into_iter().chain([fqn.as_str()]).collect();
        may_change_what_names(plan.cx, plan.kind, &named).await
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        may_change_what_names(plan.cx, plan.kind, &[&plan.after.record.fqn]).await
    }

    async fn restoring(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        may_change_what_names(plan.cx, plan.kind, &[&plan.after.record.fqn]).await
    }
}

/// Errors: `Forbidden` for who may not change a policy whose condition names something of the kind by one of these full
/// names, or what stands below it.
/// Cost: a list of the policies; none for administrators.
pub async fn may_change_what_names(cx: &Context<'_>, kind: Kind, fqns: &[&str]) -> Result<(), Problem> {
    let principal = &cx.caller.principal;
    if principal.is_admin {
        return Ok(());
    }
    let mut query = ListQuery { limit: AT_ONCE, ..ListQuery::of(cx.account(), POLICY) };
    loop {
        let policies = cx.snapshot.list(&query).await?;
        for policy in &policies {
            let rules = policy.body.get("rules");
            let names = rules.is_some_and(|rules| fqns.iter().any(|fqn| cx.access.names(rules, kind, fqn)));
            if !names || Denials::aside(cx.access.may(cx, Action::EditPolicy, policy)).await.is_ok() {
                continue;
            }
            // Which policy it is, not everybody may know.
            return Err(Problem::Forbidden {
                who: principal.name.to_string(),
                action: Action::EditPolicy.name(),
                kind: POLICY.name(),
                why: Some(
                    "who makes, renames or deletes what a policy's condition names must be allowed to change the policy"
                        .into(),
                ),
            });
        }
        match policies.last().filter(|_| policies.len() == AT_ONCE as usize) {
            Some(last) => query.after = Some(query.keyset(last)),
            None => return Ok(()),
        }
    }
}
