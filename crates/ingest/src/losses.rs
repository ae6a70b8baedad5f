//! What products lose when tables go: an asset that is gone is no part of a product, and restoring it does not put it
//! back, since nobody knows whether the product's people still want it.

use std::collections::HashMap;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Sources;
use emporion_catalog::record::Record;
use emporion_catalog::relation::HAS_ASSET;

use crate::report::MOST_FAULTS;

/// A table that goes, and the product that holds it.
pub struct Loss {
    product: String,
    /// FQN.
    pub table: String,
}

/// Reads who holds the tables before they go. Products that the caller does not see are not told.
pub async fn of(catalog: &Catalog, caller: &Caller, leaving: &[Record]) -> Result<Vec<Loss>, Problem> {
    if leaving.is_empty() {
        return Ok(Vec::new());
    }
    let reading = catalog.reading(caller).await?;
    let Sources { edges, records: holders, .. } = reading.sources(leaving, &[HAS_ASSET], u32::MAX).await?;
    let fqns: HashMap<RecordId, &String> = leaving.iter().map(|table| (table.id, &table.fqn)).collect();
    let loss = |product: &Record, table: &String| Loss { product: product.fqn.clone(), table: table.clone() };
    let losses = edges.iter().filter_map(|edge| Some(loss(holders.get(&edge.from)?, fqns.get(&edge.to)?)));
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
