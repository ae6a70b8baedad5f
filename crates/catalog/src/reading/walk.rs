//! Follows edges of one relation from record to record, both ways, as far as the caller sees them.

use std::collections::{HashMap, HashSet};

use super::{Reading, Seen, SeenCard, ids};
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::Edge;
use crate::relation::Relation;

/// Records whose edges are read at once.
const CHUNK: usize = 100;

/// How far a walk goes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps towards what the edges lead to.
    pub up: u32,
    /// Steps towards where they come from.
    pub down: u32,
    pub nodes: usize,
    /// Edges of one step.
    pub edges: usize,
}

/// What was met.
#[derive(Debug)]
pub struct Walked {
    /// All that were met, the starts too.
    pub cards: HashMap<RecordId, SeenCard>,
    /// Without the starts, nearest first.
    pub nodes: Vec<SeenCard>,
    pub up: Vec<Edge>,
    pub down: Vec<Edge>,
    /// Of a step there were more edges, or of all steps more nodes.
    pub is_cut: bool,
    /// Hidden, deleted, or too many.
    passed_over: HashSet<RecordId>,
}

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

impl Reading<'_> {
    /// What is around a record by edges of the relation that belong to no part of a record. Nodes are met once, whatever
    /// circles there are.
    ///
    /// Cost: for each step the edges of its nodes and the cards at their far ends; for nodes that not everybody sees one
    /// list for each of their kinds.
    pub fn walk<'a>(
        &'a self,
        start: &'a SeenCard,
        relation: Relation,
        limits: Limits,
    ) -> Boxed<'a, Result<Walked, Problem>> {
        self.walk_from(std::slice::from_ref(start), relation, limits)
    }

    /// The same around several, each step of all of them at once.
    pub fn walk_from<'a>(
        &'a self,
        starts: &'a [SeenCard],
        relation: Relation,
        limits: Limits,
    ) -> Boxed<'a, Result<Walked, Problem>> {
        Box::pin(async move {
            let mut walked = Walked {
                cards: starts.iter().map(|start| (start.id, start.clone())).collect(),
                nodes: Vec::new(),
                up: Vec::new(),
                down: Vec::new(),
                is_cut: false,
                passed_over: HashSet::new(),
            };
            walked.up = self.steps(&mut walked, starts, relation, Direction::Up, limits).await?;
            walked.down = self.steps(&mut walked, starts, relation, Direction::Down, limits).await?;
            Ok(walked)
        })
    }

    async fn steps(
        &self,
        walked: &mut Walked,
        starts: &[SeenCard],
        relation: Relation,
        direction: Direction,
        limits: Limits,
    ) -> Result<Vec<Edge>, Problem> {
        let depth = match direction {
            Direction::Up => limits.up,
            Direction::Down => limits.down,
        };
        let mut edges = Vec::new();
        let mut visited: HashSet<RecordId> = starts.iter().map(|start| start.id).collect();
        let mut level = starts.to_vec();
        for _ in 0..depth {
            let (found, is_cut) = self.step(&level, relation, direction, limits.edges).await?;
            walked.is_cut |= is_cut;
            self.meet(walked, found.iter().map(|edge| direction.far_end(edge)), limits.nodes).await?;
            level.clear();
            for edge in found {
                let far = direction.far_end(&edge);
                if let Some(card) = walked.cards.get(&far) {
                    if visited.insert(far) {
                        level.push(card.clone());
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

    async fn step(
        &self,
        level: &[SeenCard],
        relation: Relation,
        direction: Direction,
        most: usize,
    ) -> Result<(Vec<Edge>, bool), Problem> {
        let mut found = match direction {
            Direction::Down => {
                let most = u32::try_from(most).unwrap_or(u32::MAX);
                self.snapshot.edges_to(&ids(level), &[relation], most).await?
            }
            Direction::Up => {
                let mut found = Vec::new();
                for chunk in level.chunks(CHUNK) {
                    found.extend(self.edges_from(chunk, Some(&[relation])).await?);
                    if found.len() > most {
                        break;
                    }
                }
                found
            }
        };
        // Those that belong to a part are read as well: as many as may be read say that there can be others.
        let is_cut = found.len() >= most;
        found.retain(|edge| edge.at.is_empty());
        found.truncate(most);
        Ok((found, is_cut))
    }

    async fn meet(&self, walked: &mut Walked, ids: impl Iterator<Item = RecordId>, most: usize) -> Result<(), Problem> {
        let mut fresh: Vec<RecordId> = Vec::new();
        for id in ids {
            if !walked.cards.contains_key(&id) && walked.passed_over.insert(id) {
                fresh.push(id);
            }
        }
        let room = most.saturating_sub(walked.nodes.len());
        let met = self.cards(&fresh).await?;
        walked.is_cut |= met.len() > room;
        for card in met.into_iter().take(room) {
            walked.passed_over.remove(&card.record_id());
            walked.cards.insert(card.id, card.clone());
            walked.nodes.push(card);
        }
        Ok(())
    }
}
