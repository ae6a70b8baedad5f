//! What a cached snapshot has been told.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::climb::first_unknown;
use crate::id::{AccountId, EdgeId, RecordId};
use crate::kind::Kind;
use crate::ports::{Surroundings, Upward};
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

#[derive(Default)]
pub(super) struct Known {
    pub records: HashMap<(AccountId, RecordId), Option<Record>>,
    pub cards: HashMap<(AccountId, RecordId), Option<Arc<Card>>>,
    /// Who holds an FQN, or that nobody does.
    holders: HashMap<(AccountId, Kind), HashMap<Box<str>, Option<RecordId>>>,
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
    pub fn put_record(&mut self, account: AccountId, id: RecordId, record: Option<Record>) {
        self.cards.insert((account, id), record.as_ref().map(|record| Arc::new(Card::of(record))));
        self.records.insert((account, id), record);
    }

    pub fn put_holder(&mut self, account: AccountId, kind: Kind, fqn: &str, holder: Option<Record>) {
        self.holders.entry((account, kind)).or_default().insert(fqn.into(), holder.as_ref().map(|record| record.id));
        if let Some(record) = holder {
            self.put_record(account, record.id, Some(record));
        }
    }

    /// Who holds the FQN, where that is known.
    pub fn holder(&self, account: AccountId, kind: Kind, fqn: &str) -> Option<Option<RecordId>> {
        self.holders.get(&(account, kind))?.get(fqn).copied()
    }

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

    /// Whether the cards of a record and of everything above it are known, with edges of these relations.
    pub fn has_all_above(&self, account: AccountId, id: RecordId, relations: &[Relation]) -> bool {
        let has_edges = |id| relations.is_empty() || self.has_edges(id, Some(relations));
        first_unknown(id, |id| self.card(account, id).filter(|_| has_edges(id)).cloned()).is_none()
    }

    /// What is known of the way upwards, and of which records on it and of which members something is not.
    pub fn upward(&self, account: AccountId, asked: &Upward<'_>) -> (Surroundings, [Vec<RecordId>; 2]) {
        let (mut found, mut cards, mut unknown, mut members) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for member in asked.members {
            match self.incoming.get(&(*member, asked.holding)) {
                Some(edges) => found.extend(edges.iter().cloned()),
                None => members.push(*member),
            }
        }
        let mut level = asked.start(&found);
        let mut seen: HashSet<RecordId> = HashSet::new();
        while let Some(id) = level.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.card(account, id).filter(|_| self.has_edges(id, Some(&[asked.relation]))) {
                Some(card) => cards.extend(card.clone()),
                None => unknown.push(id),
            }
            let edges = self.edges(&[id], Some(&[asked.relation]));
            level.extend(edges.iter().map(|edge| edge.to));
            found.extend(edges);
        }
        ((found, cards), [unknown, members])
    }

    /// Takes up all that was asked for.
    pub fn put_upward(&mut self, account: AccountId, asked: &Upward<'_>, edges: Vec<Edge>, cards: Vec<Arc<Card>>) {
        let (holding, edges): (Vec<Edge>, Vec<Edge>) =
            edges.into_iter().partition(|edge| edge.relation == asked.holding);
        let mut sources = asked.start(&holding);
        sources.extend(edges.iter().map(|edge| edge.to));
        sources.sort_unstable();
        sources.dedup();
        for member in asked.members {
            self.incoming.insert((*member, asked.holding), Vec::new());
        }
        for edge in holding {
            self.incoming.entry((edge.to, asked.holding)).or_default().push(edge);
        }
        self.cards.extend(cards.into_iter().map(|card| ((account, card.id), Some(card))));
        for id in &sources {
            self.cards.entry((account, *id)).or_insert(None);
        }
        self.put_edges(&sources, Some(&[asked.relation]), edges);
    }

    pub fn card(&self, account: AccountId, id: RecordId) -> Option<&Option<Arc<Card>>> {
        self.cards.get(&(account, id))
    }
}

/// How a snapshot orders the edges of one source.
fn order(edge: &Edge) -> (&str, &str, u32, EdgeId) {
    (edge.relation.name(), &edge.at, edge.ord, edge.id)
}
