//! What lies around records by edges of lineage, as far as the visitor sees it.

use std::collections::{BTreeSet, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Limits, Reading, SeenCard};
use emporion_catalog::record::Edge;
use emporion_catalog::relation;

use crate::fault::Fault;

/// Of what a product holds, this many are followed.
const STARTS: usize = 25;
/// Edges that name one pipeline: what it makes of what.
const MOST_OF_A_PIPELINE: u32 = 1_000;

#[derive(Default)]
pub struct Met {
    /// The starts, too.
    pub cards: HashMap<RecordId, SeenCard>,
    /// Each leads from what is made to what it is made of: towards origins, and away from them.
    pub up: Vec<Edge>,
    pub down: Vec<Edge>,
    pub is_cut: bool,
}

impl Met {
    pub async fn around(reading: &Reading<'_>, starts: &[SeenCard], limits: Limits) -> Result<Met, Fault> {
        let mut met = Met { is_cut: starts.len() > STARTS, ..Met::default() };
        for start in starts.iter().take(STARTS) {
            met.walk(reading, std::slice::from_ref(start), limits).await?;
        }
        for pipeline in starts.iter().take(STARTS).filter(|start| start.kind.is("pipeline")) {
            met.follow(reading, pipeline, limits).await?;
        }
        // What lies between several starts is met from each of them.
        for edges in [&mut met.up, &mut met.down] {
            let mut known = HashSet::new();
            edges.retain(|edge| known.insert((edge.id, edge.from, edge.to)));
        }
        Ok(met)
    }

    async fn walk(&mut self, reading: &Reading<'_>, starts: &[SeenCard], limits: Limits) -> Result<(), Fault> {
        let walked = reading.walk_from(starts, relation::DERIVED_FROM, limits).await?;
        self.is_cut |= walked.is_cut;
        self.cards.extend(walked.cards);
        self.up.extend(walked.up);
        self.down.extend(walked.down);
        Ok(())
    }

    /// A pipeline stands between what it makes and what it makes it of: edges between those name it. All of them are met,
    /// before anything that is farther away.
    async fn follow(&mut self, reading: &Reading<'_>, pipeline: &SeenCard, limits: Limits) -> Result<(), Fault> {
        let sources = reading.sources(&[pipeline], &[relation::DERIVED_FROM], MOST_OF_A_PIPELINE).await?;
        self.is_cut |= sources.is_cut;
        let naming = sources.edges.iter().filter_map(|edge| Some((edge, relation::made_from(&edge.at)?)));
        let naming: Vec<(&Edge, RecordId)> = naming.collect();
        let ids: BTreeSet<RecordId> = naming.iter().map(|(_, origin)| *origin).collect();
        let origins = reading.cards(&ids.into_iter().collect::<Vec<_>>()).await?;
        let made: BTreeSet<RecordId> = naming.iter().map(|(edge, _)| edge.from).collect();
        let made: Vec<SeenCard> = made.iter().filter_map(|id| sources.records.get(id)).map(SeenCard::from).collect();
        self.walk(reading, &origins, Limits { up: limits.up.saturating_sub(1), down: 0, ..limits }).await?;
        self.walk(reading, &made, Limits { up: 0, down: limits.down.saturating_sub(1), ..limits }).await?;
        for (edge, origin) in naming {
            if self.cards.contains_key(&edge.from) {
                self.down.push(edge.clone());
            }
            if self.cards.contains_key(&origin) {
                self.up.push(Edge { from: pipeline.id, to: origin, ..edge.clone() });
            }
        }
        Ok(())
    }
}
