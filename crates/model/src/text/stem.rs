//! English stems. Words of other languages stay as they are.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};

/// Shorter words have none.
const LEAST: usize = 4;
/// No word of English is longer.
const MOST: usize = 40;

/// The stem of a folded word. It begins as the word does.
pub fn stem(word: &str) -> Cow<'_, str> {
    if !(LEAST..=MOST).contains(&word.len()) || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Cow::Borrowed(word);
    }
    Stemmer::new(Algorithm::English).stem(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stem_begins_with_the_words_first_letter(word in "[a-z]{1,12}|(dy|ly|ty|sk|y|generi|inni)[a-z]{0,4}(ing|ies|ly|ed)?") {
            let stem = stem(&word);
            prop_assert_eq!(stem.as_bytes().first(), word.as_bytes().first());
        }
    }
}
