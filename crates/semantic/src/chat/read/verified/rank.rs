//! Rank of verified questions by their likeness to one (BM25).

use std::collections::BTreeMap;

use crate::chat::verified::Verified;
use crate::chat::words::{Kind, tokens};

const K: f64 = 1.2;
const B: f64 = 0.75;

/// At most `count`, the nearest first; of equal ones the first given first.
pub(super) fn nearest<'a>(question: &str, verified: &'a [Verified], count: usize) -> Vec<&'a Verified> {
    let wanted = terms(question);
    let documents: Vec<Vec<String>> = verified.iter().map(|one| terms(&one.questions.join(" "))).collect();
    let total: usize = documents.iter().map(Vec::len).sum();
    let mean = (total as f64 / documents.len().max(1) as f64).max(1.0);
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for document in &documents {
        for term in wanted.iter().filter(|term| document.contains(term)) {
            *holders.entry(term).or_default() += 1;
        }
    }
    let score = |document: &Vec<String>| -> f64 {
        let of = |(term, holders): (&&str, &usize)| {
            let often = document.iter().filter(|other| other == term).count() as f64;
            let rare = ((documents.len() as f64 - *holders as f64 + 0.5) / (*holders as f64 + 0.5)).ln_1p();
            rare * often * (K + 1.0) / (often + K * (1.0 - B + B * document.len() as f64 / mean))
        };
        holders.iter().map(of).sum()
    };
    let mut scored: Vec<(f64, &Verified)> = documents.iter().map(score).zip(verified).collect();
    scored.retain(|(score, _)| *score > 0.0);
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    scored.into_iter().take(count).map(|(_, one)| one).collect()
}

fn terms(text: &str) -> Vec<String> {
    let tokens = tokens(text).unwrap_or_default();
    tokens.into_iter().filter(|token| token.kind != Kind::Sign).map(|token| token.lemma).collect()
}
