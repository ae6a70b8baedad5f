//! The text of a search: words that must all occur, phrases in quotes that must occur as they stand.

use emporion_catalog::finder::{Condition, Piece, own_field};

/// A parsed `searchText`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextQuery {
    /// Folded to lower case; each must begin a word somewhere in the item.
    words: Vec<String>,
    /// Folded to lower case; each must occur as it stands.
    phrases: Vec<String>,
}

/// Attributes that the index knows by their words.
const NAMING: [&str; 5] = ["name", "description", "shortDescription", "longDescription", "externalIdentifier"];

/// How much of a text is looked for in the index; what was found is compared with all of it.
const MOST_COMPARED: usize = 100;

/// What can have this text in its external identifier.
pub fn external_identifier(text: &str) -> Condition {
    let beginning = text.chars().take(MOST_COMPARED).collect();
    let form = vec![Piece::Run, Piece::Text(beginning), Piece::Run];
    Condition::Like { field: own_field("external_identifier"), form }
}

impl TextQuery {
    pub fn parse(text: &str) -> TextQuery {
        let folded = text.to_lowercase();
        let (mut words, mut phrases) = (Vec::new(), Vec::new());
        // Odd pieces stand between quotes; a quote that is never closed reaches to the end.
        for (index, piece) in folded.split('"').enumerate() {
            if index % 2 == 1 {
                phrases.extend(Some(piece.trim().to_owned()).filter(|phrase| !phrase.is_empty()));
            } else {
                words.extend(piece.split_whitespace().map(str::to_owned));
            }
        }
        TextQuery { words, phrases }
    }

    /// Nothing to look for: everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// What the index says of it: at least all in whose attributes everything occurs. Of other attributes than texts by
    /// which people name and describe things it says nothing.
    pub fn condition(&self, attributes: &[String]) -> Condition {
        if !attributes.iter().all(|name| NAMING.contains(&name.as_str())) {
            return Condition::Everything;
        }
        let holding = |text: &String| Condition::any(vec![Condition::holding(text), external_identifier(text)]);
        Condition::all(self.words.iter().chain(&self.phrases).map(holding).collect())
    }

    /// Whether every word and phrase occurs in one or another of `texts`.
    ///
    /// A word matches at the start of any word, and names like `sales_orders` match as a whole and by each part.
    pub fn matches(&self, texts: &[&str]) -> bool {
        let folded: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        self.phrases.iter().all(|phrase| folded.iter().any(|text| text.contains(phrase.as_str())))
            && self.words.iter().all(|word| folded.iter().any(|text| begins_a_word(text, word)))
    }

    /// Where in a text its words and phrases stand, in characters: from where, and before what.
    pub fn offsets(&self, text: &str) -> Vec<(usize, usize)> {
        // Lower case can be longer: for each byte of it, the character that it comes of.
        let (mut folded, mut origins) = (String::new(), Vec::new());
        for (at, lower) in text.chars().enumerate().flat_map(|(at, c)| c.to_lowercase().map(move |lower| (at, lower))) {
            folded.push(lower);
            origins.resize(folded.len(), at);
        }
        let words = self.words.iter().flat_map(|word| places_of(&folded, word));
        let phrases = self.phrases.iter().flat_map(|phrase| folded.match_indices(phrase.as_str()));
        let place = |(at, found): (usize, &str)| (origins[at], origins[at + found.len() - 1] + 1);
        let mut offsets: Vec<(usize, usize)> = words.chain(phrases).map(place).collect();
        offsets.sort_unstable();
        offsets.dedup();
        offsets
    }
}

fn begins_a_word(text: &str, wanted: &str) -> bool {
    places_of(text, wanted).next().is_some()
}

/// Where something begins a word. What starts with a sign is looked for anywhere, since no word starts with one.
fn places_of<'t>(text: &'t str, wanted: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    let is_anywhere = !wanted.starts_with(char::is_alphanumeric);
    text.match_indices(wanted).filter(move |(at, _)| is_anywhere || !text[..*at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(query: &str, text: &str) -> bool {
        TextQuery::parse(query).matches(&[text])
    }

    #[test]
    fn all_words_must_begin_a_word_in_any_case_and_order() {
        assert!(matches("orders sales", "Sales Orders"));
        assert!(matches("ord", "Sales Orders"));
        assert!(!matches("rders", "Sales Orders"));
        assert!(!matches("sales returns", "Sales Orders"));
        assert!(matches("straße", "Straßen"));
    }

    #[test]
    fn offsets_are_characters_of_the_text_as_it_is_written() {
        let offsets = |query: &str, text: &str| TextQuery::parse(query).offsets(text);
        assert_eq!(offsets("ord sal", "Größe: Sales Orders, ordered"), [(7, 10), (13, 16), (21, 24)]);
        assert_eq!(offsets("\"les ord\" rders", "Sales Orders"), [(2, 9)]);
        assert_eq!(offsets("b", "İ b"), [(2, 3)]);
        assert!(offsets("x", "").is_empty());
    }

    #[test]
    fn words_may_be_spread_over_several_texts() {
        assert!(TextQuery::parse("sales daily").matches(&["Sales", "updated daily"]));
    }

    #[test]
    fn technical_names_are_found_by_whole_prefix_and_part() {
        for query in ["sales_orders", "sales_o", "orders", "\"sales_orders\""] {
            assert!(matches(query, "prod.sales_orders"), "{query}");
        }
    }

    #[test]
    fn phrases_stand_as_they_are() {
        assert!(matches("\"les ord\"", "Sales Orders"));
        assert!(!matches("\"orders sales\"", "Sales Orders"));
        assert!(matches("\"sales", "Sales Orders"));
    }

    #[test]
    fn nothing_to_look_for_matches_everything() {
        assert!(TextQuery::parse(" \"\" ").is_empty());
        assert!(matches("", "x"));
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_itself_as_a_phrase(text in "[^\"]{1,30}") {
            let phrase = format!("\"{text}\"");
            prop_assert!(matches(&phrase, &text));
        }
    }
}
