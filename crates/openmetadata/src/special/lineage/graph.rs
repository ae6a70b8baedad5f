//! The surroundings of one record: what it was made from and what was made from it, some steps away.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::{Snapshot, Verdict};
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::{Card, Edge};
use emporion_catalog::relation::DERIVED_FROM;
use serde_json::{Value, json};

use super::super::{Call, reference};
use super::details;
use crate::errors::OmResult;

/// An answer shows no more nodes, and no more edges a step.
const MOST_NODES: usize = 1_000;
const MOST_EDGES: usize = 5_000;
/// Bytes that the details of an answer take together. Queries and columns that have no room are shown with their edge
/// alone.
const MOST_DETAILS: usize = 8 << 20;
/// Records whose origins are read at once.
const CHUNK: usize = 100;

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn far_end(self, edge: &Edge) -> RecordId {
        match self {
            Direction::Up => edge.to,
            Direction::Down => edge.from,
        }
    }
}

/// What is around a record, as the caller sees it.
///
/// Cost: for each step the edges of its nodes and the cards at their far ends; for nodes that not everybody sees one
/// list for each of their kinds.
pub async fn around(call: &Call, start: &Card, up: u32, down: u32) -> OmResult<Value> {
    let snapshot = call.door.catalog.snapshot().await?;
    let mut walk = Walk {
        call,
        snapshot: &*snapshot,
        cards: HashMap::from([(start.id, Arc::new(start.clone()))]),
        nodes: Vec::new(),
        passed_over: HashSet::new(),
    };
    let upstream = walk.edges(start.id, up, Direction::Up).await?;
    let downstream = walk.edges(start.id, down, Direction::Down).await?;
    let edges = upstream.iter().chain(&downstream);
    let pipelines: HashMap<RecordId, Value> = {
        let ids: HashSet<RecordId> = edges.filter_map(details::pipeline_of).collect();
        let shown = seen(call, &*snapshot, &ids.into_iter().collect::<Vec<_>>()).await?;
        shown.iter().map(|card| (card.id, reference(&call.door, &call.base_url(), card, false))).collect()
    };
    let mut room = MOST_DETAILS;
    let mut print = |edge: &Edge| printed(&walk.cards, edge, &pipelines, &mut room);
    let (upstream, downstream): (Vec<Value>, Vec<Value>) =
        (upstream.iter().filter_map(&mut print).collect(), downstream.iter().filter_map(&mut print).collect());
    let base = call.base_url();
    let nodes: Vec<Value> = walk.nodes.iter().map(|card| reference(&call.door, &base, card, false)).collect();
    Ok(json!({
        "entity": reference(&call.door, &base, start, false),
        "nodes": nodes,
        "upstreamEdges": upstream,
        "downstreamEdges": downstream,
    }))
}

struct Walk<'a> {
    call: &'a Call,
    snapshot: &'a dyn Snapshot,
    /// All that are shown, the first one too.
    cards: HashMap<RecordId, Arc<Card>>,
    nodes: Vec<Arc<Card>>,
    /// Hidden, deleted, or too many.
    passed_over: HashSet<RecordId>,
}

