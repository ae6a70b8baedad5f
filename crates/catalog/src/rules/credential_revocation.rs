//! Whoever is disabled holds nothing any more that lets him in: what he held does not come back when he is enabled again,
//! not by what was kept before this rule either. A provider's word for who he is stays, since he signs in by it anew. A door
//! may suspend somebody instead.

use async_trait::async_trait;

use crate::change_set::{CredentialClass, Write};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct CredentialRevocation;

#[async_trait]
impl Hooks for CredentialRevocation {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.door.suspends && !plan.is_new() && plan.differs("disabled") {
            plan.writes
                .push(Write::DropCredentials { user: plan.after.record.id, classes: CredentialClass::LETTING_IN });
        }
        Ok(())
    }
}
