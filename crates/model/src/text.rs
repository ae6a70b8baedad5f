//! Texts as people look for them: how they compare, and how names are split into words.
//!
//! Names that are looked up are folded otherwise ([`crate::name::fold`]): marks tell them apart.

mod fold;
mod split;

pub use fold::{fold, is_unseen};
pub use split::{Role, Word, is_dense, split};

/// What stands between spaces, each folded.
pub fn folded_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| fold(word).into_owned()).collect()
}