impl Walk<'_> {
    /// The edges that lead away from the start, nearest first. Nodes are met once, whatever circles there are.
    async fn edges(&mut self, start: RecordId, depth: u32, direction: Direction) -> OmResult<Vec<Edge>> {
        let mut edges = Vec::new();
        let mut visited = HashSet::from([start]);
        let mut level = vec![start];
        for _ in 0..depth {
            let found = self.step(&level, direction).await?;
            self.meet(found.iter().map(|edge| direction.far_end(edge))).await?;
            level.clear();
            for edge in found {
                let far = direction.far_end(&edge);
                if self.cards.contains_key(&far) {
                    if visited.insert(far) {
                        level.push(far);
                    }
                    edges.push(edge);
                }
            }
            if level.is_empty() {
                break;
            }
        }
        Ok(edges)
    }

    async fn step(&self, level: &[RecordId], direction: Direction) -> OmResult<Vec<Edge>> {
        let relations = [DERIVED_FROM];
        let mut found = match direction {
            Direction::Down => self.snapshot.edges_to(level, &relations, MOST_EDGES as u32).await?,
            Direction::Up => {
                let mut found = Vec::new();
                for chunk in level.chunks(CHUNK) {
                    found.extend(self.snapshot.edges_from(chunk, Some(&relations)).await?);
                    if found.len() > MOST_EDGES {
                        break;
                    }
                }
                found
            }
        };
        found.retain(|edge| edge.at.is_empty());
        found.truncate(MOST_EDGES);
        Ok(found)
    }

    async fn meet(&mut self, ids: impl Iterator<Item = RecordId>) -> OmResult<()> {
        let mut fresh: Vec<RecordId> = Vec::new();
        for id in ids {
            if !self.cards.contains_key(&id) && self.passed_over.insert(id) {
                fresh.push(id);
            }
        }
        let room = MOST_NODES.saturating_sub(self.nodes.len());
        for card in seen(self.call, self.snapshot, &fresh).await?.into_iter().take(room) {
            self.passed_over.remove(&card.id);
            self.cards.insert(card.id, card.clone());
            self.nodes.push(card);
        }
        Ok(())
    }
}

fn printed(
    cards: &HashMap<RecordId, Arc<Card>>,
    edge: &Edge,
    pipelines: &HashMap<RecordId, Value>,
    room: &mut usize,
) -> Option<Value> {
    let (from, to) = (cards.get(&edge.to)?, cards.get(&edge.from)?);
    let pipeline = details::pipeline_of(edge).and_then(|pipeline| pipelines.get(&pipeline).cloned());
    let mut details = details::print(edge, &from.fqn, &to.fqn, pipeline);
    let long = ["sqlQuery", "columnsLineage", "tempLineageTables"];
    let length: usize =
        long.iter().filter_map(|member| details.get(*member)).map(|value| value.to_string().len()).sum();
    match room.checked_sub(length) {
        Some(left) => *room = left,
        None => details.retain(|member, _| !long.contains(&member.as_str())),
    }
    let mut shown = json!({"fromEntity": from.id.to_string(), "toEntity": to.id.to_string()});
    if let Some(description) = details.get("description") {
        shown["description"] = description.clone();
    }
    shown["lineageDetails"] = details.into();
    Some(shown)
}

/// The cards of those that are alive and that the caller sees, in the order of the ids.
pub async fn seen(call: &Call, snapshot: &dyn Snapshot, ids: &[RecordId]) -> OmResult<Vec<Arc<Card>>> {
    let (catalog, principal) = (&call.door.catalog, &call.caller.principal);
    let cards = snapshot.cards(principal.account, ids).await?;
    let mut cards: Vec<Arc<Card>> = cards.into_iter().flatten().filter(|card| card.state.is_alive()).collect();
    let mut doubtful: HashMap<Kind, Vec<RecordId>> = HashMap::new();
    let mut hidden: HashSet<RecordId> = HashSet::new();
    for card in &cards {
        match catalog.access().list_verdict(principal, card.kind, card.visibility) {
            Verdict::Always => {}
            Verdict::Never { .. } => drop(hidden.insert(card.id)),
            Verdict::Depends => doubtful.entry(card.kind).or_default().push(card.id),
        }
    }
    for (kind, ids) in doubtful {
        hidden.extend(&ids);
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let query = ListQuery { ids: Some(ids), limit, ..ListQuery::of(principal.account, kind) };
        let depth = Depth { alone: true, ..Depth::bare() };
        for view in catalog.list_in(snapshot, &call.caller, query, &depth).await?.views {
            hidden.remove(&view.id());
        }
    }
    cards.retain(|card| !hidden.contains(&card.id));
    Ok(cards)
}
