//! The products that hold what was met.

use std::collections::HashMap;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::relation;

use crate::access::borrowers;
use crate::fault::Fault;
use crate::records::link::Link;

/// Holders that are looked for, of all that was met.
const MOST: u32 = 4_000;

/// Of each record, the products that hold it, by name.
type Held = HashMap<RecordId, Vec<RecordId>>;

#[derive(Default)]
pub struct Holders {
    /// Those that the visitor sees.
    seen: Held,
    /// Those that borrow rows that he holds, and are hidden from him otherwise.
    hidden: Held,
    links: HashMap<RecordId, Link>,
    /// There are more than were looked for.
    pub is_cut: bool,
}

impl Holders {
    pub async fn of(reading: &Reading<'_>, records: &[&SeenCard]) -> Result<Holders, Fault> {
        let mut holders = Holders::default();
        if records.is_empty() {
            return Ok(holders);
        }
        let sources = reading.sources(records, &[relation::HAS_ASSET], MOST).await?;
        holders.is_cut = sources.is_cut;
        for edge in &sources.edges {
            if let Some(product) = sources.records.get(&edge.from) {
                holders.links.entry(product.id).or_insert_with(|| Link::of_record(product));
                holders.seen.entry(edge.to).or_default().push(product.id);
            }
        }
        let ids: Vec<RecordId> = records.iter().map(|card| card.id).collect();
        for (id, products) in borrowers::hidden(reading, &ids, |id| sources.records.contains_key(&id)).await? {
            let hidden = holders.hidden.entry(id).or_default();
            for (product, link) in products {
                hidden.push(product);
                holders.links.insert(product, link);
            }
        }
        let links = &holders.links;
        for held in holders.seen.values_mut() {
            held.sort_by(|a, b| links[a].name.cmp(&links[b].name).then(a.cmp(b)));
            held.dedup();
        }
        Ok(holders)
    }

    pub fn seen(&self, record: RecordId) -> &[RecordId] {
        self.seen.get(&record).map_or(&[], Vec::as_slice)
    }

    pub fn hidden(&self, record: RecordId) -> &[RecordId] {
        self.hidden.get(&record).map_or(&[], Vec::as_slice)
    }

    /// The name of one of the products.
    pub fn link(&self, product: RecordId) -> Option<&Link> {
        self.links.get(&product)
    }

    /// Whether the visitor sees it: only that can be unfolded.
    pub fn sees(&self, product: RecordId) -> bool {
        self.seen.values().any(|products| products.contains(&product))
    }
}

#[cfg(test)]
impl Holders {
    /// Records that each are held by so many products.
    pub fn of_many(records: &[(RecordId, usize)]) -> Holders {
        let products = |many: usize| (0..many).map(|_| RecordId::fresh()).collect();
        Holders { seen: records.iter().map(|(id, many)| (*id, products(*many))).collect(), ..Holders::default() }
    }
}
