//! Upstream pipelines of a product's assets, pipelines among them, and how the newest run of each went.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::observation::{Observation, PIPELINE_STATUS};
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::relation;

use crate::fault::Fault;

/// Pipelines that are looked at.
const MOST: usize = 200;

#[derive(Default)]
pub struct UpstreamPipelines {
    /// As far as the caller sees them.
    pub pipelines: Vec<SeenCard>,
    /// The newest of each that has run.
    pub runs: HashMap<RecordId, Observation>,
    /// What makes each asset, be it seen or not; of a pipeline that is held, itself.
    of: HashMap<RecordId, HashSet<RecordId>>,
    /// Some pipelines were not looked at.
    pub is_cut: bool,
}

impl UpstreamPipelines {
    pub async fn of(reading: &Reading<'_>, assets: &[SeenCard]) -> Result<UpstreamPipelines, Fault> {
        if assets.is_empty() {
            return Ok(UpstreamPipelines::default());
        }
        let mut of: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
        for edge in reading.edges_from(assets, Some(&[relation::DERIVED_FROM])).await? {
            if relation::made_from(&edge.at).is_some() {
                of.entry(edge.from).or_default().insert(edge.to);
            }
        }
        for held in assets.iter().filter(|asset| asset.kind.is("pipeline")) {
            of.entry(held.id).or_default().insert(held.id);
        }
        let ids: HashSet<RecordId> = of.values().flatten().copied().collect();
        let mut ids: Vec<RecordId> = ids.into_iter().collect();
        let is_cut = ids.len() > MOST;
        ids.sort_unstable();
        ids.truncate(MOST);
        let pipelines = if ids.is_empty() { Vec::new() } else { reading.cards(&ids).await? };
        let newest = match pipelines.is_empty() {
            true => Vec::new(),
            false => reading.newest_observations(&pipelines, &[PIPELINE_STATUS]).await?,
        };
        let newest = newest.into_iter().filter(|run| run.item.is_empty());
        Ok(UpstreamPipelines { pipelines, runs: newest.map(|run| (run.record, run)).collect(), of, is_cut })
    }

    /// What makes the asset, whether the caller sees it or not.
    pub fn of_asset(&self, asset: RecordId) -> impl Iterator<Item = RecordId> {
        self.of.get(&asset).into_iter().flatten().copied()
    }

    #[cfg(test)]
    pub fn reported(of: &[(RecordId, RecordId)], runs: Vec<Observation>) -> UpstreamPipelines {
        let mut makers = UpstreamPipelines {
            runs: runs.into_iter().map(|run| (run.record, run)).collect(),
            ..UpstreamPipelines::default()
        };
        for (asset, maker) in of {
            makers.of.entry(*asset).or_default().insert(*maker);
        }
        makers
    }
}
