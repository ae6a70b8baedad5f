//! English stems. Words of other languages stay as they are.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

/// Shorter words have none.
const LEAST: usize = 4;
/// No word of English is longer.
const MOST: usize = 40;

/// The stem of a folded word.
pub fn stem(word: &str) -> Cow<'_, str> {
    if !(LEAST..=MOST).contains(&word.len()) || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Cow::Borrowed(word);
    }
    Stemmer::new(Algorithm::English).stem(word)
}
