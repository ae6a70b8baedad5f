//! An account's name is unique over all accounts.

use async_trait::async_trait;

use crate::change_set::{Expect, Write};
use crate::id::AccountId;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

/// The alias space of account names, in the global account.
pub const SPACE: &str = "account";

pub struct AccountName;

#[async_trait]
impl Hooks for AccountName {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.is_new() {
            return Ok(());
        }
        let value = crate::name::fold(&plan.after.record.name);
        if plan.cx.snapshot.by_alias(AccountId::GLOBAL, SPACE, &value).await?.is_some() {
            return Err(Problem::NameTaken {
                kind: "account",
                name: plan.after.record.name.clone(),
                existing: None,
                is_deleted: false,
            });
        }
        plan.expect.push(Expect::AliasFree { account: AccountId::GLOBAL, space: SPACE, value: value.clone() });
        let id = plan.after.record.id;
        plan.writes.push(Write::Alias { account: AccountId::GLOBAL, space: SPACE, value, id });
        Ok(())
    }
}
