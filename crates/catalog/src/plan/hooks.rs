//! Where invariants come in.

use async_trait::async_trait;

use super::planning::Planning;
use crate::command::Deletion;
use crate::problem::Problem;

/// What an invariant does. Every hook may refuse, complete the planned state, or add writes to the change set.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Runs when a record is made or changed, after the draft was applied and before the difference is taken.
    async fn writing(&self, _plan: &mut Planning<'_>) -> Result<(), Problem> {
        Ok(())
    }

    /// Runs before a record is deleted; `plan.before` holds it.
    async fn deleting(&self, _plan: &mut Planning<'_>, _deletion: &Deletion) -> Result<(), Problem> {
        Ok(())
    }

    /// Runs before a deleted record is brought back as it was; `plan.before` holds it.
    async fn restoring(&self, _plan: &mut Planning<'_>) -> Result<(), Problem> {
        Ok(())
    }
}
