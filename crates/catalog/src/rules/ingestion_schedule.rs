//! A source is read at its times in the name of whoever said them: whoever writes them, by whatever way, is noted with
//! them, so that nobody sets to work what only somebody else may do. So is who gives it another connection: what is read
//! from there is written in his name. The server alone writes that the times are over.

use async_trait::async_trait;
use serde_json::json;

use crate::cron::Cron;
use crate::kinds::database_service::{SCHEDULE, SCHEDULED_BY};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct IngestionSchedule;

#[async_trait]
impl Hooks for IngestionSchedule {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let is_another_source = plan.differs("connection") || plan.alters_secrets();
        if !plan.differs(SCHEDULE) && !plan.differs(SCHEDULED_BY) && !is_another_source {
            return Ok(());
        }
        let Some(text) = plan.after.text(SCHEDULE) else {
            plan.after.record.body.remove(SCHEDULED_BY);
            return Ok(());
        };
        if let Err(rule) = text.parse::<Cron>() {
            plan.refuse(SCHEDULE, rule);
            return Ok(());
        }
        let principal = &plan.cx.caller.principal;
        if principal.user == plan.cx.account().record() {
            return Ok(());
        }
        let by = json!({"user": principal.user.to_string(), "name": &*principal.name, "at": plan.cx.now.0});
        plan.after.record.body.insert(SCHEDULED_BY.into(), by);
        Ok(())
    }
}
