//! An account keeps one administrator who can still come in: a person, alive and not disabled.

use async_trait::async_trait;
use serde_json::Value;

use crate::change_set::Expect;
use crate::command::Deletion;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::View;

pub struct LastingAdmin;

#[async_trait]
impl Hooks for LastingAdmin {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if administers(&plan.after) {
            return Ok(());
        }
        leave(plan).await
    }

    async fn deleting(&self, plan: &mut Planning<'_>, _: &Deletion) -> Result<(), Problem> {
        leave(plan).await
    }
}

/// Whoever was an administrator leaves another one behind, who is still one when this is stored: of two who leave at
/// once, one is told to stay.
async fn leave(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let Some(before) = plan.before.as_ref().filter(|before| administers(before)) else { return Ok(()) };
    let others = ListQuery {
        fields: vec![("is_admin", true.into()), ("is_bot", false.into()), ("disabled", false.into())],
        limit: 2,
        ..ListQuery::of(plan.cx.account(), plan.kind)
    };
    let others = plan.cx.snapshot.list(&others).await?;
    let Some(other) = others.iter().find(|other| other.id != before.record.id) else {
        let name = &before.record.name;
        return Err(Problem::conflict(format!("{name:?} is the last administrator of the account")));
    };
    plan.expect.push(Expect::RevisionIs { id: other.id, revision: other.revision });
    Ok(())
}

fn administers(user: &View) -> bool {
    let is = |field: &str| user.field(field).and_then(Value::as_bool) == Some(true);
    user.record.state.is_alive() && is("is_admin") && !is("is_bot") && !is("disabled")
}
