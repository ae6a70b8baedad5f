//! Rules: invariants of a kind that concern more than one field. One file each in `rules/`.

use async_trait::async_trait;

use crate::plan::Planning;
use crate::problem::Problem;

/// An invariant. Every hook may refuse, complete the planned state, or add writes to the change set.
#[async_trait]
pub trait Rule: Send + Sync {
    /// Runs when a record is made or changed, after the draft was applied and before the difference is taken.
    async fn writing(&self, _plan: &mut Planning<'_>) -> Result<(), Problem> {
        Ok(())
    }

    /// Runs before a record is deleted; `plan.before` holds it.
    async fn deleting(&self, _plan: &mut Planning<'_>, _deletion: &crate::command::Deletion) -> Result<(), Problem> {
        Ok(())
    }
}
