//! Endings of names by which fields are known as well: "reason" of `cancel_reason`, "dvd sales" of `us_dvd_sales`.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{FieldId, Ground, Names, Type};
use super::names::{bare, phrases};
use super::words::{Phrases, is_past, lemmas};

/// Of each field the endings of its names that no other field has. The previous status is not the status, and a cost is more
/// than the shipping cost.
pub(super) fn all(ground: &Ground, labels: &[Vec<FieldId>]) -> Vec<Vec<Vec<String>>> {
    let known = Known::of(ground);
    let of = |at: usize| {
        let field = &ground.fields[at];
        let is_plain = !field.is_key && !field.is_time && !labels[field.dataset.0].contains(&FieldId(at));
        match is_plain && matches!(field.ty, Type::Text | Type::Number) {
            true => known.endings(at, &field.names, field.ty == Type::Number),
            false => Vec::new(),
        }
    };
    (0..ground.fields.len()).map(of).collect()
}

/// Whose names end in something, and which names have a word.
struct Known {
    ends: BTreeMap<Vec<String>, BTreeSet<usize>>,
    /// Of fields by their number, of all else by one that no field has.
    words: BTreeMap<String, BTreeSet<usize>>,
}

impl Known {
    fn of(ground: &Ground) -> Known {
        let mut known = Known { ends: BTreeMap::new(), words: BTreeMap::new() };
        for (at, field) in ground.fields.iter().enumerate() {
            for name in phrases(&field.names) {
                for from in 0..name.len() {
                    known.ends.entry(name[from..].to_vec()).or_default().insert(at);
                    known.words.entry(name[from].clone()).or_default().insert(at);
                }
            }
        }
        let others = ground.metrics.iter().map(|it| &it.names).chain(ground.datasets.iter().map(|it| &it.names));
        for word in others.flat_map(phrases).flatten() {
            known.words.entry(word).or_default().insert(usize::MAX);
        }
        known
    }

    fn endings(&self, at: usize, names: &Names, is_figure: bool) -> Vec<Vec<String>> {
        static QUALIFIERS: Phrases = Phrases::named("endings.QUALIFIERS");
        static PARTS: Phrases = Phrases::named("endings.PARTS");
        static BOUNDS: Phrases = Phrases::named("endings.BOUNDS");
        static NO_HEADS: Phrases = Phrases::named("endings.NO_HEADS");
        // "cancellation" is no "reason of cancellation", and "with" of "paid with" is none of its names.
        let own = [bare(names), names.label.as_deref().unwrap_or_default()].map(lemmas);
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
