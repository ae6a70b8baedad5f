//! The products that hold a table: whether its rows are lent to them, and by which of them the visitor may query it.

use std::collections::{BTreeMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::grants;

use crate::fault::Fault;
use crate::link::Link;
use crate::{address, borrowers};

/// Products that are named.
const MOST: u32 = 200;
/// Of those that rows are lent to, as many are asked what the visitor may do there.
const MOST_ASKED: usize = 20;

pub struct Holder {
    pub link: Link,
    pub is_lent: bool,
    /// The visitor may query the rows that are lent to it.
    pub queries: bool,
    /// Where he asks for that, where he may not and that is known.
    pub asking: Option<String>,
    /// It is not open to him; as a borrower of rows that he holds, he is told its name.
    pub is_restricted: bool,
}

/// Those of a table, by name.
pub async fn of(reading: &Reading<'_>, view: &View) -> Result<Vec<Holder>, Fault> {
    let sources = reading.sources(&[view], &[relation::HAS_ASSET], MOST).await?;
    let lent = sources.edges.iter().filter(|edge| grants::is_granted(edge)).map(|edge| edge.from);
    let asked: Vec<RecordId> = lent.take(MOST_ASKED).collect();
    let queried = queried(reading, &asked).await?;
    let mut holders: BTreeMap<String, Holder> = BTreeMap::new();
    for edge in &sources.edges {
        let Some(product) = sources.records.get(&edge.from) else { continue };
        let queries = queried.contains(&product.id);
        let asks = !queries && asked.contains(&product.id);
        let form = address::with_query(&address::of_record(product), &[("tab", "access")]);
        let holder = Holder {
            link: Link::of_record(product),
            is_lent: grants::is_granted(edge),
            queries,
            asking: asks.then_some(form),
            is_restricted: false,
        };
        holders.insert(product.fqn.clone(), holder);
    }
    let hidden = borrowers::hidden(reading, &[view.id()], |id| sources.records.contains_key(&id)).await?;
    let hidden = hidden.into_values().flatten().map(|(_, link)| Holder {
        link,
        is_lent: false,
        queries: false,
        asking: None,
        is_restricted: true,
    });
    Ok(holders.into_values().chain(hidden).collect())
}

/// Those of the products that the visitor has a role on with which rows are read.
async fn queried(reading: &Reading<'_>, products: &[RecordId]) -> Result<HashSet<RecordId>, Fault> {
    let mut queried = HashSet::new();
    if products.is_empty() {
        return Ok(queried);
    }
    let roles = [relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM];
    let query = ListQuery {
        ids: Some(products.to_vec()),
        states: States::Alive,
        limit: MOST_ASKED as u32,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    };
    for product in reading.list(query, &Depth::of(&roles, true)).await?.views {
        if reading.rows().may_query(&product).await?.is_some() {
            queried.insert(product.id());
        }
    }
    Ok(queried)
}
