//! What a question about the catalogue itself is about: who owns something, where it comes from, where it is.

/// Words that ask, and words for what a catalogue knows of everything, in the languages of the pages.
const ASKING: &[&str] = &[
    "about",
    "am",
    "anything",
    "are",
    "ask",
    "belong",
    "belongs",
    "calculated",
    "can",
    "column",
    "columns",
    "come",
    "comes",
    "computed",
    "contact",
    "contain",
    "containing",
    "contains",
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
    "get",
    "give",
    "has",
    "have",
    "how",
    "is",
    "kept",
    "list",
    "looking",
    "made",
    "maintains",
    "make",
    "many",
    "mean",
    "means",
    "much",
    "own",
    "owned",
    "owner",
    "owners",
    "owns",
    "please",
    "product",
    "products",
    "responsible",
    "see",
    "should",
    "show",
    "source",
    "stored",
    "table",
    "tables",
    "tell",
    "use",
    "used",
    "uses",
    "want",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whom",
    "whose",
    "why",
    "berechnet",
    "besitzt",
    "eigentümer",
    "enthält",
    "erkläre",
    "finde",
    "gehören",
    "gehört",
    "gibt",
    "haben",
    "hat",
    "ist",
    "kann",
    "kommen",
    "kommt",
    "produkt",
    "produkte",
    "sind",
    "spalte",
    "spalten",
    "tabelle",
    "tabellen",
    "verantwortlich",
    "wann",
    "warum",
    "welche",
    "welchem",
    "welchen",
    "welcher",
    "welches",
    "wem",
    "wen",
    "wer",
    "wessen",
    "wie",
    "wird",
    "wo",
    "woher",
    "wozu",
    "zeig",
    "zeige",
];
/// Words that say nothing, beside words that ask.
const BESIDE: &[&str] = &[
    "a", "all", "an", "and", "any", "as", "at", "be", "by", "for", "from", "i", "in", "into", "it", "me", "my", "not",
    "of", "on", "or", "our", "s", "that", "the", "their", "them", "there", "these", "this", "to", "us", "we", "with",
    "you", "aus", "das", "dem", "den", "der", "des", "die", "ein", "eine", "einer", "es", "für", "ich", "im", "mir",
    "mit", "oder", "uns", "und", "von", "vom", "zu", "über",
];
const PEOPLE: &[&str] = &["who", "whom", "wer", "wem"];
const OWNING: &[&str] = &[
    "own",
    "owns",
    "owned",
    "owner",
    "owners",
    "responsible",
    "maintains",
    "contact",
    "besitzt",
    "eigentümer",
    "gehört",
    "gehören",
    "verantwortlich",
];
/// Words that it is searched by.
const MOST: usize = 8;

/// Whether a question is where something comes from.
pub fn asks_for_origin(question: &str) -> bool {
    let question = question.to_lowercase();
    let words = question.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    (has(&["where"]) && has(&["come", "comes", "came"]))
        || has(&["woher", "lineage"])
        || words.ends_with(&["made", "of"])
}

/// Whether a question is who owns something, or answers for it.
pub fn asks_for_owner(question: &str) -> bool {
    let question = question.to_lowercase();
    let mut words = question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next().is_some_and(|first| PEOPLE.contains(&first)) && words.any(|word| OWNING.contains(&word))
}

/// Whether a word only asks, or stands beside words that do.
pub fn is_said_beside(word: &str) -> bool {
    ASKING.contains(&word) || BESIDE.contains(&word)
}

/// The words that it is about, in their order and once each; none, where nothing of it asks.
pub fn of(question: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_asked = false;
    let question = question.to_lowercase();
    // Names of what stands in something have dots within.
    let words_of_it = question.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    for word in words_of_it.map(|word| word.trim_matches('.')) {
        is_asked |= ASKING.contains(&word);
        let is_about = !is_said_beside(word) && word.contains(char::is_alphanumeric);
        if is_about && words.len() < MOST && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }
    if is_asked { words } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_something_comes_from_is_a_question() {
        for question in ["Where does net_sales come from?", "woher kommen die Umsätze", "lineage of orders"] {
            assert!(asks_for_origin(question), "{question}");
        }
        for question in ["who owns orders", "where is orders", "coming orders", ""] {
            assert!(!asks_for_origin(question), "{question}");
        }
    }

    #[test]
    fn who_owns_something_is_a_question() {
        for question in ["who owns orders", "Who is responsible for returns?", "wem gehören die Umsätze"] {
            assert!(asks_for_owner(question), "{question}");
        }
        for question in ["who bought most", "orders by owner", "where is the owner", ""] {
            assert!(!asks_for_owner(question), "{question}");
        }
    }

    #[test]
    fn what_asks_is_left_out() {
        assert_eq!(of("Who owns the revenue numbers?"), ["revenue", "numbers"]);
        assert_eq!(of("Where does net_sales come from?"), ["net_sales"]);
        assert_eq!(of("Where does daily_sales.net_sales come from..."), ["daily_sales.net_sales"]);
        assert_eq!(of("who should I ask about returns, and returns of Q3"), ["returns", "q3"]);
        assert_eq!(of("Wem gehören die Umsätze der Region ___?"), ["umsätze", "region"]);
        assert!(of("Who owns this?").is_empty());
        assert!(of("customers and unicorns").is_empty(), "nothing of it asks");
    }
}
