//! Contracts that are not kept.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Card, Edge, View};

use super::{Assets, Found, Line};
use crate::fault::Fault;
use crate::lineage::upstream_pipelines::UpstreamPipelines;
use crate::products::contract::{self, Fresh, Held};
use crate::records::address;

/// Products that promise how old their data may be, and what they hold.
const MOST_PROMISED: usize = 20;
const MOST_HELD: usize = 400;

impl Found<'_> {
    /// Products whose data are older than they promise, by the runs of the pipelines that make them.
    pub async fn contracts(&mut self, assets: &Assets) -> Result<Vec<Line>, Fault> {
        let (visit, reading) = (self.visit, self.reading);
        let mut promised: Vec<(&View, f64)> =
            self.products.iter().filter_map(|view| Some((view, contract::promised_age(view)?))).collect();
        self.is_partial |= promised.len() > MOST_PROMISED;
        promised.truncate(MOST_PROMISED);
        let is_promised = |edge: &&Edge| promised.iter().any(|(view, _)| view.id() == edge.from);
        let mut holding: Vec<(RecordId, RecordId)> =
            assets.edges.iter().filter(is_promised).map(|edge| (edge.from, edge.to)).collect();
        self.is_partial |= holding.len() > MOST_HELD;
        holding.truncate(MOST_HELD);
        let held: HashSet<RecordId> = holding.iter().map(|(_, asset)| *asset).collect();
        let held: Vec<RecordId> = held.into_iter().collect();
        let held = if held.is_empty() { Vec::new() } else { reading.cards(&held).await? };
        let makers = UpstreamPipelines::of(reading, &held).await?;
        self.is_partial |= makers.is_cut;
        let late = |(view, age): (&View, f64)| {
            let own = holding.iter().filter(|(product, _)| *product == view.id());
            let own: Vec<RecordId> = own.map(|(_, asset)| *asset).collect();
            // What is kept is not told of here.
            let held = Held { assets: &own, is_whole: false };
            let Some(Fresh::Late(late)) = contract::fresh(age, &makers, &held, visit.now) else { return None };
            let address = format!("{}#contract", address::of_record(&view.record));
            Some(Line::of(&Card::of(&view.record), address, late.rendered(visit)))
        };
        Ok(promised.into_iter().filter_map(late).collect())
    }
}
