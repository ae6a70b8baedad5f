//! Who holds rows: administrators, owners of the asset, and owners of a place above it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Reader;
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::climb::MOST_ANCESTORS;
use crate::id::{AccountId, RecordId};
use crate::kinds::DOMAIN;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Card, Edge};
use crate::relation;

impl Reader<'_> {
    /// Those of the assets whose rows the principal holds.
    ///
    /// Cost: one read of cards and one of edges.
    pub fn held<'a>(&'a self, assets: &'a [RecordId]) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move {
            let held = held_by(self.snapshot, self.principal.account, &[self.principal], assets).await?;
            Ok(held.into_iter().next().unwrap_or_default())
        })
    }
}

/// The same of several principals of an account, in their order, for no more reads.
pub(super) async fn held_by(
    snapshot: &dyn Snapshot,
    account: AccountId,
    principals: &[&Principal],
    assets: &[RecordId],
) -> Result<Vec<HashSet<RecordId>>, Problem> {
    if principals.is_empty() {
        return Ok(Vec::new());
    }
    let found = snapshot.cards_and_above(account, &[], assets).await?;
    let cards: HashMap<RecordId, Arc<Card>> = found.into_iter().map(|card| (card.id, card)).collect();
    let edges = match principals.iter().all(|principal| principal.is_admin) {
        true => Vec::new(),
        false => {
            // A domain is no place where rows lie: who owns it owns what is made of them.
            let places = cards.values().filter(|card| card.kind != DOMAIN);
            let places: Vec<RecordId> = places.map(|card| card.id).collect();
            snapshot.edges_from(&places, Some(&[relation::OWNER, relation::OWNING_TEAM])).await?
        }
    };
    Ok(principals.iter().map(|principal| held_of(principal, assets, &cards, &edges)).collect())
}

/// Of the assets, those that somebody holds, by what is above them and the edges from there to owners.
fn held_of(
    principal: &Principal,
    assets: &[RecordId],
    cards: &HashMap<RecordId, Arc<Card>>,
    edges: &[Edge],
) -> HashSet<RecordId> {
    if principal.is_admin {
        return assets.iter().copied().filter(|id| cards.contains_key(id)).collect();
    }
    let owned: HashSet<RecordId> =
        edges.iter().filter(|edge| is_owner(principal, edge)).map(|edge| edge.from).collect();
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
    assets.iter().copied().filter(is_below).collect()
}

/// Whether an edge to an owner leads to the principal, or to a team that he owns or contributes to.
pub(crate) fn is_owner(principal: &Principal, edge: &Edge) -> bool {
    edge.at.is_empty() && !edge.is_nominal() && principal.rows_holders().any(|own| own == edge.to)
}
