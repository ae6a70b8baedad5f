//! What the system itself made cannot be deleted or renamed. Labels of it are what policies, masks and certificates of every
//! account go by: only administrators say whether they are in use, and whether one excludes another.

use async_trait::async_trait;
use serde_json::Value;

use crate::action::Action;
use crate::command::Deletion;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;

pub struct SystemEntity;

/// How labels are used.
const USE: [&str; 2] = ["disabled", "mutually_exclusive"];

#[async_trait]
impl Hooks for SystemEntity {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(before) = &plan.before else { return Ok(()) };
        let renamed = before.record.name != plan.after.record.name;
        if before.text("provider") == Some("system") {
            // Being a system record is not the client's to change.
            plan.after.record.body.insert("provider".into(), "system".into());
            let says = |view: &View, field: &str| view.field(field).and_then(Value::as_bool).unwrap_or(false);
            let closes = |field: &&str| says(before, field) != says(&plan.after, field);
            let is_label = plan.kind.is("tag") || plan.kind.is("classification");
            if is_label && USE.iter().any(closes) && !plan.cx.caller.principal.is_admin {
                return Err(Problem::Forbidden {
                    who: plan.cx.caller.principal.name.to_string(),
                    action: Action::EditAll.name(),
                    kind: plan.kind.name(),
                    why: Some("only an administrator says whether what came with the catalogue is in use".into()),
                });
            }
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
