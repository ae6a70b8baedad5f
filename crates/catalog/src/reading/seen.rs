//! Records that their holder was found to see: whole, as cards, by their ids alone.

use std::sync::Arc;

use crate::id::RecordId;
use crate::record::{Card, Record, View};

/// A record that its holder was found to see.
pub trait Seen: Sync {
    fn record_id(&self) -> RecordId;
}

impl Seen for Record {
    fn record_id(&self) -> RecordId {
        self.id
    }
}

impl Seen for View {
    fn record_id(&self) -> RecordId {
        self.record.id
    }
}

impl<T: Seen + ?Sized> Seen for &T {
    fn record_id(&self) -> RecordId {
        (**self).record_id()
    }
}

/// The card of a record that the caller sees; other cards are names of what such records refer to.
#[derive(Debug, Clone)]
pub struct SeenCard(pub(super) Arc<Card>);

impl SeenCard {
    pub fn card(&self) -> &Arc<Card> {
        &self.0
    }
}

impl From<&Record> for SeenCard {
    fn from(record: &Record) -> SeenCard {
        SeenCard(Arc::new(Card::of(record)))
    }
}

impl std::ops::Deref for SeenCard {
    type Target = Card;

    fn deref(&self) -> &Card {
        &self.0
    }
}

impl Seen for SeenCard {
    fn record_id(&self) -> RecordId {
        self.0.id
    }
}

/// No more of such a record than its id, for those who keep many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenId(RecordId);

impl<T: Seen> From<&T> for SeenId {
    fn from(record: &T) -> SeenId {
        SeenId(record.record_id())
    }
}

impl Seen for SeenId {
    fn record_id(&self) -> RecordId {
        self.0
    }
}

pub(super) fn ids<T: Seen>(records: &[T]) -> Vec<RecordId> {
    records.iter().map(Seen::record_id).collect()
}
