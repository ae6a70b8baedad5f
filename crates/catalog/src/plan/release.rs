//! What is deleted leaves the products that hold it: the reference goes, and their content revision rises.

use std::collections::{BTreeMap, HashSet};

use super::{Context, Planning};
use crate::change_set::{Event, EventKind, Expect, Write};
use crate::id::RecordId;
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::read::{HELD_BY, place_of};
use crate::record::{Edge, Record};

/// How many records below a root are looked at in one read.
const PAGE: u32 = 1_000;

/// Ends the edges by which records that stay hold the plan's record, or (`recursive`) what stands below it.
///
/// Holders that go along keep what they hold, and have it again when they come back.
pub async fn from_holders(plan: &mut Planning<'_>, recursive: bool) -> Result<(), Problem> {
    let (cx, kind, root) = (plan.cx, plan.kind, plan.after.record.id);
    if !can_be_held(kind) && !recursive {
        return Ok(());
    }
    let mut held: BTreeMap<RecordId, Vec<Edge>> = BTreeMap::new();
    collect(cx, &[root], &mut held).await?;
    if can_be_held(kind) && held.is_empty() {
        // Whoever takes it up meanwhile is seen by the next try.
        plan.expect.push(Expect::NoEdgeTo { id: root, relations: HELD_BY });
    }
    let mut going: HashSet<RecordId> = HashSet::from([root]);
    if recursive {
        let concerned = |kind: &Kind| can_be_held(*kind) || HELD_BY.iter().any(|relation| kind.has(*relation));
        for below in cx.kinds_below(kind).into_iter().filter(concerned) {
            for ids in pages_below(cx, &plan.after.record, below).await? {
                if can_be_held(below) {
                    collect(cx, &ids, &mut held).await?;
                }
                going.extend(ids);
            }
        }
    }
    let holders: Vec<RecordId> =
        held.keys().copied().filter(|id| !going.contains(id) || moves_out(plan, *id)).collect();
    for holder in cx.snapshot.by_id(cx.account(), &holders).await?.into_iter().flatten() {
        if holder.state.is_alive()
            && let Some(edges) = held.get(&holder.id)
        {
            let_go(plan, holder, edges);
        }
    }
    Ok(())
}

/// People, rights and parts are nobody's assets.
fn can_be_held(kind: Kind) -> bool {
    !kind.0.access && !kind.0.part
}

async fn collect(cx: &Context<'_>, ids: &[RecordId], held: &mut BTreeMap<RecordId, Vec<Edge>>) -> Result<(), Problem> {
    for edge in cx.snapshot.edges_to(ids, HELD_BY, u32::MAX).await? {
        held.entry(edge.from).or_default().push(edge);
    }
    Ok(())
}

/// Living records of a kind below the root, page by page.
async fn pages_below(cx: &Context<'_>, root: &Record, kind: Kind) -> Result<Vec<Vec<RecordId>>, Problem> {
    let mut query = ListQuery { within: Some(root.fqn.clone()), limit: PAGE, ..ListQuery::of(cx.account(), kind) };
    let mut pages = Vec::new();
    loop {
        let page = cx.snapshot.list(&query).await?;
        let is_last = page.len() < PAGE as usize;
        query.after = page.last().map(|last| place_of(&query, last));
        // An FQN says nothing of the kinds in it: a domain and a vocabulary can both be called `a`.
        let views = load::views(cx.snapshot, page, &Depth::bare()).await?;
        let below = views.iter().filter(|view| view.ancestors.iter().any(|card| card.id == root.id));
        pages.push(below.map(|view| view.id()).collect());
        if is_last {
            return Ok(pages);
        }
    }
}

/// Whether the plan takes the record out of the subtree before that is deleted.
fn moves_out(plan: &Planning<'_>, id: RecordId) -> bool {
    plan.writes.iter().any(|write| matches!(write, Write::Put { record, .. } if record.id == id))
}

fn let_go(plan: &mut Planning<'_>, mut holder: Record, edges: &[Edge]) {
    let is_content = edges.iter().any(|edge| edge.relation.0.content);
    let planned = plan.writes.iter_mut().find_map(|write| match write {
        Write::Put { record, .. } if record.id == holder.id => Some(record),
        _ => None,
    });
    let until = match planned {
        Some(record) => {
            record.content_revision += u32::from(is_content);
            record.revision
        }
        None => {
            let before = holder.revision;
            holder.revision = before.next();
            holder.content_revision += u32::from(is_content);
            plan.expect.push(Expect::RevisionIs { id: holder.id, revision: before });
            plan.events.push(told(plan, &holder));
            let until = holder.revision;
            plan.writes.push(Write::Put { record: Box::new(holder), replaces: Some(before) });
            until
        }
    };
    plan.writes.extend(edges.iter().map(|edge| Write::Unlink { id: edge.id, until }));
}

fn told(plan: &Planning<'_>, holder: &Record) -> Event {
    Event {
        account: holder.account,
        at: plan.cx.now,
        by: plan.cx.caller.actor(),
        what: EventKind::Updated,
        kind: holder.kind,
        id: holder.id,
        fqn: holder.fqn.clone(),
        revision: holder.revision,
        detail: None,
    }
}
