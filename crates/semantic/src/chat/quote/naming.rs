//! Documents that a phrase means, by the words of their names and their tags.

use super::topic::{Term, terms};
use super::{Last, Titled};
use crate::chat::words::{Kind, Token};

/// What any document is called.
const GENERIC: &[&str] = &["document", "documentation", "doc", "file", "pdf", "paper", "text", "upload", "material"];
/// They say nothing of which one.
const EMPTY: &[&str] = &[
    "the", "a", "an", "our", "my", "your", "their", "its", "this", "that", "these", "those", "all", "any", "every",
    "each", "some", "of", "in", "for", "on", "and", "uploaded", "attached", "company", "same", "other", "which",
    "what",
];
const PRONOUNS: &[&str] = &["it", "they", "that", "this", "there", "same"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meant {
    None,
    One(usize),
    /// One of these.
    Several(Vec<usize>),
    /// All of these.
    Together(Vec<usize>),
    All,
}

pub(super) fn meant(phrase: &[Token], titled: &[Titled], last: Option<&Last>) -> Meant {
    let words = phrase.iter().flat_map(|token| match &token.kind {
        Kind::Quoted(name) => terms(bare(name)),
        _ => terms(&token.text),
    });
    let words: Vec<Term> = words.collect();
    let before = || last.map(|last| (0..titled.len()).filter(|at| last.documents.contains(&titled[*at].id)).collect());
    if words.iter().all(|word| PRONOUNS.contains(&word.written.as_str())) {
        return before().map_or(Meant::None, several_or_one);
    }
    let naming: Vec<&Term> = words.iter().filter(|word| !EMPTY.contains(&word.written.as_str())).collect();
    let is_generic = |word: &Term| GENERIC.contains(&word.lemma.as_str());
    let narrow = named(&naming, titled);
    if !matches!(narrow, Meant::None) {
        return narrow;
    }
    let proper: Vec<&Term> = naming.iter().copied().filter(|word| !is_generic(word)).collect();
    if !proper.is_empty() {
        return named(&proper, titled);
    }
    let Some(noun) = naming.iter().find(|word| is_generic(word)) else { return Meant::None };
    let is_plural = noun.written != noun.lemma || noun.lemma == "documentation" || noun.lemma == "material";
    match (titled.len(), is_plural) {
        (0, _) => Meant::None,
        (_, true) => Meant::All,
        (1, false) => Meant::One(0),
        (_, false) => match before() {
            Some(documents) if documents.len() == 1 => several_or_one(documents),
            _ => Meant::Several((0..titled.len()).collect()),
        },
    }
}

fn several_or_one(documents: Vec<usize>) -> Meant {
    match documents.as_slice() {
        [] => Meant::None,
        [one] => Meant::One(*one),
        _ => Meant::Together(documents),
    }
}

/// The documents whose names and tags hold all the words.
fn named(words: &[&Term], titled: &[Titled]) -> Meant {
    let Some(last) = words.last() else { return Meant::None };
    let holds = |own: &[Term], word: &Term| own.iter().any(|own| own.is_same(word));
    let (mut some, mut whole) = (Vec::new(), Vec::new());
    for (at, document) in titled.iter().enumerate() {
        let name = terms(bare(&document.name));
        let tags = document.tags.iter().flat_map(|tag| terms(tag));
        // The end of a file's name may be said.
        let own: Vec<Term> = terms(&document.name).into_iter().chain(tags).collect();
        if !words.iter().all(|word| holds(&own, word)) {
            continue;
        }
        some.push(at);
        let is_named = |own: &Term| {
            let own_word = own.written.as_str();
            EMPTY.contains(&own_word)
                || GENERIC.contains(&own.lemma.as_str())
                || words.iter().any(|word| word.is_same(own))
        };
        if name.iter().all(is_named) {
            whole.push(at);
        }
    }
    match (some.as_slice(), whole.as_slice()) {
        ([], _) => Meant::None,
        ([one], _) => Meant::One(*one),
        _ if last.written != last.lemma && whole.is_empty() => Meant::Together(some),
        (_, [one]) => Meant::One(*one),
        _ => Meant::Several(some),
    }
}

/// The name of a file without the end that tells its format.
fn bare(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && end.len() <= 8 && end.chars().all(char::is_alphanumeric) => stem,
        _ => name,
    }
}
