//! What products lose when tables go: an asset that is gone is no part of a product, and restoring it does not put it
//! back, since nobody knows whether the product's people still want it.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::relation::HAS_ASSET;

use crate::report::MOST_FAULTS;

/// A table that goes, and the product that holds it.
pub struct Loss {
    product: String,
    /// FQN.
    pub table: String,
}

/// Reads who holds the tables (FQNs by id) before they go. Products that the caller does not see are not told.
pub async fn of(catalog: &Catalog, caller: &Caller, leaving: &HashMap<RecordId, String>) -> Result<Vec<Loss>, Problem> {
    if leaving.is_empty() {
        return Ok(Vec::new());
    }
    let snapshot = catalog.snapshot().await?;
    let ids: Vec<RecordId> = leaving.keys().copied().collect();
    let edges = snapshot.edges_to(&ids, &[HAS_ASSET], u32::MAX).await?;
    let mut holders: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
    holders.sort_unstable();
    holders.dedup();
    let found = snapshot.by_id(caller.account(), &holders).await?.into_iter().flatten();
    let alive = found.filter(|holder| holder.state.is_alive()).collect();
    let seen = catalog.access().seen(&*snapshot, &caller.principal, alive).await?;
    let seen: HashMap<RecordId, Record> = seen.into_iter().map(|holder| (holder.id, holder)).collect();
    let loss = |product: &Record, table: &String| Loss { product: product.fqn.clone(), table: table.clone() };
    let losses = edges.iter().filter_map(|edge| Some(loss(seen.get(&edge.from)?, leaving.get(&edge.to)?)));
    let mut losses: Vec<Loss> = losses.collect();
    losses.sort_by(|a, b| (&a.product, &a.table).cmp(&(&b.product, &b.table)));
    Ok(losses)
}

/// Notes of a report. A database that goes takes thousands along: the first are told one by one.
pub fn told(losses: &[Loss], is_dry_run: bool) -> Vec<String> {
    let verb = if is_dry_run { "would lose" } else { "lost" };
    let note = |loss: &Loss| format!("product {} {verb} asset {}", loss.product, loss.table);
    let mut notes: Vec<String> = losses.iter().take(MOST_FAULTS).map(note).collect();
    if losses.len() > MOST_FAULTS {
        notes.push(format!("products {verb} {} assets more", losses.len() - MOST_FAULTS));
    }
    notes
}
