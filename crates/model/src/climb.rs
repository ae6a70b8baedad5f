//! From records up to what they stand below, level by level: which cards are still missing, and which were found.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::id::RecordId;
use crate::record::Card;

/// A chain that is longer can only come from damage, as when it meets itself.
pub const MOST_ANCESTORS: usize = 65;

/// Cards of some records, and of others with everything above them.
pub struct Climb<'a> {
    ids: &'a [RecordId],
    standing: &'a [RecordId],
    known: HashMap<RecordId, Option<Arc<Card>>>,
}

impl<'a> Climb<'a> {
    pub fn new(ids: &'a [RecordId], standing: &'a [RecordId]) -> Climb<'a> {
        Climb { ids, standing, known: HashMap::with_capacity(ids.len() + standing.len()) }
    }

    /// The records to read next; none when everything was found that is there.
    pub fn missing(&self) -> Vec<RecordId> {
        let plain = self.ids.iter().copied().filter(|id| !self.known.contains_key(id));
        let above = self.standing.iter().filter_map(|id| first_unknown(*id, |id| self.known.get(&id).cloned()));
        let mut missing: Vec<RecordId> = plain.chain(above).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    pub fn learn(&mut self, ids: Vec<RecordId>, cards: Vec<Option<Arc<Card>>>) {
        self.known.extend(ids.into_iter().zip(cards));
    }

    pub fn into_cards(self) -> Vec<Arc<Card>> {
        self.known.into_values().flatten().collect()
    }
}

/// The first of a record and what it stands below whose card nobody knows. `look` answers `None` for that, and for what
/// is known not to be there `Some(None)`.
pub fn first_unknown(id: RecordId, look: impl Fn(RecordId) -> Option<Option<Arc<Card>>>) -> Option<RecordId> {
    let mut next = id;
    for _ in 0..MOST_ANCESTORS {
        match look(next) {
            None => return Some(next),
            Some(card) => next = card.and_then(|card| card.parent)?,
        }
    }
    None
}
