//! The passages that hold a topic, the most telling first.

use std::collections::HashMap;

use super::index::Indexed;
use super::topic::{Topic, terms};

const K: f64 = 1.2;
const B: f64 = 0.75;
/// Passages that are quoted, and headings that are named where none is.
const QUOTES: usize = 3;
const HEADINGS: usize = 5;

/// A passage that is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Index into the documents that were searched.
    pub document: usize,
    pub passage: usize,
    /// It holds a word of the topic in another form only.
    pub is_varied: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Quotes(Vec<Quote>),
    /// No passage holds all of the topic.
    Nothing {
        /// Words that stand in none of them, as they were written.
        nowhere: Vec<String>,
        /// Documents, and headings of theirs under which some of the words stand.
        headings: Vec<(usize, String)>,
    },
}

/// Passages that hold every word of the topic, by BM25; of equal ones the first.
pub fn search(documents: &[&Indexed], topic: &Topic) -> Found {
    let count: usize = documents.iter().map(|document| document.passages().len()).sum();
    let words: f64 = documents.iter().map(|document| document.words()).sum();
    let mean = (words / count.max(1) as f64).max(1.0);
    let mut scores: HashMap<(usize, u32), (f64, usize, bool)> = HashMap::new();
    let mut nowhere = Vec::new();
    for term in &topic.terms {
        let holders: Vec<_> = documents.iter().map(|document| document.holders(&term.lemma)).collect();
        let held: usize = holders.iter().map(HashMap::len).sum();
        if held == 0 {
            nowhere.push(term.written.clone());
        }
        let rare = ((count as f64 - held as f64 + 0.5) / (held as f64 + 0.5)).ln_1p();
        for (document, holders) in holders.iter().enumerate() {
            for (passage, (often, is_varied)) in holders {
                let (often, length) = (f64::from(*often), documents[document].length(*passage));
                let entry = scores.entry((document, *passage)).or_default();
                entry.0 += rare * often * (K + 1.0) / (often + K * (1.0 - B + B * length / mean));
                entry.1 += 1;
                entry.2 |= is_varied;
            }
        }
    }
    let mut scored: Vec<_> = scores.into_iter().collect();
    scored.sort_by(|(at, one), (other_at, other)| {
        other.1.cmp(&one.1).then(other.0.total_cmp(&one.0)).then(at.cmp(other_at))
    });
    let holds_all = |((document, passage), (_, held, _)): &&((usize, u32), (f64, usize, bool))| {
        *held == topic.terms.len() && holds_phrases(documents[*document], *passage, topic)
    };
    let quotes: Vec<Quote> = scored
        .iter()
        .filter(holds_all)
        .take(QUOTES)
        .map(|((document, passage), (_, _, is_varied))| Quote {
            document: *document,
            passage: *passage as usize,
            is_varied: *is_varied,
        })
        .collect();
    if !quotes.is_empty() && !topic.terms.is_empty() {
        return Found::Quotes(quotes);
    }
    let mut headings: Vec<(usize, String)> = Vec::new();
    for ((document, passage), _) in &scored {
        let heading = documents[*document].passages()[*passage as usize].heading.clone();
        if let Some(heading) = heading.map(|heading| (*document, heading)).filter(|heading| !headings.contains(heading))
        {
            headings.push(heading);
        }
        if headings.len() == HEADINGS {
            break;
        }
    }
    Found::Nothing { nowhere, headings }
}

/// What was asked in quotation marks stands there so.
fn holds_phrases(document: &Indexed, passage: u32, topic: &Topic) -> bool {
    if topic.phrases.is_empty() {
        return true;
    }
    let passage = &document.passages()[passage as usize];
    let of = |text: &str| -> Vec<String> { terms(text).into_iter().map(|term| term.lemma).collect() };
    let parts = [of(&passage.text), passage.heading.as_deref().map(of).unwrap_or_default()];
    topic
        .phrases
        .iter()
        .all(|phrase| parts.iter().any(|part| part.windows(phrase.len()).any(|words| words == phrase.as_slice())))
}
