//! How the index's own threads take the texts of a document apart: into words and their stems, and into facts.

use std::collections::HashMap;

use emporion_catalog::text::{each_word, stem};
use foldhash::fast::RandomState;
use tantivy::schema::{FieldType, Schema};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};

use super::terms;

pub const WORDS: &str = "words";
pub const FACTS: &str = "facts";
/// Stems that are kept at most; then they are found anew.
const MOST_STEMS: usize = 50_000;

/// What a schema names that nobody knows any more gets no texts to take apart, but has to be there.
pub fn register(manager: &TokenizerManager, schema: &Schema) {
    manager.register(WORDS, TextAnalyzer::builder(Words::default()).build());
    manager.register(FACTS, TextAnalyzer::builder(Facts::default()).build());
    for (_, entry) in schema.fields() {
        if let FieldType::Str(options) = entry.field_type()
            && let Some(indexing) = options.get_indexing_options()
            && manager.get(indexing.tokenizer()).is_none()
        {
            manager.register(indexing.tokenizer(), TextAnalyzer::builder(Words::default()).build());
        }
    }
}

/// The words of a text, and their stems where those are others.
#[derive(Clone, Default)]
struct Words {
    /// The term of the stem of each word that was met; `None` where the word is its own.
    stems: HashMap<String, Option<String>, RandomState>,
    tokens: Kept,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens<'a> {
        let Words { stems, tokens } = self;
        tokens.count = 0;
        if stems.len() > MOST_STEMS {
            stems.clear();
        }
        each_word(text, |word| {
            let of_stem = match stems.get(&*word.text) {
                Some(known) => known,
                None => {
                    let stem = stem(&word.text);
                    let term = (stem != word.text).then(|| terms::stem(&stem));
                    stems.entry(word.text.clone().into_owned()).or_insert(term)
                }
            };
            let of_stem = of_stem.as_deref();
            for text in of_stem.into_iter().chain([&*word.text]) {
                let token = tokens.next(text);
                (token.offset_from, token.offset_to, token.position) = (word.from, word.to, word.place);
            }
        });
        tokens.stream()
    }
}

/// Tokens whose texts' room is used again for those of the next text.
#[derive(Clone, Default)]
struct Kept {
    tokens: Vec<Token>,
    count: usize,
}

impl Kept {
    fn next(&mut self, text: &str) -> &mut Token {
        if self.count == self.tokens.len() {
            self.tokens.push(Token::default());
        }
        let token = &mut self.tokens[self.count];
        self.count += 1;
        token.text.clear();
        token.text.push_str(text);
        token
    }

    fn stream(&mut self) -> Tokens<'_> {
        Tokens { rest: self.tokens[..self.count].iter_mut(), at: None }
    }
}

/// Facts as one text: before each stands how many bytes it has, so that no fact can look like two.
#[derive(Default)]
pub struct LengthPrefixed {
    pub text: String,
}

impl LengthPrefixed {
    /// A fact in its pieces.
    pub fn push<const N: usize>(&mut self, fact: [&str; N]) {
        push_number(&mut self.text, fact.iter().map(|piece| piece.len()).sum());
        self.text.push(':');
        fact.iter().for_each(|piece| self.text.push_str(piece));
    }
}

fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b"0123456789"[number % 10]));
}

#[derive(Clone, Default)]
struct Facts {
    tokens: Kept,
}

impl Tokenizer for Facts {
    type TokenStream<'a> = Tokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens<'a> {
        self.tokens.count = 0;
        let mut rest = text;
        while let Some((length, others)) = rest.split_once(':') {
            let Some((fact, others)) = length.parse().ok().and_then(|length| others.split_at_checked(length)) else {
                break;
            };
            let token = self.tokens.next(fact);
            (token.offset_from, token.offset_to, token.position) = (0, 0, 0);
            rest = others;
        }
        self.tokens.stream()
    }
}

struct Tokens<'a> {
    rest: std::slice::IterMut<'a, Token>,
    at: Option<&'a mut Token>,
}

impl TokenStream for Tokens<'_> {
    fn advance(&mut self) -> bool {
        self.at = self.rest.next();
        self.at.is_some()
    }

    fn token(&self) -> &Token {
        self.at.as_deref().expect("a token is asked for after it was said that there is one")
    }

    fn token_mut(&mut self) -> &mut Token {
        self.at.as_deref_mut().expect("a token is asked for after it was said that there is one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokenizer: &mut impl Tokenizer, text: &str) -> Vec<String> {
        let mut tokens = tokenizer.token_stream(text);
        let mut texts = Vec::new();
        while tokens.advance() {
            texts.push(tokens.token().text.clone());
        }
        texts
    }

    #[test]
    fn facts_come_apart_as_they_were_put_together_whatever_is_in_them() {
        let long = "x".repeat(1_234);
        let facts = ["", "7:kind", "a:b", "é\u{1f}", "12", &long].map(str::to_owned);
        let mut joined = LengthPrefixed::default();
        facts.iter().for_each(|fact| joined.push([fact, ""]));
        assert_eq!(texts(&mut Facts::default(), &joined.text), facts);
    }

    #[test]
    fn a_word_has_its_stem_beside_it_also_the_second_time() {
        let mut words = Words::default();
        let once = texts(&mut words, "orders");
        assert_eq!(once, [terms::stem("order"), "orders".to_owned()]);
        assert_eq!(texts(&mut words, "orders"), once);
    }
}
