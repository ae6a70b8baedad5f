//! An e-mail address is unique over all accounts, since a login names none.

use async_trait::async_trait;
use serde_json::Value;

use crate::change_set::{Expect, Write};
use crate::command::Deletion;
use crate::id::AccountId;
use crate::plan::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::rule::Rule;

/// The alias space of folded addresses, in the global account.
pub const SPACE: &str = "email";

pub struct UniqueEmail;

#[async_trait]
impl Rule for UniqueEmail {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(wanted) = email(&plan.after) else { return Ok(()) };
        let valid = wanted.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !wanted.contains(char::is_whitespace) && !domain.contains('@')
        });
        if !valid {
            plan.refuse("email", "must be a well-formed email address");
            return Ok(());
        }
        let before = plan.before.as_ref().and_then(email);
        if before.as_ref() == Some(&wanted) {
            return Ok(());
        }
        let id = plan.after.record.id;
        match plan.cx.snapshot.by_alias(AccountId::GLOBAL, SPACE, &wanted).await? {
            Some(holder) if holder == id => return Ok(()),
            Some(_) => return Err(Problem::AliasTaken { space: SPACE, value: wanted }),
            None => {}
        }
        if let Some(old) = before {
            plan.writes.push(Write::Unalias { account: AccountId::GLOBAL, space: SPACE, value: old });
        }
        plan.expect.push(Expect::AliasFree { account: AccountId::GLOBAL, space: SPACE, value: wanted.clone() });
        plan.writes.push(Write::Alias { account: AccountId::GLOBAL, space: SPACE, value: wanted, id });
        Ok(())
    }

    async fn deleting(&self, plan: &mut Planning<'_>, deletion: &Deletion) -> Result<(), Problem> {
        if deletion.hard
            && let Some(value) = plan.before.as_ref().and_then(email)
        {
            plan.writes.push(Write::Unalias { account: AccountId::GLOBAL, space: SPACE, value });
        }
        Ok(())
    }
}

fn email(view: &View) -> Option<String> {
    view.field("email").and_then(Value::as_str).map(crate::name::fold)
}
