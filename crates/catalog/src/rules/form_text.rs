//! The text of a form type is a model whose structure bears the type's name.

use async_trait::async_trait;

use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct FormText;

#[async_trait]
impl Hooks for FormText {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let fault = match plan.after.text("model") {
            Some(model) if plan.differs("model") => {
                plan.cx.registry.provided().parse(model, &plan.after.record.name, false).err()
            }
            _ => None,
        };
        if let Some(fault) = fault {
            plan.refuse("model", format!("is not valid: {fault}"));
        }
        Ok(())
    }
}
