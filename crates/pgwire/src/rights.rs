//! What a statement reads with the rights of its caller: what was read before is sent while that is the same.

use emporion_catalog::id::RecordId;
use emporion_products::query::Read;

#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    pub product: RecordId,
    pub read: Read,
}
