//! Looking at a product.

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::ports::Snapshot;

use crate::door::Door;

/// Who looks at which product, in which state of the catalogue.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    pub door: &'a Door,
    pub caller: &'a Caller,
    pub snapshot: &'a dyn Snapshot,
    pub product: RecordId,
}
