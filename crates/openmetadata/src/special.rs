//! What nouns do in their own way, one file per noun, and the operations that belong to no noun.

use emporion_edge::route::Route;

use crate::door::Door;

/// Every operation that is not generic.
pub fn routes() -> Vec<Route<Door>> {
    Vec::new()
}
