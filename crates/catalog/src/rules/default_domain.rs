//! The account's default domain cannot be deleted or renamed: it takes what names no other.

use async_trait::async_trait;

use crate::command::Deletion;
use crate::id::RecordId;
use crate::load;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct DefaultDomain;

#[async_trait]
impl Hooks for DefaultDomain {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let renamed = plan.before.as_ref().is_some_and(|before| before.record.name != plan.after.record.name);
        if renamed && is_default(plan, plan.after.record.id).await? {
            return Err(Problem::invalid("name", "of the default domain cannot be changed"));
        }
        Ok(())
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        if is_default(plan, plan.after.record.id).await? {
            return Err(Problem::invalid("name", "names the default domain, which cannot be deleted"));
        }
        Ok(())
    }
}

async fn is_default(plan: &Planning<'_>, id: RecordId) -> Result<bool, Problem> {
    let account = plan.cx.record(plan.cx.account().record()).await?;
    Ok(account.as_ref().and_then(load::default_domain) == Some(id))
}
