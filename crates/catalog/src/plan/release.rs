//! What is deleted leaves what refers to it: products that hold it, records that are labelled with it. The reference goes,
//! and with it rises what counts it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::diff;
use super::planning::Planning;
use crate::change_set::{Event, EventKind, Expect, Write};
use crate::context::Context;
use crate::id::{EdgeId, RecordId};
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Change, Edge, Record, View};
use crate::relation::{
    HAS_ASSET, HELD_BY, INPUT_PORT, ITEM_TERM, ITEM_TERMS, OUTPUT_PORT, Relation, TAGGED, item_place,
};

/// How many records below a root are looked at in one read.
const PAGE: u32 = 1_000;
/// The references to a record that is content of what is labelled with it.
const OF_LABELS: &[Relation] = &[HAS_ASSET, INPUT_PORT, OUTPUT_PORT, TAGGED, ITEM_TERM];

/// Ends the edges by which records that stay hold the plan's record, or (`recursive`) what stands below it.
///
/// Holders that go along keep what they hold, and have it again when they come back.
pub async fn from_holders(plan: &mut Planning<'_>, recursive: bool) -> Result<(), Problem> {
    let (cx, kind, root) = (plan.cx, plan.kind, plan.after.record.id);
    if !can_be_held(kind) && !recursive {
        return Ok(());
    }
    let mut held = Held::default();
    held.collect(cx, &[root], references(kind)).await?;
    if can_be_held(kind) && held.by.is_empty() {
        // Whoever takes it up meanwhile is seen by the next try.
        plan.expect.push(Expect::NoEdgeTo { id: root, relations: references(kind) });
    }
    held.cards.insert(root, Arc::new(Card::of(&plan.after.record)));
    let mut going: HashSet<RecordId> = HashSet::from([root]);
    if recursive {
        let concerned = |kind: &Kind| can_be_held(*kind) || HELD_BY.iter().any(|relation| kind.has(*relation));
        for below in cx.registry.kinds_below(kind).iter().copied().filter(concerned) {
            for ids in pages_below(cx, &plan.after.record, below).await? {
                if can_be_held(below) {
                    held.collect(cx, &ids, references(below)).await?;
                }
                going.extend(ids);
            }
        }
    }
    let holders: Vec<RecordId> =
        held.by.keys().copied().filter(|id| !going.contains(id) || moves_out(plan, *id)).collect();
    for holder in cx.snapshot.by_id(cx.account(), &holders).await?.into_iter().flatten() {
        if holder.state.is_alive()
            && let Some(edges) = held.by.remove(&holder.id)
        {
            let mut end = End { edges, renewed: Vec::new() };
            end.of_terms(cx, &holder).await?;
            held.add_cards(cx, &end.edges).await?;
            let_go(plan, holder, end, &held.cards);
        }
    }
    Ok(())
}

/// People, rights and parts are nobody's assets.
fn can_be_held(kind: Kind) -> bool {
    !kind.0.access && !kind.0.part
}

/// By which relations records refer to one of the kind that must not outlive it.
fn references(kind: Kind) -> &'static [Relation] {
    if TAGGED.is_content(kind.name()) { OF_LABELS } else { HELD_BY }
}

/// Edges to what goes, by the record they start from, with the cards of their targets.
#[derive(Default)]
struct Held {
    by: BTreeMap<RecordId, Vec<Edge>>,
    cards: HashMap<RecordId, Arc<Card>>,
}

impl Held {
    async fn collect(
        &mut self,
        cx: &Context<'_>,
        ids: &[RecordId],
        relations: &'static [Relation],
    ) -> Result<(), Problem> {
        for edge in cx.snapshot.edges_to(ids, relations, u32::MAX).await? {
            self.by.entry(edge.from).or_default().push(edge);
        }
        Ok(())
    }

    async fn add_cards(&mut self, cx: &Context<'_>, edges: &[Edge]) -> Result<(), Problem> {
        let missing: Vec<RecordId> =
            edges.iter().map(|edge| edge.to).filter(|id| !self.cards.contains_key(id)).collect();
        if !missing.is_empty() {
            let cards = cx.snapshot.cards(cx.account(), &missing).await?;
            self.cards.extend(cards.into_iter().flatten().map(|card| (card.id, card)));
        }
        Ok(())
    }
}

