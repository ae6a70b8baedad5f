//! The topic of a question about documents: its words that mean something.

use crate::chat::words::{Phrases, fold, lemma, stem};

/// Words that bear no topic. A closed list.
static FUNCTION: Phrases = Phrases::named("quote.topic.FUNCTION");

/// A word as texts are compared by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub written: String,
    pub lemma: String,
}

impl Term {
    /// The same word, perhaps in another form.
    pub(super) fn is_same(&self, other: &Term) -> bool {
        self.lemma == other.lemma || is_varied(&self.lemma, &other.lemma)
    }
}

/// Two words that only their endings tell apart.
pub(super) fn is_varied(one: &str, other: &str) -> bool {
    const LETTERS: usize = 4;
    one.len() > LETTERS && other.len() > LETTERS && stem(one) == stem(other)
}

/// The words of a text, in their order.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let folded = fold(text).replace('\u{2019}', "'");
    let words = folded.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let words = words.map(|word| word.trim_matches('\'')).map(|word| word.strip_suffix("'s").unwrap_or(word));
    let words = words.flat_map(|word| word.split('\'')).filter(|word| !word.is_empty());
    words.map(|word| Term { written: word.to_owned(), lemma: lemma(word) }).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topic {
    /// As it was written.
    pub text: String,
    /// The words that mean something, each once.
    pub terms: Vec<Term>,
    /// What stood in quotation marks: lemmas that stand one after the other.
    pub phrases: Vec<Vec<String>>,
}

impl Topic {
    pub fn of(text: &str) -> Topic {
        let mut kept: Vec<Term> = Vec::new();
        for term in terms(text) {
            let is_new = !kept.iter().any(|other| other.lemma == term.lemma);
            if is_new && !FUNCTION.contains(&term.written.as_str()) {
                kept.push(term);
            }
        }
        let phrases = quoted(text).into_iter().map(|words| terms(words).into_iter().map(|term| term.lemma).collect());
        Topic {
            text: text.to_owned(),
            terms: kept,
            phrases: phrases.filter(|words: &Vec<_>| words.len() > 1).collect(),
        }
    }
}

/// What stands between quotation marks.
fn quoted(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\u{201c}', '\u{201e}']) {
        let open = rest[at..].chars().next().map_or(1, char::len_utf8);
        let inner = &rest[at + open..];
        let Some(end) = inner.find(['"', '\u{201d}', '\u{201c}']) else { break };
        found.push(&inner[..end]);
        let close = inner[end..].chars().next().map_or(1, char::len_utf8);
        rest = &inner[end + close..];
    }
    found
}
