//! The text of a search: words that must all occur, phrases in quotes that must occur as they stand.
//!
//! Words and texts are split and compared as all searches of the catalogue do it.

use emporion_catalog::finder::{Condition, Form, Test, WordTest, own_field};
use emporion_catalog::text::{Word, fold, split};

/// A parsed `searchText`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextQuery {
    /// All of it, without quotes.
    text: String,
    /// Each must begin a word somewhere in the item.
    words: Vec<Sought>,
    /// Folded; each must occur as it stands.
    phrases: Vec<String>,
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sought {
    /// As it was given.
    text: String,
    /// Folded.
    whole: String,
    /// The beginnings of words; `None` where it is of signs alone.
    begins: Option<WordTest>,
}

/// What is looked for.
#[derive(Clone, Copy)]
enum Wanted<'t> {
    Word(&'t str),
    Phrase(&'t str),
}

/// Attributes that the index knows by their words.
const NAMING: [&str; 5] = ["name", "description", "shortDescription", "longDescription", "externalIdentifier"];

fn is_naming(attribute: &str) -> bool {
    NAMING.contains(&attribute)
}

/// How much of a text is looked for in the index; what was found is compared with all of it.
const MOST_COMPARED: usize = 100;

/// What can have this text in its external identifier.
pub fn external_identifier(text: &str) -> Condition {
    let beginning: String = text.chars().take(MOST_COMPARED).collect();
    Condition::like(own_field("external_identifier"), Form::holding(beginning))
}

impl TextQuery {
    pub fn parse(text: &str) -> TextQuery {
        let (mut words, mut phrases) = (Vec::new(), Vec::new());
        // Odd pieces stand between quotes; a quote that is never closed reaches to the end.
        for (index, piece) in text.split('"').enumerate() {
            if index % 2 == 1 {
                phrases.extend(Some(Folded::of(piece.trim()).text).filter(|phrase| !phrase.is_empty()));
            } else {
                words.extend(piece.split_whitespace().map(Sought::of));
            }
        }
        TextQuery { text: text.replace('"', "").trim().to_owned(), words, phrases }
    }

    /// Nothing to look for: everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// What the index says of it: at least all in whose attributes everything occurs. Of other attributes than texts by
    /// which people name and describe things it says nothing.
    pub fn condition(&self, attributes: &[String]) -> Condition {
        match attributes.iter().all(|name| is_naming(name)) {
            true => self.conditions(&|_| None),
            false => Condition::Everything,
        }
    }

    /// The same and more, by which the index ranks: what stands there whole is worth more than what only begins so. Also
    /// whether everything that matches is among it, which it is not where words are looked for in other attributes, too.
    /// `None` where the index says nothing.
    pub fn ranking(&self, attributes: &[&str]) -> Option<(Condition, bool)> {
        let is_all = attributes.iter().all(|name| is_naming(name));
        if !is_all && !attributes.iter().any(|name| is_naming(name)) {
            return None;
        }
        let whole = |wanted: Wanted<'_>| match wanted {
            Wanted::Word(text) => Some(Condition::word(text, false)),
            Wanted::Phrase(text) => Some(Condition::phrase(text)),
        };
        let ranking = self.conditions(&whole);
        (ranking != Condition::Everything).then_some((ranking, is_all))
    }

    /// What is named by just this text; of some things the display name is their name.
    pub fn name(&self, is_displayed: bool) -> Condition {
        let shown = Condition::is(own_field("display_name"), &self.text);
        let named = Condition::is("name", self.text.as_str());
        Condition::any(std::iter::once(named).chain(Some(shown).filter(|_| is_displayed)).collect())
    }

    /// Whether a name is just this text.
    pub fn is_name(&self, name: &str) -> bool {
        fold(name) == fold(&self.text)
    }

    /// Of each word and phrase, any of what the index knows of it and what is said besides.
    fn conditions(&self, besides: &dyn Fn(Wanted<'_>) -> Option<Condition>) -> Condition {
        let any = |named: Condition, text: &str, wanted: Wanted<'_>| match named {
            Condition::Everything => Condition::Everything,
            named => Condition::any([named, external_identifier(text)].into_iter().chain(besides(wanted)).collect()),
        };
        let words = self.words.iter().map(|word| any(word.condition(), &word.text, Wanted::Word(&word.text)));
        let phrases = self.phrases.iter();
        let phrases = phrases.map(|phrase| any(Condition::holding(phrase), phrase, Wanted::Phrase(phrase)));
        Condition::all(words.chain(phrases).collect())
    }

    /// Whether every word and phrase occurs in one or another of the attributes, which are names with texts.
    pub fn matches<N: AsRef<str>, T: AsRef<str>>(&self, attributes: &[(N, T)]) -> bool {
        let texts: Vec<Read<'_>> =
            attributes.iter().map(|(name, text)| Read::of(name.as_ref(), text.as_ref())).collect();
        self.phrases.iter().all(|phrase| texts.iter().any(|text| text.folded.text.contains(phrase.as_str())))
            && self.words.iter().all(|word| texts.iter().any(|text| !text.places(word).is_empty()))
    }

    /// Where in the text of an attribute its words and phrases stand, in characters: from where, and before what.
    pub fn offsets(&self, attribute: &str, text: &str) -> Vec<(usize, usize)> {
        let read = Read::of(attribute, text);
        let words = self.words.iter().flat_map(|word| read.places(word));
        let phrases = self.phrases.iter().flat_map(|phrase| read.folded.places(phrase));
        let mut offsets: Vec<(usize, usize)> = words.chain(phrases).collect();
        offsets.sort_unstable();
        offsets.dedup();
        offsets
    }
}

