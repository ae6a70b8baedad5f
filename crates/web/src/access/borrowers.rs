//! Products that borrow rows: whoever holds the rows of a table is told which, by their names, also of those that are hidden
//! from him otherwise. Nobody is told of anything else that is hidden.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;

use crate::fault::Fault;
use crate::records::link::Link;

/// Of each of the records, the products that hold it and that the visitor does not see, by their ids, which are not for him;
/// `sees` says of which it is known that he does.
pub async fn hidden(
    reading: &Reading<'_>,
    of: &[RecordId],
    sees: impl Fn(RecordId) -> bool,
) -> Result<HashMap<RecordId, Vec<(RecordId, Link)>>, Fault> {
    let mut found: HashMap<RecordId, Vec<(RecordId, Link)>> = HashMap::new();
    let borrowers = reading.rows().borrowers(of).await?;
    let doubtful = borrowers.values().flatten().map(|card| card.id).filter(|id| !sees(*id));
    let unseen = unseen(reading, doubtful.collect()).await?;
    for (id, cards) in borrowers {
        let hidden = cards.iter().filter(|card| unseen.contains(&card.id));
        let mut named: Vec<(RecordId, Link)> = hidden.map(|card| (card.id, named(card))).collect();
        named.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        if !named.is_empty() {
            found.insert(id, named);
        }
    }
    Ok(found)
}

/// Those of some products that the visitor does not see.
pub async fn unseen(reading: &Reading<'_>, mut products: HashSet<RecordId>) -> Result<HashSet<RecordId>, Fault> {
    if !products.is_empty() {
        let ids: Vec<RecordId> = products.iter().copied().collect();
        for seen in reading.cards(&ids).await? {
            products.remove(&seen.id);
        }
    }
    Ok(products)
}

/// One that is hidden: its own name, and nothing that describes it.
pub fn named(card: &Card) -> Link {
    Link::of(&Card { display_name: None, ..card.clone() }).closed()
}
