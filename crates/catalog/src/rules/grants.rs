//! Nobody gives himself or others what he does not hold: only administrators make administrators and grant roles, also
//! by bringing back who had them. And nobody else alters the address by which a person is known to issuers of tokens and to
//! those who share with him: not even he himself, who could claim that of somebody who is still to come.

use async_trait::async_trait;

use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::relation;

pub struct Grants;

#[async_trait]
impl Hooks for Grants {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if plan.cx.caller.principal.is_admin {
            return Ok(());
        }
        let roles = |view: &crate::record::View| {
            let mut ids: Vec<_> =
                view.edges.iter().filter(|edge| edge.relation == relation::HAS_ROLE).map(|edge| edge.to).collect();
            ids.sort_unstable();
            ids
        };
        let before = plan.before.as_ref().map(roles).unwrap_or_default();
        let grants_role = before != roles(&plan.after);
        let is_admin = plan.after.field("is_admin").and_then(serde_json::Value::as_bool) == Some(true);
        let brings_back = plan.revived && (is_admin || !before.is_empty());
        let readdresses = !plan.is_new() && plan.differs("email");
        if grants_role
            || brings_back
            || readdresses
            || ["is_admin", "is_bot", "disabled"].iter().any(|field| plan.differs(field))
        {
            return Err(Problem::Forbidden {
                who: plan.cx.caller.principal.name.to_string(),
                action: crate::action::Action::EditRole.name(),
                kind: "user",
                why: Some("only an administrator grants roles or administration, or alters an address".into()),
            });
        }
        Ok(())
    }
}
