//! Ports of a product: an output port is one of its assets; nothing is input and output at once; removing an asset
//! removes its ports.

use async_trait::async_trait;

use crate::plan::Planning;
use crate::problem::Problem;
use crate::relation::{HAS_ASSET, INPUT_PORT, OUTPUT_PORT};
use crate::rule::Rule;

pub struct Ports;

#[async_trait]
impl Rule for Ports {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let had_asset = |id| {
            plan.before
                .as_ref()
                .is_some_and(|view| view.edges.iter().any(|edge| edge.relation == HAS_ASSET && edge.to == id))
        };
        let edges = &plan.after.edges;
        let has = |relation, id| edges.iter().any(|edge| edge.relation == relation && edge.to == id);
        let mut orphans = Vec::new();
        let mut faults = Vec::new();
        for port in edges.iter().filter(|edge| edge.relation == OUTPUT_PORT || edge.relation == INPUT_PORT) {
            let fqn = plan.after.cards.get(&port.to).map_or("", |card| card.fqn.as_str());
            if !has(HAS_ASSET, port.to) && (port.relation == OUTPUT_PORT || had_asset(port.to)) {
                if had_asset(port.to) {
                    orphans.push(port.id);
                } else {
                    faults.push(format!(
                        "Asset '{fqn}' must belong to the data product before it can be added as an output port"
                    ));
                }
            } else if port.relation == OUTPUT_PORT && has(INPUT_PORT, port.to) {
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
