//! Where a record stands: the parent that is named, a move below another, the FQN that follows.

use std::sync::Arc;

use super::diff::Difference;
use super::planning::Planning;
use crate::command::Ref;
use crate::context::Context;
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::record::{Card, Record};
use crate::resolve;

/// The parent, alive and seen by the caller.
pub async fn find_parent(cx: &Context<'_>, kind: Kind, parent: Option<&Ref>) -> Result<Option<Record>, Problem> {
    let Some(wanted) = parent else { return Ok(None) };
    let unknown = || Problem::UnknownReference {
        field: wanted.kind_name().to_owned(),
        kind: wanted.kind_name(),
        value: wanted.text(),
    };
    let found = resolve::find_seen(cx.snapshot, cx.access, &cx.caller.principal, wanted).await?;
    let record = found.filter(|record| record.state.is_alive()).ok_or_else(unknown)?;
    if !kind.0.parents.contains(&record.kind.name()) {
        return Err(Problem::invalid("parent", format!("cannot be a {}", record.kind)));
    }
    Ok(Some(record))
}

/// Puts the record under the parent that the draft names.
pub async fn move_to(plan: &mut Planning<'_>, wanted: &Ref) -> Result<(), Problem> {
    let cx = plan.cx;
    let Some(parent) = find_parent(cx, plan.kind, Some(wanted)).await? else { return Ok(()) };
    if plan.after.record.parent == Some(parent.id) {
        return Ok(());
    }
    let above = load::view(cx.snapshot, parent.clone(), &Depth::bare()).await?;
    let id = plan.after.record.id;
    if parent.id == id || above.ancestors.iter().any(|card| card.id == id) {
        return Err(Problem::invalid("parent", "must not be the record itself or stand below it"));
    }
    let mut ancestors = vec![Arc::new(Card::of(&parent))];
    ancestors.extend(above.ancestors);
    move_under(plan, &parent, ancestors);
    let mut there = plan.after.clone();
    there.edges.clear();
    cx.access.may_create(cx, &there).await?;
    Ok(())
}

/// Puts a record under another parent within the plan; the FQN follows when the plan is finished.
pub fn move_under(plan: &mut Planning<'_>, parent: &Record, ancestors: Vec<Arc<Card>>) {
    plan.after.record.parent = Some(parent.id);
    plan.after.ancestors = ancestors;
    if let Some(first) = plan.after.ancestors.first().cloned() {
        plan.after.cards.insert(first.id, first);
    }
    plan.after.record.fqn = plan.kind.fqn(Some(&parent.fqn), &plan.after.record.name, Some(plan.after.record.id));
}

/// Moving a record into a domain asks for the right to make it there.
pub async fn may_enter(cx: &Context<'_>, plan: &Planning<'_>, difference: &Difference) -> Result<(), Problem> {
    let entered: Vec<_> =
        difference.begun.iter().filter(|edge| edge.relation == crate::relation::IN_DOMAIN).cloned().collect();
    let stood_in = |id| plan.before.as_ref().is_some_and(|view| view.edges.iter().any(|edge| edge.to == id));
    let entered: Vec<_> = entered.into_iter().filter(|edge| !stood_in(edge.to)).collect();
    if entered.is_empty() || !plan.kind.0.parents.contains(&"domain") {
        return Ok(());
    }
    let mut there = plan.after.clone();
    there.edges = entered;
    there.ancestors.clear();
    there.record.parent = None;
    cx.access.may_create(cx, &there).await.map(|_| ())
}

pub fn refresh_fqn(plan: &mut Planning<'_>) {
    plan.after.record.fqn = fqn(plan);
}

/// The full name that the planned state comes to have.
pub fn fqn(plan: &Planning<'_>) -> String {
    let parent = plan.after.parent().map(|card| card.fqn.as_str());
    plan.kind.fqn(parent, &plan.after.record.name, Some(plan.after.record.id))
}
