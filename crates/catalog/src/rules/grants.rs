//! Nobody gives himself or others what he does not hold: only administrators make administrators and grant roles, also
//! by bringing back who had them. And nobody else alters the address by which a person is known to issuers of tokens and to
//! those who share with him: not even he himself, who could claim that of somebody who is still to come.

use async_trait::async_trait;

use crate::id::RecordId;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::relation;

pub struct Grants;

#[async_trait]
impl Hooks for Grants {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if plan.cx.caller.principal.is_admin {
            return Ok(());
        }
        let before = plan.before.as_ref().map(roles).unwrap_or_default();
        let grants_role = before != roles(&plan.after);
        let brings_back = plan.revived && (is_admin(&plan.after) || !before.is_empty());
        let readdresses = !plan.is_new() && plan.differs("email");
        if grants_role
            || brings_back
            || readdresses
            || ["is_admin", "is_bot", "disabled"].iter().any(|field| plan.differs(field))
        {
            return Err(refused(plan));
        }
        Ok(())
    }

    async fn restoring(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let had = plan.before.as_ref().is_some_and(|before| is_admin(before) || !roles(before).is_empty());
        if had && !plan.cx.caller.principal.is_admin { Err(refused(plan)) } else { Ok(()) }
    }
}

fn roles(user: &View) -> Vec<RecordId> {
    let mut ids: Vec<_> =
        user.edges.iter().filter(|edge| edge.relation == relation::HAS_ROLE).map(|edge| edge.to).collect();
    ids.sort_unstable();
    ids
}

fn is_admin(user: &View) -> bool {
    user.field("is_admin").and_then(serde_json::Value::as_bool) == Some(true)
}

fn refused(plan: &Planning<'_>) -> Problem {
    Problem::Forbidden {
        who: plan.cx.caller.principal.name.to_string(),
        action: crate::action::Action::EditRole.name(),
        kind: "user",
        why: Some("only an administrator grants roles or administration, or alters an address".into()),
    }
}