impl Sought {
    fn of(text: &str) -> Sought {
        Sought { text: text.to_owned(), whole: Folded::of(text).text, begins: WordTest::word(text, true) }
    }

    fn condition(&self) -> Condition {
        self.begins.clone().map_or(Condition::Everything, |words| Test::Word(words).into())
    }
}

/// The text of an attribute, as words and folded.
struct Read<'t> {
    text: &'t str,
    words: Vec<Word<'t>>,
    folded: Folded,
    /// It says of things what they are called elsewhere, which the index knows as it stands.
    is_foreign: bool,
}

impl<'t> Read<'t> {
    fn of(attribute: &str, text: &'t str) -> Read<'t> {
        Read { text, words: split(text), folded: Folded::of(text), is_foreign: attribute == "externalIdentifier" }
    }

    /// Where words begin so, in characters. What has no letters is looked for anywhere, since no word begins with a sign.
    fn places(&self, sought: &Sought) -> Vec<(usize, usize)> {
        let Some(WordTest { parts, .. }) = &sought.begins else { return self.folded.places(&sought.whole) };
        if self.is_foreign && !self.folded.text.contains(&sought.whole) {
            return Vec::new();
        }
        let begins = |index: usize| {
            let word = &self.words[index];
            let to = match word.text.starts_with(&sought.whole) {
                true => self.end(word, &sought.whole),
                false => self.follow(index, parts)?,
            };
            Some((self.at(word.from), self.at(to)))
        };
        (0..self.words.len()).filter_map(begins).collect()
    }

    /// Where the last part ends, if each begins a word in its place after the first.
    fn follow(&self, first: usize, parts: &[(usize, String)]) -> Option<usize> {
        let start = self.words[first].place;
        let mut to = 0;
        for (place, part) in parts {
            let mut here = self.words[first..].iter().filter(|word| word.place == start + place);
            let word = here.find(|word| word.text.starts_with(part.as_str()))?;
            to = to.max(self.end(word, part));
        }
        Some(to)
    }

    /// Before which byte of the text a word has begun with this.
    fn end(&self, word: &Word<'_>, beginning: &str) -> usize {
        let text = &self.text[word.from..word.to];
        let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let end = ends.find(|end| fold(&text[..*end]).starts_with(beginning));
        word.from + end.unwrap_or(text.len())
    }

    fn at(&self, byte: usize) -> usize {
        self.text[..byte].chars().count()
    }
}

/// A text folded character by character, with the character that each byte comes of.
struct Folded {
    text: String,
    origins: Vec<usize>,
}

impl Folded {
    fn of(text: &str) -> Folded {
        let (mut folded, mut origins) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
        for (at, c) in text.chars().enumerate() {
            folded.push_str(&fold(c.encode_utf8(&mut [0; 4])));
            origins.resize(folded.len(), at);
        }
        Folded { text: folded, origins }
    }

