//! Texts as words: how they compare, and what English ones have in common.

mod stem;

pub use emporion_catalog::text::{Role, Word, fold, is_dense, split};
pub use stem::stem;
