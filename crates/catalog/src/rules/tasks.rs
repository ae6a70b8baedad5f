//! Tasks of a pipeline have names of their own.

use async_trait::async_trait;
use serde_json::Value;

use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::plan::hooks::Hooks;

pub struct Tasks;

#[async_trait]
impl Hooks for Tasks {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let tasks = plan.after.field("tasks").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        for (index, task) in tasks.iter().enumerate() {
            if let Some(name) = task.get("name").and_then(Value::as_str)
                && !seen.insert(name)
            {
                plan.refuse(&format!("tasks[{index}].name"), format!("{name:?} stands twice"));
            }
        }
        Ok(())
    }
}
