//! Lending the rows of assets to the product that has them. It is the asset's side that decides: who holds the rows may,
//! even where the product is hidden from him; who may change the product may not.

use std::collections::HashSet;

use super::planning::{Planned, Planning};
use super::{diff, write};
use crate::change_set::{Event, EventKind};
use crate::command::{DoorRules, Effect, Guard, Ref};
use crate::context::Context;
use crate::id::{Millis, RecordId};
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::record::Edge;
use crate::relation::HAS_ASSET;
use crate::resolve;
use crate::rows::grants::{self, Grant};
use crate::rows::{Reader, givers};

pub async fn lend(
    cx: &Context<'_>,
    product: &Ref,
    guard: &Guard,
    assets: &[(RecordId, bool)],
    until: Option<Millis>,
) -> Result<Planned, Problem> {
    let found = resolve::find(cx.snapshot, cx.account(), product).await?;
    let record = found.filter(|record| record.state.is_alive()).ok_or_else(|| product.not_found())?;
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    let lent: HashSet<RecordId> =
        before.edges.iter().filter(|edge| edge.relation == HAS_ASSET).map(|edge| edge.to).collect();
    let named: Vec<RecordId> = assets.iter().map(|(asset, _)| *asset).collect();
    let there: Vec<RecordId> = named.iter().copied().filter(|asset| lent.contains(asset)).collect();
    if !cx.access.sees(cx, &before.record).await? {
        let held = Reader::new(cx.access, cx.snapshot, &cx.caller.principal).held(&there).await?;
        if held.is_empty() || held.len() < named.len() {
            return Err(product.not_found());
        }
    }
    let permit = cx.access.may_lend(cx, &there).await?;
    if let Some(missing) = named.iter().find(|asset| !lent.contains(asset)) {
        return Err(Problem::UnknownReference {
            field: "assets".to_owned(),
            kind: "asset",
            value: missing.to_string(),
        });
    }
    write::check_guard(guard, &before.record)?;
    let mut plan = Planning::new(cx, Some(before.clone()), before.clone(), &DoorRules::default());
    let grant = Grant { by: cx.caller.principal.user, at: cx.now, until };
    // Who gives anew what somebody gave who holds the rows no more answers for it from now on.
    let given = before.edges.iter().filter(|edge| edge.relation == HAS_ASSET && named.contains(&edge.to));
    let given: Vec<(RecordId, Grant)> = given.filter_map(|edge| Some((edge.to, grants::of(edge)?))).collect();
    let outlived = givers::outlived(cx, &given).await?;
    let stays = |edge: &Edge| {
        let is_held = grants::of(edge).is_some_and(|grant| !outlived.contains(&(edge.to, grant.by)));
        is_held && grants::outlasts(edge, until)
    };
    for edge in plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET) {
        match assets.iter().rev().find(|(asset, _)| *asset == edge.to) {
            Some((_, true)) if !stays(edge) => grants::put(&mut edge.attributes, grant),
            Some((_, false)) => grants::take_away(&mut edge.attributes),
            _ => {}
        }
    }
    let difference = diff::between(plan.kind, &before, &plan.after);
    if difference.is_empty() {
        return Ok(plan.finish(permit, Effect::Unchanged));
    }
    plan.after.record.updated = cx.stamp();
    plan.store(&before, difference);
    plan.event(EventKind::Updated, Some(Event::of_itself_alone()));
    Ok(plan.finish(permit, Effect::Updated))
}