    fn places(&self, wanted: &str) -> Vec<(usize, usize)> {
        let place = |(at, found): (usize, &str)| Some((*self.origins.get(at)?, self.origins[at + found.len() - 1] + 1));
        self.text.match_indices(wanted).filter_map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(query: &str, text: &str) -> bool {
        TextQuery::parse(query).matches(&[("name", text)])
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
        let offsets = |query: &str, text: &str| TextQuery::parse(query).offsets("name", text);
        assert_eq!(offsets("ord sal", "Größe: Sales Orders, ordered"), [(7, 10), (13, 16), (21, 24)]);
        assert_eq!(offsets("\"les ord\" rders", "Sales Orders"), [(2, 9)]);
        assert_eq!(offsets("b", "İ b"), [(2, 3)]);
        assert_eq!(offsets("grosse", "Die Größe"), [(4, 9)]);
        assert_eq!(offsets("insightsDa", "CustomerInsightsDataProduct"), [(8, 18)]);
        assert_eq!(offsets("\"ss\"", "Größe"), [(3, 4)]);
        assert!(offsets("x", "").is_empty());
    }

    #[test]
    fn words_may_be_spread_over_several_texts() {
        assert!(TextQuery::parse("sales daily").matches(&[("name", "Sales"), ("description", "updated daily")]));
    }

    #[test]
    fn technical_names_are_found_by_whole_prefix_and_part() {
        for query in ["sales_orders", "sales_o", "orders", "\"sales_orders\""] {
            assert!(matches(query, "prod.sales_orders"), "{query}");
        }
    }

    #[test]
    fn names_are_split_where_their_case_changes_and_compare_without_marks() {
        for query in ["insights", "insightsData", "CustomerIns", "cust_ins", "DATA product"] {
            assert!(matches(query, "CustomerInsightsDataProduct"), "{query}");
        }
        assert!(!matches("nsights", "CustomerInsightsDataProduct") && !matches("ins_cust", "CustomerInsights"));
        for query in ["grosse", "GRÖSSE", "größe", "gro", "\"gROSSe d\"", "anderung"] {
            assert!(matches(query, "Größe der Änderung"), "{query}");
        }
        assert!(matches("10%", "about 10% of it") && matches("%", "10%") && !matches("%", "10"));
        let foreign = |query: &str| TextQuery::parse(query).matches(&[("externalIdentifier", "arn:aws:NetSales")]);
        assert!(foreign("aws:Net") && foreign("sales") && !foreign("net_sales"));
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

    #[test]
    fn whole_words_rank_and_what_the_index_does_not_know_ranks_nothing() {
        let ranks = |text: &str, attributes: &[&str]| TextQuery::parse(text).ranking(attributes);
        let word = |begins| Condition::word("sal", begins);
        let expected = Condition::Any(vec![word(true), external_identifier("sal"), word(false)]);
        assert_eq!(ranks("sal", &["name"]), Some((expected.clone(), true)));
        assert_eq!(ranks("sal", &["Form.field", "name"]), Some((expected, false)));
        assert!(ranks("", &[]).is_none() && ranks("%", &[]).is_none() && ranks("sal", &["Form.field"]).is_none());
    }

    #[test]
    fn a_name_is_the_text_without_its_quotes_in_any_case() {
        let query = TextQuery::parse(" \"Daily größe\" ");
        assert!(query.is_name("daily GRÖSSE") && !query.is_name("Daily") && !query.is_name("a Daily größe"));
        assert_eq!(query.name(false), Condition::is("name", "Daily größe"));
        assert!(matches!(query.name(true), Condition::Any(any) if any.len() == 2));
    }

    proptest! {
        #[test]
        fn a_text_is_found_by_itself_as_a_phrase(text in "[^\"]{1,30}") {
            let phrase = format!("\"{text}\"");
            prop_assert!(matches(&phrase, &text));
        }
    }
}
