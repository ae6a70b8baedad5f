//! What somebody has looked at before he sends a form: the form bears a word of it.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What was checked, in a word: something else is checked anew.
pub fn word(what: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
