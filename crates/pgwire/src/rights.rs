//! What a statement reads with the rights of its caller: what was read before is sent while that is the same.

use emporion_catalog::id::RecordId;
use emporion_products::query::Read;

#[derive(Debug, Clone, PartialEq)]
pub enum Rights {
    /// To rows of a product.
    Rows { product: RecordId, read: Read },
    /// To see what the system's catalogue tells of.
    Catalogue(Seen),
}

/// A digest of the names of all that somebody sees.
pub type Seen = [u8; 32];
