//! What has to be free, and to be there still, when a plan is stored: names, room, parents and targets.

use std::collections::{BTreeSet, HashSet};

use super::planning::Planning;
use crate::change_set::{Expect, NameScope, Write};
use crate::context::Context;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Edge, Record};

/// The FQN must be free, and so must the scopes that the door asks for.
pub async fn demand_names(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let cx = plan.cx;
    let record = &plan.after.record;
    let except = plan.before.as_ref().map(|before| before.record.id);
    let holder = cx.snapshot.by_fqn(cx.account(), plan.kind, &[&record.fqn]).await?.into_iter().next().flatten();
    if let Some(holder) = holder.filter(|holder| Some(holder.id) != except) {
        return Err(taken(cx, &holder, &record.fqn).await);
    }
    let mut scopes = vec![NameScope::Fqn(record.fqn.clone())];
    let top = plan.after.ancestors.last().map_or("", |card| card.fqn.as_str());
    scopes.extend(plan.door.names_free.iter().map(|demand| demand.scope(top, &record.name)));
    if scopes.len() > 1 {
        let folded = crate::name::fold(&record.name);
        let namesakes = cx.snapshot.by_folded_name(cx.account(), plan.kind, &folded, 1_000).await?;
        let clash = namesakes.iter().filter(|other| Some(other.id) != except && other.state.is_alive()).find(|other| {
            scopes.iter().any(|scope| match scope {
                NameScope::Fqn(_) => false,
                NameScope::Folded(_) => true,
                NameScope::Within { fqn, name } => {
                    other.name == *name
                        && other.fqn.strip_prefix(fqn.as_str()).is_some_and(|rest| rest.starts_with('.'))
                }
            })
        });
        if let Some(other) = clash {
            return Err(taken(cx, other, &record.fqn).await);
        }
    }
    let (account, kind) = (cx.account(), plan.kind);
    plan.expect.extend(scopes.into_iter().map(|scope| Expect::NameFree { account, kind, scope, except }));
    Ok(())
}

/// Whoever makes again what is there already is told that, whatever else is wrong with it.
pub async fn taken_or(plan: &mut Planning<'_>, problem: Problem) -> Problem {
    match problem {
        Problem::Forbidden { .. } => problem,
        problem => demand_names(plan).await.err().unwrap_or(problem),
    }
}

/// What the caller is told of a name that is taken: by whom, only if he may see the holder.
pub async fn taken(cx: &Context<'_>, holder: &Record, wanted: &str) -> Problem {
    let kind = holder.kind.name();
    match cx.access.sees(cx, holder).await {
        Ok(true) => Problem::NameTaken {
            kind,
            name: holder.fqn.clone(),
            existing: Some(holder.id),
            is_deleted: !holder.state.is_alive(),
        },
        Ok(false) => Problem::NameTaken { kind, name: wanted.to_owned(), existing: None, is_deleted: false },
        Err(problem) => problem,
    }
}

/// There must be room for one more record of the kind.
pub async fn demand_room(plan: &mut Planning<'_>, limit: u64) -> Result<(), Problem> {
    let (account, kind) = (plan.cx.account(), plan.kind);
    if plan.cx.snapshot.count(&ListQuery::of(account, kind)).await? >= limit {
        return Err(Problem::Quota { what: format!("records of kind {kind}"), limit });
    }
    plan.expect.push(Expect::CountBelow { account, kind, limit });
    Ok(())
}

/// The parent must still be alive and have the FQN that the record's own was made from: a change of either raises its
/// revision.
///
/// `read` is the parent where it was read already.
pub async fn expect_parent(plan: &mut Planning<'_>, read: Option<Record>) -> Result<(), Problem> {
    let Some(id) = plan.after.record.parent else { return Ok(()) };
    let parent = match read.filter(|read| read.id == id) {
        Some(read) => Some(read),
        None => plan.cx.record(id).await?,
    };
    let parent = parent.ok_or_else(|| Problem::conflict(format!("what {} stands under is gone", plan.kind)))?;
    if !parent.state.is_alive() {
        return Err(is_deleted(parent.kind, &parent.fqn));
    }
    plan.expect.push(Expect::RevisionIs { id, revision: parent.revision });
    Ok(())
}

/// What is said where something deleted stands above what is to live.
pub fn is_deleted(above: Kind, fqn: &str) -> Problem {
    Problem::conflict(format!("{above} {fqn:?} above it is deleted"))
}

/// Targets of new edges must still be alive when the edges are stored.
pub fn expect_targets<'e>(plan: &mut Planning<'_>, begun: impl Iterator<Item = &'e Edge>) {
    let made_here: HashSet<RecordId> = plan
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::Put { record, .. } => Some(record.id),
            _ => None,
        })
        .chain([plan.after.record.id])
        .collect();
    let targets: BTreeSet<RecordId> = begun.map(|edge| edge.to).filter(|id| !made_here.contains(id)).collect();
    plan.expect.extend(targets.into_iter().map(|id| Expect::Alive { id }));
}
