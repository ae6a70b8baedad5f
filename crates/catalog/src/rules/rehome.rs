//! Deleting a domain takes its products along, except those that stand in a second domain: they move there first.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;

use crate::change_set::{Event, EventKind, Expect, Write};
use crate::command::Deletion;
use crate::kind::Kind;
use crate::kinds::DATA_PRODUCT;
use crate::load::{self, Depth};
use crate::plan::diff;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Change, Edge, Record, View};
use crate::relation::{IN_DOMAIN, OWNER, OWNING_TEAM, Relation};
use crate::rules::owning_team;

/// What a move concerns.
const MOVING: &[Relation] = &[IN_DOMAIN, OWNER, OWNING_TEAM];
/// How many products are looked at in one read.
const PAGE: u32 = 1_000;

pub struct Rehome;

#[async_trait]
impl Hooks for Rehome {
    async fn deleting(&self, plan: &mut Planning<'_>, deletion: &Deletion) -> Result<(), Problem> {
        if !deletion.recursive {
            return Ok(());
        }
        let cx = plan.cx;
        let domain = plan.after.record.clone();
        let kind = DATA_PRODUCT;
        let mut query =
            ListQuery { within: Some(domain.fqn.clone()), limit: PAGE, ..ListQuery::of(cx.account(), kind) };
        let mut given = HashSet::new();
        loop {
            let page = cx.snapshot.list(&query).await?;
            let is_last = page.len() < PAGE as usize;
            query.after = page.last().map(|last| query.keyset(last));
            for view in load::views(cx.snapshot, page, &Depth::of(MOVING, false)).await? {
                if let Some((home, fqn)) = home(plan, &domain, &view, &mut given).await? {
                    move_home(plan, kind, &domain, view, &home, fqn);
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Whether the card stands for the domain or for one below it.
fn goes(domain: &Record, card: &Card) -> bool {
    card.id == domain.id || card.fqn.strip_prefix(domain.fqn.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

/// The first other domain of the product where its name is free, with its FQN there. `None` where it has no other.
///
/// Errors: `Conflict` when it has others, and its name is taken in all of them: it would be lost.
async fn home(
    plan: &mut Planning<'_>,
    domain: &Record,
    view: &View,
    given: &mut HashSet<String>,
) -> Result<Option<(Record, String)>, Problem> {
    let cx = plan.cx;
    let mut is_taken = false;
    for card in view.targets(IN_DOMAIN).map(|(_, card)| card).filter(|card| !goes(domain, card)) {
        let Some(home) = cx.record(card.id).await? else { continue };
        let fqn = view.record.kind.fqn(Some(&home.fqn), &view.record.name, Some(view.id()));
        let holder = cx.snapshot.by_fqn(cx.account(), view.record.kind, &[&fqn]).await?.into_iter().flatten().next();
        if holder.is_none() && given.insert(fqn.clone()) {
            return Ok(Some((home, fqn)));
        }
        is_taken = true;
    }
    if is_taken {
        let (kind, fqn) = (view.record.kind, &view.record.fqn);
        return Err(Problem::conflict(format!(
            "{kind} {fqn:?} cannot move to its other domain: its name is taken there"
        )));
    }
    Ok(None)
}

fn move_home(plan: &mut Planning<'_>, kind: Kind, domain: &Record, before: View, home: &Record, fqn: String) {
    let mut after = before.clone();
    let stays = |edge: &Edge| before.cards.get(&edge.to).is_some_and(|card| !goes(domain, card));
    after.edges.retain(|edge| edge.relation != IN_DOMAIN || stays(edge));
    owning_team::stay_behind(&mut after.edges, &before.cards, &domain.fqn);
    let difference = diff::between(kind, &before, &after);
    let mut product = after.record;
    let replaced = product.revision;
    product.parent = Some(home.id);
    product.fqn = fqn;
    product.revision = replaced.next();
    product.version += 1;
    product.updated = plan.cx.stamp();
    product.change = Some(Arc::new(Change { previous_version: before.record.version, ..difference.change }));
    plan.expect.push(Expect::RevisionIs { id: product.id, revision: replaced });
    plan.expect.push(Expect::RevisionIs { id: home.id, revision: home.revision });
    plan.writes.extend(difference.ended.iter().map(|edge| Write::Unlink { id: edge.id, until: product.revision }));
    plan.events.push(Event {
        account: product.account,
        at: plan.cx.now,
        by: plan.cx.caller.actor(),
        what: EventKind::Updated,
        kind,
        id: product.id,
        fqn: product.fqn.clone(),
        revision: product.revision,
        detail: None,
    });
    let (from, to) = (before.record.fqn, product.fqn.clone());
    plan.writes.push(Write::MovePrefix { root: product.id, from, to });
    plan.writes.push(Write::Put { record: Box::new(product), replaces: Some(replaced), silent: false });
}
