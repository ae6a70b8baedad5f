//! A policy's rules are checked by the gate before they are stored: a condition that cannot be read is refused. And who says
//! what they are, or whether they are in effect, hands out rights: that takes the right to do so, which nobody has for owning
//! the policy, or for having made himself its owner. The same of a role, but that it has no rules of its own.

use async_trait::async_trait;

use crate::action::Action;
use crate::command::Deletion;
use crate::kinds::POLICY;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct PolicyRules;

/// What decides whom a policy, or a role, gives what.
const GIVING: [&str; 3] = ["rules", "enabled", "disabled"];

#[async_trait]
impl Hooks for PolicyRules {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if plan.revived || (!plan.is_new() && GIVING.iter().any(|field| plan.differs(field))) {
            may_give(plan).await?;
        }
        match plan.after.field("rules") {
            Some(rules) if plan.differs("rules") => plan.cx.access.gate().check_rules(rules, plan.cx.registry),
            _ => Ok(()),
        }
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        may_give(plan).await
    }

    async fn restoring(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        may_give(plan).await
    }
}

async fn may_give(plan: &Planning<'_>) -> Result<(), Problem> {
    let action = if plan.kind == POLICY { Action::EditPolicy } else { Action::EditRole };
    match &plan.before {
        Some(before) => plan.cx.access.may(plan.cx, action, &before.record).await.map(drop),
        None => Ok(()),
    }
}
