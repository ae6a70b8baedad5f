//! What a question about the catalogue itself is about: who owns something, where it comes from, where it is.

/// Words that ask, and words for what a catalogue knows of everything.
const ASKING: &[&str] = &[
    "a",
    "about",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "ask",
    "at",
    "be",
    "belong",
    "belongs",
    "by",
    "calculated",
    "can",
    "column",
    "columns",
    "come",
    "comes",
    "computed",
    "contact",
    "could",
    "dataset",
    "datasets",
    "define",
    "defined",
    "describe",
    "did",
    "do",
    "does",
    "explain",
    "find",
    "for",
    "from",
    "get",
    "give",
    "has",
    "have",
    "how",
    "i",
    "in",
    "into",
    "is",
    "it",
    "kept",
    "list",
    "made",
    "maintains",
    "make",
    "many",
    "me",
    "mean",
    "means",
    "much",
    "my",
    "not",
    "of",
    "on",
    "or",
    "our",
    "own",
    "owned",
    "owner",
    "owners",
    "owns",
    "please",
    "product",
    "products",
    "responsible",
    "s",
    "see",
    "should",
    "show",
    "source",
    "stored",
    "table",
    "tables",
    "tell",
    "that",
    "the",
    "their",
    "them",
    "there",
    "these",
    "this",
    "to",
    "us",
    "use",
    "used",
    "uses",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whom",
    "whose",
    "why",
    "with",
    "you",
];
/// Words that it is searched by.
const MOST: usize = 8;

/// The words that it is about, in their order and once each.
pub fn of(question: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in question.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_') {
        let is_about = !word.is_empty() && !ASKING.contains(&word);
        if is_about && words.len() < MOST && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_is_left_out() {
        assert_eq!(of("Who owns the revenue numbers?"), ["revenue", "numbers"]);
        assert_eq!(of("Where does net_sales come from?"), ["net_sales"]);
        assert_eq!(of("who should I ask about returns, and returns of Q3"), ["returns", "q3"]);
        assert!(of("Who owns this?").is_empty());
    }
}
