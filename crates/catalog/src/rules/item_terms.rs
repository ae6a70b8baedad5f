//! The terms of an item stand in the attributes of its edge; an edge of their own lets them be found from the term.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Map;

use crate::id::{EdgeId, RecordId, Revision};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Card, Edge, View};
use crate::relation::{HAS_ASSET, ITEM_TERM, item_place};

pub struct ItemTerms;

#[async_trait]
impl Hooks for ItemTerms {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let wanted = named(&plan.after);
        // Only who changes items changes what follows from them.
        if plan.before.as_ref().map(named).unwrap_or_default() == wanted {
            return Ok(());
        }
        let is_wanted = |edge: &Edge| wanted.contains(&(edge.at.clone(), edge.to));
        plan.after.edges.retain(|edge| edge.relation != ITEM_TERM || is_wanted(edge));
        let there: HashSet<(String, RecordId)> = plan
            .after
            .edges
            .iter()
            .filter(|edge| edge.relation == ITEM_TERM)
            .map(|edge| (edge.at.clone(), edge.to))
            .collect();
        let mut missing: Vec<&(String, RecordId)> = wanted.difference(&there).collect();
        missing.sort_unstable();
        let terms: Vec<RecordId> = missing.iter().map(|(_, term)| *term).collect();
        let cards = plan.cx.snapshot.cards(plan.cx.account(), &terms).await?;
        for ((place, term), card) in missing.into_iter().zip(cards) {
            // A term that is gone already has nothing to be found from.
            if let Some(card) = card.filter(|card| card.state.is_alive() && card.kind.takes(ITEM_TERM)) {
                link(&mut plan.after, place.clone(), *term, card);
            }
        }
        Ok(())
    }
}

/// The terms of all items, each with its item's place.
fn named(view: &View) -> HashSet<(String, RecordId)> {
    let items = view.edges.iter().filter(|edge| edge.relation == HAS_ASSET && edge.at.is_empty());
    items.flat_map(|item| item.item_terms().map(|term| (item_place(item.to), term))).collect()
}

fn link(view: &mut View, at: String, to: RecordId, card: Arc<Card>) {
    view.cards.insert(to, card);
    view.edges.push(Edge {
        id: EdgeId::fresh(),
        from: view.record.id,
        relation: ITEM_TERM,
        at,
        ord: 0,
        to,
        attributes: Map::new(),
        since: Revision(0),
        until: None,
    });
}
