//! In which order documents stand, and which of them stand behind a place.

use std::cmp::{Ordering, Reverse};

use emporion_catalog::finder::{Beyond, By, Order};
use emporion_catalog::id::RecordId;
use tantivy::Result;
use tantivy::columnar::{StrColumn, TermOrdHit};

use super::Wanted;

/// A place as one segment has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct After {
    rank: Reverse<u64>,
    /// The ordinal of the text, or of the next one in the order of texts.
    ord: u64,
    is_text: bool,
    /// All of the same place stand before it, where it names none.
    id: Option<RecordId>,
}

pub(super) const MOST_STANDING: u64 = 7;

pub(super) fn best_rank(score: u32, standing: u64) -> Reverse<u64> {
    Reverse((u64::from(score) << 3) + standing.min(MOST_STANDING))
}

impl After {
    /// Whether a document stands behind this place.
    pub(super) fn is_before(&self, rank: Reverse<u64>, ord: u64, id: RecordId, is_turned: bool) -> bool {
        rank.cmp(&self.rank)
            .then_with(|| match ord.cmp(&self.ord) {
                // The ordinal is that of the next text where the text itself is not here.
                Ordering::Equal if !self.is_text && is_turned => Ordering::Less,
                Ordering::Equal if !self.is_text => Ordering::Greater,
                Ordering::Equal => self.id.map_or(Ordering::Equal, |own| id.cmp(&own)),
                other => other,
            })
            .is_gt()
    }
}

pub(super) fn after(texts: &StrColumn, wanted: &Wanted<'_>) -> Result<Option<After>> {
    let (rank, text, id) = match (wanted.after, wanted.beyond) {
        (Some(place), _) => (place.rank, &place.order, Some(place.id)),
        (None, Some(Beyond::Fitting { score, name, id })) => (Reverse(*score), name, Some(*id)),
        (None, Some(Beyond::Named { at, fqn, id })) => {
            (at.map_or(Reverse(0), |at| of_time(at.0, wanted.order)), fqn, *id)
        }
        (None, None) => return Ok(None),
    };
    let (ord, is_text) = match texts.dictionary().term_ord_or_next(text)? {
        TermOrdHit::Exact(ord) => (ord, true),
        TermOrdHit::Next(ord) => (ord, false),
    };
    let ord = if is_turned(wanted.order) { u64::MAX - ord } else { ord };
    Ok(Some(After { rank, ord, is_text, id }))
}

/// Whether texts stand the other way round.
pub(super) fn is_turned(order: Order) -> bool {
    order.descending && order.by != By::Best
}

/// The greatest comes first, so that what is to come first is made the greatest.
pub(super) fn of_time(at: i64, order: Order) -> Reverse<u64> {
    let ordered = at.cast_unsigned() ^ 1 << 63;
    Reverse(if order.descending { ordered } else { !ordered })
}
