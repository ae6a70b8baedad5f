//! Passage index: the passages of a document by the words that they hold.

use std::collections::HashMap;

use super::topic::{is_varied, terms};

/// A piece of a document as it can be quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub text: String,
    pub heading: Option<String>,
    pub page: Option<u32>,
}

/// A document ready to be searched.
#[derive(Debug, Default)]
pub struct Indexed {
    passages: Vec<Passage>,
    /// By lemma, the passages that hold it, and how often.
    holders: HashMap<Box<str>, Vec<(u32, u32)>>,
    /// The words of each passage.
    lengths: Vec<u32>,
}

impl Indexed {
    pub fn of(passages: Vec<Passage>) -> Indexed {
        let mut indexed = Indexed::default();
        for (at, passage) in passages.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let heading = passage.heading.as_deref().unwrap_or_default();
            let mut often: HashMap<String, u32> = HashMap::new();
            let mut length = 0;
            for term in terms(&passage.text).into_iter().chain(terms(heading)) {
                *often.entry(term.lemma).or_default() += 1;
                length += 1;
            }
            for (lemma, count) in often {
                indexed.holders.entry(lemma.into_boxed_str()).or_default().push((at, count));
            }
            indexed.lengths.push(length);
        }
        indexed.passages = passages;
        indexed
    }

    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// About the bytes that it takes.
    pub fn weight(&self) -> usize {
        const ENTRY: usize = 80;
        let texts: usize = self.passages.iter().map(|passage| passage.text.len() + ENTRY).sum();
        let postings: usize = self.holders.values().map(|holders| ENTRY + 8 * holders.len()).sum();
        texts + postings
    }

    /// The passages that hold a word, how often, and whether only in another form.
    pub(super) fn holders(&self, lemma: &str) -> HashMap<u32, (u32, bool)> {
        let mut found: HashMap<u32, (u32, bool)> = HashMap::new();
        for (at, count) in self.holders.get(lemma).into_iter().flatten() {
            found.insert(*at, (*count, false));
        }
        for (other, holders) in &self.holders {
            if **other != *lemma && is_varied(other, lemma) {
                for (at, count) in holders {
                    found.entry(*at).or_insert((0, true)).0 += count;
                }
            }
        }
        found
    }

    pub(super) fn length(&self, passage: u32) -> f64 {
        f64::from(self.lengths[passage as usize])
    }

    pub(super) fn words(&self) -> f64 {
        self.lengths.iter().map(|length| f64::from(*length)).sum()
    }
}
