//! What a cached snapshot has been told.

use std::collections::HashMap;
use std::sync::Arc;

use crate::id::{AccountId, EdgeId, RecordId};
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

#[derive(Default)]
pub(super) struct Known {
    pub records: HashMap<(AccountId, RecordId), Option<Record>>,
    pub cards: HashMap<(AccountId, RecordId), Option<Arc<Card>>>,
    outgoing: HashMap<RecordId, Outgoing>,
    pub incoming: HashMap<(RecordId, Relation), Vec<Edge>>,
}

/// The edges of a source, as far as they were asked for.
#[derive(Default)]
struct Outgoing {
    /// `None`: all of them are known.
    relations: Option<Vec<Relation>>,
    edges: Vec<Edge>,
}

impl Known {
    pub fn has_edges(&self, source: RecordId, wanted: Option<&[Relation]>) -> bool {
        self.outgoing.get(&source).is_some_and(|known| match (&known.relations, wanted) {
            (None, _) => true,
            (Some(known), Some(wanted)) => wanted.iter().all(|relation| known.contains(relation)),
            (Some(_), None) => false,
        })
    }

    /// Takes up all edges of these relations that the sources have.
    pub fn put_edges(&mut self, sources: &[RecordId], relations: Option<&[Relation]>, edges: Vec<Edge>) {
        let mut of_source: HashMap<RecordId, Vec<Edge>> = HashMap::with_capacity(sources.len());
        for edge in edges {
            of_source.entry(edge.from).or_default().push(edge);
        }
        for source in sources {
            let fresh = of_source.remove(source).unwrap_or_default();
            let Some(relations) = relations else {
                self.outgoing.insert(*source, Outgoing { relations: None, edges: fresh });
                continue;
            };
            let known = self
                .outgoing
                .entry(*source)
                .or_insert_with(|| Outgoing { relations: Some(Vec::new()), edges: Vec::new() });
            let Some(known_relations) = &mut known.relations else { continue };
            known.edges.retain(|edge| !relations.contains(&edge.relation));
            known.edges.extend(fresh);
            known.edges.sort_by(|a, b| order(a).cmp(&order(b)));
            known_relations.extend(
                relations.iter().filter(|relation| !known_relations.contains(relation)).copied().collect::<Vec<_>>(),
            );
        }
    }

    pub fn edges(&self, sources: &[RecordId], wanted: Option<&[Relation]>) -> Vec<Edge> {
        let found = sources.iter().filter_map(|source| self.outgoing.get(source)).flat_map(|known| &known.edges);
        found.filter(|edge| wanted.is_none_or(|wanted| wanted.contains(&edge.relation))).cloned().collect()
    }

    pub fn card(&self, account: AccountId, id: RecordId) -> Option<&Option<Arc<Card>>> {
        self.cards.get(&(account, id))
    }
}

/// How a snapshot orders the edges of one source.
fn order(edge: &Edge) -> (&str, &str, u32, EdgeId) {
    (edge.relation.name(), &edge.at, edge.ord, edge.id)
}
