//! Who holds rows: administrators, owners of the asset, and owners of a place above it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Reader;
use crate::caller::{Membership, Principal};
use crate::climb::MOST_ANCESTORS;
use crate::id::RecordId;
use crate::problem::Problem;
use crate::record::{Card, Edge};
use crate::relation;

impl Reader<'_> {
    /// Those of the assets whose rows the principal holds.
    ///
    /// Cost: one read of cards and one of edges.
    pub async fn held(&self, assets: &[RecordId]) -> Result<HashSet<RecordId>, Problem> {
        let found = self.snapshot.cards_and_above(self.principal.account, &[], assets).await?;
        let cards: HashMap<RecordId, Arc<Card>> = found.into_iter().map(|card| (card.id, card)).collect();
        if self.principal.is_admin {
            return Ok(assets.iter().copied().filter(|id| cards.contains_key(id)).collect());
        }
        // A domain is no place where rows lie: who owns it owns what is made of them.
        let places: Vec<RecordId> = cards.values().filter(|card| !card.kind.is("domain")).map(|card| card.id).collect();
        let edges = self.snapshot.edges_from(&places, Some(&[relation::OWNER, relation::OWNING_TEAM])).await?;
        let owned: HashSet<RecordId> =
            edges.iter().filter(|edge| is_owner(self.principal, edge)).map(|edge| edge.from).collect();
        let is_below = |asset: &RecordId| {
            let mut next = Some(*asset);
            for _ in 0..MOST_ANCESTORS {
                let Some(id) = next else { return false };
                if owned.contains(&id) {
                    return true;
                }
                next = cards.get(&id).and_then(|card| card.parent);
            }
            false
        };
        Ok(assets.iter().copied().filter(is_below).collect())
    }
}

/// Whether an edge to an owner leads to the principal, or to a team that he owns or contributes to.
pub(crate) fn is_owner(principal: &Principal, edge: &Edge) -> bool {
    let contributes = || {
        let mut teams = principal.teams.iter().filter(|membership| membership.team == edge.to);
        teams.any(Membership::brings_rows)
    };
    edge.at.is_empty() && !edge.is_nominal() && (edge.to == principal.user || contributes())
}
