//! What the system itself made cannot be deleted or renamed.

use async_trait::async_trait;
use serde_json::Value;

use crate::command::Deletion;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct SystemEntity;

#[async_trait]
impl Hooks for SystemEntity {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(before) = &plan.before else { return Ok(()) };
        let renamed = before.record.name != plan.after.record.name;
        if before.text("provider") == Some("system") {
            // Being a system record is not the client's to change.
            plan.after.record.body.insert("provider".into(), "system".into());
            if renamed {
                let (name, kind) = (before.record.name.clone(), plan.kind);
                return Err(Problem::conflict(format!("System entity [{name}] of type {kind} can not be renamed.")));
            }
        }
        Ok(())
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        let stays = plan.after.field("allow_delete").and_then(Value::as_bool) == Some(false);
        if stays || plan.after.text("provider") == Some("system") {
            let (name, kind) = (&plan.after.record.name, plan.kind);
            return Err(Problem::conflict(format!("System entity [{name}] of type {kind} can not be deleted.")));
        }
        Ok(())
    }
}
