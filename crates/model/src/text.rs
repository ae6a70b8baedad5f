//! Texts as people look for them: how they compare, how names are split into words, and what
//! English words have in common.
//!
//! Names that are looked up are folded otherwise ([`crate::name::fold`]): marks tell them apart.

mod fold;
mod literals;
mod split;
mod stem;

pub use fold::{fold, is_unseen};
pub use literals::{hidden, hidden_beside_names};
pub use split::{Role, Word, each_word, is_dense, split};
pub use stem::stem;

/// What stands between spaces, each folded.
pub fn folded_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| fold(word).into_owned()).collect()
}
