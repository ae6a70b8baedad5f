//! Data products as holders: which edges a request adds to their assets and ports, or removes.

use std::collections::HashSet;

use emporion_catalog::command::{How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{HAS_ASSET, INPUT_PORT, OUTPUT_PORT, Relation};

use super::page::ids;

/// The edges to add or remove. What is there already keeps its edge with all that it carries.
pub fn targets(view: &View, relation: Relation, how: How, assets: &[Ref]) -> Result<Vec<Target>, Problem> {
    if how == How::Remove {
        return Ok(assets.iter().cloned().map(Target::of).collect());
    }
    let mut fresh = Vec::with_capacity(assets.len());
    // What the product's query brought in is added by hand from now on.
    let by_query: HashSet<RecordId> = view.edges.iter().filter(|edge| edge.is_by_query()).map(|edge| edge.to).collect();
    let is_added = |id: &RecordId| relation != HAS_ASSET || !by_query.contains(id);
    let present: HashSet<RecordId> = ids(view, relation).filter(is_added).collect();
    let outputs: HashSet<RecordId> = ids(view, OUTPUT_PORT).collect();
    for asset in assets {
        let known = known(view, asset);
        if known.is_some_and(|card| card.id == view.id()) || matches!(asset, Ref::Id(_, id) if *id == view.id()) {
            return Err(Problem::conflict("A data product cannot hold itself"));
        }
        if let Some(card) = known {
            if relation == INPUT_PORT && outputs.contains(&card.id) {
                let fqn = &card.fqn;
                return Err(Problem::conflict(format!(
                    "Asset '{fqn}' is already part of output ports and cannot be added to input ports"
                )));
            }
            if present.contains(&card.id) {
                continue;
            }
        }
        fresh.push(Target::of(asset.clone()));
    }
    Ok(fresh)
}

/// The card of what the request names, where the product leads to it already.
fn known<'v>(view: &'v View, asset: &Ref) -> Option<&'v Card> {
    match asset {
        Ref::Id(_, id) | Ref::AnyOf(_, id) => {
            view.cards.get(id).map(|card| &**card).filter(|card| asset.admits(card.kind))
        }
        Ref::Name(kind, name) => {
            view.cards.values().map(|card| &**card).find(|card| card.kind == *kind && card.fqn == *name)
        }
        Ref::Alias { .. } => None,
    }
}
