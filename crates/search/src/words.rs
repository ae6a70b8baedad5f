//! Texts as words: how names are split, how words compare.

mod fold;
mod split;
mod stem;

pub use fold::fold;
pub use split::{Role, Word, is_dense, split};
pub use stem::stem;
