//! The products by which the visitor comes to the rows of tables that were found: those that were lent them, and that he may
//! query.

use std::collections::HashMap;

use emporion_catalog::finder::Hit;
use emporion_catalog::id::RecordId;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::relation;
use emporion_catalog::rows::grants;
use emporion_products::reach;

use crate::fault::Fault;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::plain::shown;

/// Tables of which it is looked, the first ones, and products that hold them.
const MOST_TABLES: usize = 10;
const MOST_HELD: u32 = 50;
const MOST_PRODUCTS: u32 = 10;

/// A product, and the tables among what was found whose rows it leads to.
pub struct ProductWithRows {
    pub link: Link,
    pub tables: Vec<RecordId>,
    /// The same by their names.
    pub named: String,
}

/// In the order of the tables that they lead to.
pub async fn of(visit: &Visit, hits: &[Hit]) -> Result<Vec<ProductWithRows>, Fault> {
    let found: Vec<&Hit> = hits.iter().filter(|hit| hit.kind.is("table")).take(MOST_TABLES).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let reading = visit.reading().await?;
    let ids: Vec<RecordId> = found.iter().map(|hit| hit.id).collect();
    let cards = reading.cards(&ids).await?;
    let sources = reading.sources(&cards.iter().collect::<Vec<_>>(), &[relation::HAS_ASSET], MOST_HELD).await?;
    let mut held: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for edge in sources.edges.iter().filter(|edge| grants::is_granted(edge)) {
        held.entry(edge.from).or_default().push(edge.to);
    }
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let query = ListQuery {
        ids: Some(held.keys().copied().collect()),
        states: States::Alive,
        limit: MOST_PRODUCTS,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    };
    let products = reading.list(query, &reach::depth()).await?.views;
    let may = reading.rows().may_query_each(&products.iter().collect::<Vec<_>>()).await?;
    let mut with_rows = Vec::new();
    for product in products.iter().zip(may).filter_map(|(product, may)| may.map(|_| product)) {
        let of = held.remove(&product.id()).unwrap_or_default();
        let tables: Vec<&&Hit> = found.iter().filter(|hit| of.contains(&hit.id)).collect();
        with_rows.push(ProductWithRows {
            link: Link::of_record(&product.record),
            named: tables.iter().map(|hit| shown(&hit.name)).collect::<Vec<_>>().join(", "),
            tables: tables.iter().map(|hit| hit.id).collect(),
        });
    }
    let first = |one: &ProductWithRows| ids.iter().position(|id| one.tables.contains(id));
    with_rows.sort_by_key(first);
    Ok(with_rows)
}
