//! Endings of names by which fields are known as well: "reason" of `cancel_reason`, "dvd sales" of `us_dvd_sales`.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Phrases, is_past};

/// A field, as its names tell of it; words as they stand in dictionaries.
pub(super) struct FieldNames {
    /// All that it is called.
    pub names: Vec<Vec<String>>,
    /// Its own name, and its label.
    pub own: [Vec<String>; 2],
    pub is_figure: bool,
    /// A text or a figure, and neither key nor time nor what its things are called by.
    pub is_plain: bool,
}

/// Of each field the endings of its names that no other field has, nor anything else (`others`). The previous status is not the
/// status, and a cost is more than the shipping cost.
pub(super) fn all(fields: &[FieldNames], others: Vec<Vec<String>>) -> Vec<Vec<Vec<String>>> {
    let known = SuffixIndex::of(fields, others);
    let of = |(at, field): (usize, &FieldNames)| if field.is_plain { known.endings(at, field) } else { Vec::new() };
    fields.iter().enumerate().map(of).collect()
}

/// Whose names end in something, and which names have a word.
struct SuffixIndex {
    ends: BTreeMap<Vec<String>, BTreeSet<usize>>,
    /// Of fields by their number, of all else by one that no field has.
    words: BTreeMap<String, BTreeSet<usize>>,
}

impl SuffixIndex {
    fn of(fields: &[FieldNames], others: Vec<Vec<String>>) -> SuffixIndex {
        let mut known = SuffixIndex { ends: BTreeMap::new(), words: BTreeMap::new() };
        for (at, field) in fields.iter().enumerate() {
            for name in &field.names {
                for from in 0..name.len() {
                    known.ends.entry(name[from..].to_vec()).or_default().insert(at);
                    known.words.entry(name[from].clone()).or_default().insert(at);
                }
            }
        }
        for word in others.into_iter().flatten() {
            known.words.entry(word).or_default().insert(usize::MAX);
        }
        known
    }

    fn endings(&self, at: usize, field: &FieldNames) -> Vec<Vec<String>> {
        static QUALIFIERS: Phrases = Phrases::named("name_suffixes.QUALIFIERS");
        static PARTS: Phrases = Phrases::named("name_suffixes.PARTS");
        static BOUNDS: Phrases = Phrases::named("name_suffixes.BOUNDS");
        static NO_HEADS: Phrases = Phrases::named("name_suffixes.NO_HEADS");
        // "cancellation" is no "reason of cancellation", and "with" of "paid with" is none of its names.
        let (own, is_figure) = (&field.own, field.is_figure);
        if own.iter().flatten().any(|word| word == "of" || QUALIFIERS.contains(&word.as_str())) {
            return Vec::new();
        }
        let is_head = |word: &String| {
            let is_word = word.len() > 3 && word.chars().all(char::is_alphabetic);
            is_word && !NO_HEADS.contains(&word.as_str()) && !word.ends_with("ed") && !is_past(word)
        };
        let is_own = |of: Option<&BTreeSet<usize>>| of.is_none_or(|of| of.iter().all(|other| *other == at));
        let is_part = |word: &String| PARTS.contains(&word.as_str());
        let is_bound = |word: &String| BOUNDS.contains(&word.as_str());
        // Of a figure, nothing else may have the word anywhere.
        let is_alone = |word: &String| !is_part(word) && is_own(self.words.get(word));
        let is_free = |(rest, ending): &(&[String], &[String])| {
            let is_sure = !is_figure || !rest.iter().any(is_bound) && (ending.len() > 1 || ending.iter().all(is_alone));
            ending.last().is_some_and(is_head) && is_own(self.ends.get(*ending)) && is_sure
        };
        let endings = own.iter().flat_map(|words| (1..words.len()).map(|at| words.split_at(at)));
        endings.filter(is_free).map(|(_, ending)| ending.to_vec()).collect()
    }
}
