//! A policy's condition can turn on a label that it names, a tag or a term. Whoever renames such a label, or deletes it, lifts what the policy
//! says, were it from himself: that takes the right to change the policy, as if he changed its condition.

use async_trait::async_trait;

use crate::action::Action;
use crate::command::Deletion;
use crate::context::Context;
use crate::denials::Denials;
use crate::kinds::POLICY;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;

pub struct NamedLabels;

/// Policies that are read at once.
const AT_ONCE: u32 = 1_000;

#[async_trait]
impl Hooks for NamedLabels {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        // Its full name follows later.
        let of = |record: &Record| (record.name.clone(), record.parent);
        match plan.before.as_ref().filter(|before| of(&before.record) != of(&plan.after.record)) {
            Some(before) => may_change_what_names(plan.cx, &before.record.fqn).await,
            None => Ok(()),
        }
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        may_change_what_names(plan.cx, &plan.after.record.fqn).await
    }
}

/// Errors: `Forbidden` for who may not change a policy whose condition names the label of this full name, or one below it.
/// Cost: a list of the policies; none for administrators.
pub async fn may_change_what_names(cx: &Context<'_>, fqn: &str) -> Result<(), Problem> {
    let principal = &cx.caller.principal;
    if principal.is_admin {
        return Ok(());
    }
    let mut query = ListQuery { limit: AT_ONCE, ..ListQuery::of(cx.account(), POLICY) };
    loop {
        let policies = cx.snapshot.list(&query).await?;
        for policy in &policies {
            let names = policy.body.get("rules").is_some_and(|rules| cx.access.names_label(rules, fqn));
            if !names || Denials::aside(cx.access.may(cx, Action::EditPolicy, policy)).await.is_ok() {
                continue;
            }
            // Which policy it is, not everybody may know.
            return Err(Problem::Forbidden {
                who: principal.name.to_string(),
                action: Action::EditPolicy.name(),
                kind: POLICY.name(),
                why: Some(
                    "who renames or deletes what a policy's condition names must be allowed to change the policy"
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
