//! What a value of a document is held against, and the values of one document, folded once however often they are looked at.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use emporion_catalog::finder::{Form, Piece};
use emporion_catalog::text::fold;
use serde_json::Value;

use super::pattern::{literal, pattern};
use super::query::values;
use super::range::Range;

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The whole value, folded.
    Is(String),
    /// The value holds the text, or all of its words.
    Holds(String),
    /// The value has these words, one behind the other; the last may be the beginning of one.
    Phrase {
        text: String,
        begins: bool,
    },
    Like(Form),
    Between(Range),
    Exists,
}

impl Test {
    /// A word of a query: a pattern where it has wildcards.
    pub fn word(text: &str, whole: bool) -> Test {
        let pattern = pattern(text);
        match literal(&pattern) {
            Some(literal) if whole => Test::is(&literal),
            Some(literal) => Test::Holds(literal),
            None => Test::Like(pattern),
        }
    }

    pub fn is(text: &str) -> Test {
        Test::Is(fold(text).into_owned())
    }

    pub fn phrase(text: &str) -> Test {
        Test::Phrase { text: text.to_owned(), begins: false }
    }

    /// How a word, or the whole value, begins.
    pub fn begins(text: &str) -> Test {
        Test::Like(Form::of(vec![Piece::Text(text.to_owned()), Piece::Run]))
    }

    /// Whether it is so of what is absent, which counts as false.
    pub fn is_false(&self) -> bool {
        matches!(self, Test::Is(text) | Test::Holds(text) if text == "false")
    }

    /// Cost: the length of the value, times that of a pattern at worst.
    pub(super) fn passes(&self, value: &Told) -> bool {
        match self {
            Test::Exists => !value.text.is_empty(),
            Test::Between(range) => range.holds(&value.text),
            Test::Is(text) => value.folded() == text,
            Test::Like(pattern) => pattern.fits(value.folded()) || words(value.folded()).any(|word| pattern.fits(word)),
            Test::Holds(text) => {
                let (value, text) = (value.folded(), fold(text));
                value.contains(&*text) || has_all(value, &text)
            }
            Test::Phrase { text, begins } => has_phrase(value.folded(), &fold(text), *begins),
        }
    }
}

/// Whether all words of a text, of which there is one at least, are words of the value.
fn has_all(value: &str, text: &str) -> bool {
    let mut missing: HashSet<&str> = words(text).collect();
    let is_last = |word: &str| missing.remove(word) && missing.is_empty();
    words(value).any(is_last)
}

/// Whether the value has the words of a text, one behind the other; the last, where it begins one, as its beginning. The words
/// before it are looked for as Knuth, Morris and Pratt do, so that none of the value is looked at twice.
fn has_phrase(value: &str, text: &str, begins: bool) -> bool {
    let wanted: Vec<&str> = words(text).collect();
    let Some((last, before)) = wanted.split_last() else { return false };
    // How many words of the beginning a beginning of so many ends with, besides itself.
    let mut shorter = vec![0; before.len() + 1];
    let mut met = 0;
    for at in 1..before.len() {
        while met > 0 && before[at] != before[met] {
            met = shorter[met];
        }
        met += usize::from(before[at] == before[met]);
        shorter[at + 1] = met;
    }
    let mut met = 0;
    for word in words(value) {
        if met == before.len() {
            if if begins { word.starts_with(last) } else { word == *last } {
                return true;
            }
            met = shorter[met];
        }
        while met > 0 && before[met] != word {
            met = shorter[met];
        }
        met += usize::from(before.get(met).is_some_and(|wanted| *wanted == word));
    }
    false
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A value of a document.
pub(super) struct Told {
    text: String,
    folded: OnceCell<String>,
}

impl Told {
    pub fn of(text: String) -> Told {
        Told { text, folded: OnceCell::new() }
    }

    fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold(&self.text).into_owned())
    }
}

/// A document that many tests are put to.
pub(super) struct Looked<'d> {
    pub document: &'d Value,
    told: RefCell<HashMap<String, Rc<[Told]>>>,
}

impl<'d> Looked<'d> {
    pub fn at(document: &'d Value) -> Looked<'d> {
        Looked { document, told: RefCell::default() }
    }

    /// Whether a value at the path passes. What is absent counts as false.
    pub fn passes(&self, path: &str, test: &Test) -> bool {
        let told = self.values(path);
        if told.is_empty() { test.is_false() } else { told.iter().any(|value| test.passes(value)) }
    }

    fn values(&self, path: &str) -> Rc<[Told]> {
        if let Some(told) = self.told.borrow().get(path) {
            return Rc::clone(told);
        }
        let told: Rc<[Told]> = values(self.document, path).into_iter().map(Told::of).collect();
        self.told.borrow_mut().insert(path.to_owned(), Rc::clone(&told));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(test: &Test, value: &str) -> bool {
        test.passes(&Told::of(value.to_owned()))
    }

    #[test]
    fn a_phrase_is_found_wherever_it_begins() {
        for (value, text, is_there) in [
            ("a b c", "b c", true),
            ("a b c", "a c", false),
            ("a a b", "a b", true),
            ("a b a b a c", "a b a c", true),
            ("a b a b a b", "a b a c", false),
            ("x", "x", true),
            ("a a a", "a a a a", false),
            ("", "a", false),
            ("a", "-", false),
        ] {
            assert_eq!(passes(&Test::phrase(text), value), is_there, "{text} in {value}");
        }
        let begins = |text: &str| Test::Phrase { text: text.to_owned(), begins: true };
        assert!(passes(&begins("net sal"), "all Net Sales") && !passes(&begins("net ales"), "net sales"));
        assert!(passes(&begins("a a b"), "a a a bc"));
    }

    #[test]
    fn all_words_are_looked_for_wherever_they_stand() {
        let holds = |text: &str| Test::Holds(text.to_owned());
        assert!(passes(&holds("sales net"), "Net of all Sales") && passes(&holds("t of al"), "net of all"));
        assert!(!passes(&holds("sales gross"), "net sales") && !passes(&holds("- -"), "net"));
    }

    /// Of these, each word of the one was once held against each word of the other.
    #[test]
    fn long_texts_are_held_against_long_values() {
        let value = Told::of((0..200_000).map(|n| format!("w{} ", n % 7)).collect());
        let text = (0..20_000).map(|n| format!("w{} ", n % 7)).collect::<String>();
        assert!(Test::Holds(text.clone()).passes(&value) && Test::phrase(&text).passes(&value));
        let other = format!("{text} other");
        assert!(!Test::Holds(other.clone()).passes(&value) && !Test::phrase(&other).passes(&value));
    }
}
