//! The products that are made of a product: of it as a whole, of a table of it that they take in, or of what is made of one.

use std::collections::BTreeSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use emporion_catalog::relation;
use emporion_catalog::rows::composed::COMPOSITION;

use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::records::link::Link;
use crate::records::record::Here;

/// Edges that are looked at of each sort, and assets whose edges are.
const MOST: u32 = 50;
const MOST_ASSETS: usize = 500;

/// Those that the visitor sees, by name; and that not everything was looked at.
pub async fn those(here: Here<'_>) -> Result<(Vec<Link>, Option<Rest>), Fault> {
    let Here { visit, reading, view, .. } = here;
    let own: BTreeSet<RecordId> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
    let looked_at: Vec<RecordId> = own.iter().copied().take(MOST_ASSETS).collect();
    let tables = if own.is_empty() { Vec::new() } else { reading.cards(&looked_at).await? };
    let with_tables: Vec<SeenId> = std::iter::once(SeenId::from(view)).chain(tables.iter().map(SeenId::from)).collect();
    let made = reading.sources(&with_tables, &[relation::DERIVED_FROM], MOST).await?;
    // What the product holds itself, others have with it.
    let others: Vec<&Record> = made.records.values().filter(|record| !own.contains(&record.id)).collect();
    let mut found = vec![
        reading.sources(&[view], &[relation::COMPOSED_OF], MOST).await?,
        reading.sources(&with_tables, &[relation::INPUT_PORT], MOST).await?,
    ];
    if !others.is_empty() {
        found.push(reading.sources(&others, &[relation::HAS_ASSET], MOST).await?);
    }
    found.push(made);
    let is_cut = own.len() > MOST_ASSETS || found.iter().any(|sources| sources.is_cut);
    let product = |record: &Record| match record.kind.name() {
        "data_product" => Some(record.id),
        // What a product is composed of is said by a part of it.
        COMPOSITION => record.parent,
        _ => None,
    };
    let products: BTreeSet<RecordId> =
        found.iter().flat_map(|sources| sources.records.values()).filter_map(product).collect();
    let products: Vec<RecordId> = products.into_iter().filter(|id| *id != view.id()).collect();
    let cards = if products.is_empty() { Vec::new() } else { reading.cards(&products).await? };
    let mut links: Vec<Link> = cards.iter().map(|card| Link::of(card)).collect();
    links.sort_by(|a, b| a.name.cmp(&b.name));
    let rest = Rest::of_more(visit.t, links.len(), is_cut);
    Ok((links, rest))
}
