//! Products as those see them whose rows they borrow: even where a product is hidden, its lenders know that it is there,
//! and which of their assets it has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Reader;
use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::command::Ref;
use crate::id::RecordId;
use crate::load::Depth;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::record::{Card, Edge, View};
use crate::relation::HAS_ASSET;
use crate::resolve;

/// How much of a product's assets somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// The product is hidden from him; these assets are his.
    Own(HashSet<RecordId>),
}

impl Extent {
    pub fn has(&self, asset: RecordId) -> bool {
        match self {
            Extent::Whole => true,
            Extent::Own(assets) => assets.contains(&asset),
        }
    }
}

impl Catalog {
    /// A living product for whoever sees it, or holds the rows of an asset of it. `depth` reads its assets.
    ///
    /// Errors: `NotFound` for everybody else.
    pub(crate) async fn get_for_lender(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        target: &Ref,
        depth: &Depth,
    ) -> Result<(View, Extent), Problem> {
        let found = resolve::find(snapshot, caller.account(), target).await?;
        let record = found.filter(|record| record.state.is_alive()).ok_or_else(|| target.not_found())?;
        if self.access.sees_in(snapshot, &caller.principal, &record).await? {
            return Ok((self.view_for(snapshot, &caller.principal, record, depth).await?, Extent::Whole));
        }
        let view = self.view_for(snapshot, &caller.principal, record, depth).await?;
        let assets: Vec<RecordId> = view.targets(HAS_ASSET).map(|(edge, _)| edge.to).collect();
        let held = self.rows(snapshot, caller).held(&assets).await?;
        if held.is_empty() { Err(target.not_found()) } else { Ok((view, Extent::Own(held))) }
    }
}

/// The products that have an asset, of each asset.
pub type Borrowers = HashMap<RecordId, Vec<Arc<Card>>>;

/// An asset in a product, whose rows are lent to it or not.
#[derive(Debug, Clone)]
pub struct Loan {
    pub product: Arc<Card>,
    pub edge: Edge,
}

impl Reader<'_> {
    /// Of each of the assets whose rows the principal holds, and of no other, the living products that have it, whether he
    /// sees them or not.
    pub fn loans<'a>(&'a self, assets: &'a [RecordId]) -> Boxed<'a, Result<HashMap<RecordId, Vec<Loan>>, Problem>> {
        Box::pin(async move {
            let held: Vec<RecordId> = self.held(assets).await?.into_iter().collect();
            if held.is_empty() {
                return Ok(HashMap::new());
            }
            let edges = self.snapshot.edges_to(&held, &[HAS_ASSET], u32::MAX).await?;
            let products: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
            let cards = self.snapshot.cards(self.principal.account, &products).await?;
            let mut loans: HashMap<RecordId, Vec<Loan>> = held.into_iter().map(|asset| (asset, Vec::new())).collect();
            for (edge, card) in edges.into_iter().zip(cards) {
                let Some(product) = card.filter(|card| card.state.is_alive()) else { continue };
                let known = loans.entry(edge.to).or_default();
                if known.iter().all(|other| other.product.id != product.id) {
                    known.push(Loan { product, edge });
                }
            }
            Ok(loans)
        })
    }

    /// The products alone.
    pub fn borrowers<'a>(&'a self, assets: &'a [RecordId]) -> Boxed<'a, Result<Borrowers, Problem>> {
        Box::pin(async move {
            let loans = self.loans(assets).await?.into_iter().filter(|(_, loans)| !loans.is_empty());
            Ok(loans.map(|(asset, loans)| (asset, loans.into_iter().map(|loan| loan.product).collect())).collect())
        })
    }
}
