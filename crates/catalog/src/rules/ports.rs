//! Ports of a product: an output port is one of its assets; nothing is input and output at once; removing an asset
//! removes its ports.

use std::collections::HashSet;

use async_trait::async_trait;

use crate::id::RecordId;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::relation::{HAS_ASSET, INPUT_PORT, OUTPUT_PORT, Relation};

pub struct Ports;

#[async_trait]
impl Hooks for Ports {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let leads_to = |view: &View, relation: Relation| -> HashSet<RecordId> {
            view.edges.iter().filter(|edge| edge.relation == relation).map(|edge| edge.to).collect()
        };
        let (assets, inputs) = (leads_to(&plan.after, HAS_ASSET), leads_to(&plan.after, INPUT_PORT));
        let had = plan.before.as_ref().map(|view| leads_to(view, HAS_ASSET)).unwrap_or_default();
        let edges = &plan.after.edges;
        let mut orphans = HashSet::new();
        let mut faults = Vec::new();
        for port in edges.iter().filter(|edge| edge.relation == OUTPUT_PORT || edge.relation == INPUT_PORT) {
            let fqn = plan.after.cards.get(&port.to).map_or("", |card| card.fqn.as_str());
            if !assets.contains(&port.to) && (port.relation == OUTPUT_PORT || had.contains(&port.to)) {
                if had.contains(&port.to) {
                    orphans.insert(port.id);
                } else {
                    faults.push(format!(
                        "Asset '{fqn}' must belong to the data product before it can be added as an output port"
                    ));
                }
            } else if port.relation == OUTPUT_PORT && inputs.contains(&port.to) {
                faults
                    .push(format!("Asset '{fqn}' is already part of input ports and cannot be added to output ports"));
            }
        }
        if let Some(fault) = faults.into_iter().next() {
            return Err(Problem::conflict(fault));
        }
        plan.after.edges.retain(|edge| !orphans.contains(&edge.id));
        Ok(())
    }
}
