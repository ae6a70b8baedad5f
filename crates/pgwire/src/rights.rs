//! What a statement reads with the rights of its caller: what was read before is sent while that is the same.

use emporion_catalog::id::RecordId;
use emporion_products::query::Read;

#[derive(Debug, Clone, PartialEq)]
pub enum Rights {
    /// To rows of a product.
    Rows { product: RecordId, read: Read },
    /// To see what the system's catalogue tells of.
    Catalogue(Vec<SeenProduct>),
}

/// A product as its reader has it for a schema, with the names of its tables and their columns.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenProduct {
    pub schema: String,
    pub product: RecordId,
    pub tables: Vec<(String, Vec<String>)>,
}