/// Living records of a kind below the root, page by page.
async fn pages_below(cx: &Context<'_>, root: &Record, kind: Kind) -> Result<Vec<Vec<RecordId>>, Problem> {
    let mut query = ListQuery { within: Some(root.fqn.clone()), limit: PAGE, ..ListQuery::of(cx.account(), kind) };
    let mut pages = Vec::new();
    loop {
        let page = cx.snapshot.list(&query).await?;
        let is_last = page.len() < PAGE as usize;
        query.after = page.last().map(|last| query.keyset(last));
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
pub(super) fn moves_out(plan: &Planning<'_>, id: RecordId) -> bool {
    plan.writes.iter().any(|write| matches!(write, Write::Put { record, .. } if record.id == id))
}

/// Edges of one record that end, and what stands there instead.
struct End {
    edges: Vec<Edge>,
    renewed: Vec<Edge>,
}

impl End {
    /// Items stay without the terms that go, and terms go with their items.
    async fn of_terms(&mut self, cx: &Context<'_>, holder: &Record) -> Result<(), Problem> {
        if !holder.kind.has(ITEM_TERM) {
            return Ok(());
        }
        let of = |relation| self.edges.iter().filter(move |edge| edge.relation == relation);
        let gone: HashSet<RecordId> = of(ITEM_TERM).map(|edge| edge.to).collect();
        let items: HashSet<String> = of(HAS_ASSET).map(|edge| item_place(edge.to)).collect();
        if !items.is_empty() {
            let bound = cx.snapshot.edges_from(&[holder.id], Some(&[ITEM_TERM])).await?;
            self.edges.extend(bound.into_iter().filter(|edge| items.contains(&edge.at) && !gone.contains(&edge.to)));
        }
        if gone.is_empty() {
            return Ok(());
        }
        for item in cx.snapshot.edges_from(&[holder.id], Some(&[HAS_ASSET])).await? {
            let (left, kept): (Vec<RecordId>, Vec<RecordId>) = item.item_terms().partition(|term| gone.contains(term));
            if left.is_empty() || items.contains(&item_place(item.to)) {
                continue;
            }
            let mut renewed = Edge { id: EdgeId::fresh(), ..item.clone() };
            renewed.attributes.shift_remove(ITEM_TERMS);
            if !kept.is_empty() {
                let kept: Vec<String> = kept.iter().map(RecordId::to_string).collect();
                renewed.attributes.insert(ITEM_TERMS.to_owned(), kept.into());
            }
            self.edges.push(item);
            self.renewed.push(renewed);
        }
        Ok(())
    }

    /// What this alone comes to; all other edges of the record stay as they are.
    fn difference(&self, holder: &Record, cards: &HashMap<RecordId, Arc<Card>>) -> diff::Difference {
        let known = self.edges.iter().filter_map(|edge| cards.get(&edge.to)).map(|card| (card.id, card.clone()));
        let before = View {
            record: holder.clone(),
            edges: self.edges.clone(),
            cards: known.collect(),
            ancestors: Vec::new(),
            inherited: Vec::new(),
        };
        let after = View { edges: self.renewed.clone(), ..before.clone() };
        diff::between(holder.kind, &before, &after)
    }
}

/// Ends edges of a record that stays: a change of it like any other, though nobody asked for it.
fn let_go(plan: &mut Planning<'_>, holder: Record, end: End, cards: &HashMap<RecordId, Arc<Card>>) {
    let difference = end.difference(&holder, cards);
    plan.raises_epoch |= end.edges.iter().any(|edge| edge.relation.0.access);
    let planned = plan.writes.iter_mut().find_map(|write| match write {
        Write::Put { record, .. } if record.id == holder.id => Some(record),
        _ => None,
    });
    let until = match planned {
        Some(record) => {
            record.content_revision += u32::from(difference.content);
            record.revision
        }
        None => {
            let mut record = holder;
            let before = record.revision;
            record.revision = before.next();
            record.content_revision += u32::from(difference.content);
            if !difference.change.is_empty() {
                let previous_version = record.version;
                record.version += 1;
                record.updated = plan.cx.stamp();
                record.change = Some(Arc::new(Change { previous_version, ..difference.change }));
            }
            plan.expect.push(Expect::RevisionIs { id: record.id, revision: before });
            plan.events.push(told(plan, &record));
            let until = record.revision;
            plan.writes.push(Write::Put { record: Box::new(record), replaces: Some(before), silent: false });
            until
        }
    };
    plan.writes.extend(end.edges.iter().map(|edge| Write::Unlink { id: edge.id, until }));
    let renewed = end.renewed.into_iter().map(|edge| Edge { since: until, ..edge });
    plan.writes.extend(renewed.map(|edge| Write::Link(Box::new(edge))));
}

pub(super) fn told(plan: &Planning<'_>, holder: &Record) -> Event {
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
