//! Contracts that are not kept.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation;

use super::{Assets, Found, Line};
use crate::fault::Fault;
use crate::lineage::upstream_pipelines::UpstreamPipelines;
use crate::products::contract::{self, Fresh, Held};
use crate::records::{address, data_age};

/// Products that promise how old their data may be, and what they hold.
const MOST_PROMISED: usize = 20;
const MOST_HELD: usize = 400;
/// Of them, those whose data are looked at, where no run breaks the promise: each costs a few questions.
const MOST_AGED: usize = 5;

impl Found<'_> {
    /// Products whose data are older than they promise, by the runs of the pipelines that make them or by the latest moment in
    /// them.
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
        let own = |view: &View| {
            let own = holding.iter().filter(|(product, _)| *product == view.id());
            own.map(|(_, asset)| *asset).collect::<Vec<RecordId>>()
        };
        let (mut lines, mut others) = (Vec::new(), Vec::new());
        for (view, age) in promised {
            // What is kept is not told of here.
            let assets = own(view);
            let holds = Held { assets: &assets, is_whole: false };
            if let Some(Fresh::Late(late)) = contract::fresh(age, &makers, &holds, visit.now) {
                lines.push(line(view, late.rendered(visit)));
                continue;
            }
            let is_own = |card: &&SeenCard| assets.contains(&card.id);
            let seen: Vec<&SeenCard> = held.iter().filter(is_own).collect();
            let seen_of_it = seen.len();
            let tables: Vec<SeenCard> = seen.into_iter().filter(|card| card.kind.is("table")).cloned().collect();
            if !tables.is_empty() {
                others.push((view, age, tables, seen_of_it));
            }
        }
        self.is_partial |= others.len() > MOST_AGED;
        others.truncate(MOST_AGED);
        if others.is_empty() {
            return Ok(lines);
        }
        let ids = others.iter().map(|(view, ..)| view.id()).collect();
        let query = ListQuery {
            ids: Some(ids),
            limit: MOST_AGED as u32,
            ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
        };
        let read = [relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM, relation::HAS_ASSET];
        let views = reading.list(query, &Depth::of(&read, true)).await?.views;
        for (view, age, tables, seen) in others {
            let Some(whole) = views.iter().find(|one| one.id() == view.id()) else { continue };
            let is_whole = seen == whole.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET).count();
            let newest = data_age::newest(reading, &[whole], &tables, visit.now).await?.among(is_whole);
            if let Some(Fresh::WasOlder(at)) = contract::judged(None, age, newest, visit.now) {
                lines.push(line(view, contract::was_older(visit, at)));
            }
        }
        Ok(lines)
    }
}

fn line(view: &View, rendered: String) -> Line {
    Line::of(&Card::of(&view.record), format!("{}#contract", address::of_record(&view.record)), rendered)
}
