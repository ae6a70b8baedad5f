//! Products that borrow rows: whoever holds the rows of a table is told which, by their names, also of those that are hidden
//! from him otherwise. Nobody is told of anything else that is hidden.

use std::collections::HashMap;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;

use crate::fault::Fault;
use crate::link::Link;

/// Of each of the records, the products that hold it and that the visitor does not see, by their ids, which are not for him;
/// `sees` says which he does see.
pub async fn hidden(
    reading: &Reading<'_>,
    of: &[RecordId],
    sees: impl Fn(RecordId) -> bool,
) -> Result<HashMap<RecordId, Vec<(RecordId, Link)>>, Fault> {
    let mut found: HashMap<RecordId, Vec<(RecordId, Link)>> = HashMap::new();
    for (id, cards) in reading.rows().borrowers(of).await? {
        let hidden = cards.iter().filter(|card| !sees(card.id));
        let mut named: Vec<(RecordId, Link)> = hidden.map(|card| (card.id, named(card))).collect();
        named.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        if !named.is_empty() {
            found.insert(id, named);
        }
    }
    Ok(found)
}

/// One that is hidden: its own name, and nothing that describes it.
pub fn named(card: &Card) -> Link {
    Link::of(&Card { display_name: None, ..card.clone() }).closed()
}
