//! A policy's rules are checked by the gate before they are stored: a condition that cannot be read is refused.

use async_trait::async_trait;

use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct PolicyRules;

#[async_trait]
impl Hooks for PolicyRules {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        match plan.after.field("rules") {
            Some(rules) if plan.differs("rules") => plan.cx.access.gate().check_rules(rules, plan.cx.registry),
            _ => Ok(()),
        }
    }
}
