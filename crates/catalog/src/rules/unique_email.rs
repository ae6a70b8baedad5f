//! An e-mail address is unique in its account. Over all accounts it is not: whoever makes users in one would learn who is
//! known to the others. A login names no account, and finds every holder of its address.

use async_trait::async_trait;
use serde_json::Value;

use crate::change_set::{Expect, Write};
use crate::command::Deletion;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::ports::{Snapshot, StoreResult};
use crate::problem::Problem;
use crate::record::{Record, View};

/// The alias space of addresses in accounts, in the global account.
pub const SPACE: &str = "email";
/// Between an address and its account. No address holds it.
const BETWEEN: char = '\n';
/// Greater than it, and so than every account behind an address.
const BEYOND: char = '\u{b}';

pub struct UniqueEmail;

#[async_trait]
impl Hooks for UniqueEmail {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(wanted) = email(&plan.after) else { return Ok(()) };
        let valid = wanted.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && !wanted.contains(|c: char| c.is_whitespace() || c.is_control())
                && !domain.contains('@')
        });
        if !valid {
            plan.refuse("email", "must be a well-formed email address");
            return Ok(());
        }
        let before = plan.before.as_ref().and_then(email);
        if before.as_ref() == Some(&wanted) {
            return Ok(());
        }
        let (id, account) = (plan.after.record.id, plan.after.record.account);
        match holder(plan.cx.snapshot, account, &wanted).await? {
            Some(holder) if holder == id => return Ok(()),
            Some(_) => return Err(Problem::AliasTaken { space: SPACE, value: wanted }),
            None => {}
        }
        if let Some(old) = before {
            plan.writes.push(Write::Unalias { account: AccountId::GLOBAL, space: SPACE, value: value(account, &old) });
        }
        let value = value(account, &wanted);
        plan.expect.push(Expect::AliasFree { account: AccountId::GLOBAL, space: SPACE, value: value.clone() });
        plan.writes.push(Write::Alias { account: AccountId::GLOBAL, space: SPACE, value, id });
        Ok(())
    }

    async fn deleting(&self, plan: &mut Planning<'_>, deletion: &Deletion) -> Result<(), Problem> {
        if deletion.hard
            && let Some(before) = &plan.before
            && let Some(held) = email(before)
        {
            let value = value(before.record.account, &held);
            plan.writes.push(Write::Unalias { account: AccountId::GLOBAL, space: SPACE, value });
        }
        Ok(())
    }
}

/// The user of an account who holds an address, in whatever state he is. Case does not matter.
pub async fn holder(snapshot: &dyn Snapshot, account: AccountId, address: &str) -> StoreResult<Option<RecordId>> {
    snapshot.by_alias(AccountId::GLOBAL, SPACE, &value(account, &crate::name::fold(address))).await
}

/// The living users of all accounts who hold an address, the oldest first: for a login, which names no account.
pub async fn holders(snapshot: &dyn Snapshot, user: Kind, address: &str) -> StoreResult<Vec<(AccountId, RecordId)>> {
    let folded = crate::name::fold(address);
    let mut found = Vec::new();
    let mut beneath = format!("{folded}{BEYOND}");
    while let Some((id, value)) = snapshot.greatest_alias(AccountId::GLOBAL, user, SPACE, Some(&beneath)).await? {
        let Some((address, account)) = value.split_once(BETWEEN) else { break };
        if address != folded {
            break;
        }
        found.extend(account.parse().ok().map(|account| (account, id)));
        beneath = value;
    }
    found.sort_by_key(|(_, id)| *id);
    Ok(found)
}

/// The address in an alias.
pub fn address(value: &str) -> &str {
    value.split_once(BETWEEN).map_or(value, |(address, _)| address)
}

/// What a user logs in with, in its folded form.
pub fn of(user: &Record) -> Option<String> {
    user.body.get("email").and_then(Value::as_str).map(crate::name::fold)
}

fn value(account: AccountId, folded: &str) -> String {
    format!("{folded}{BETWEEN}{account}")
}

fn email(view: &View) -> Option<String> {
    of(&view.record)
}
