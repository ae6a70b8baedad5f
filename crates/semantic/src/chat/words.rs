//! Tokens of a question: words, numbers, quoted text and signs, each with its place in the question.

mod abbreviations;
mod deeds;
mod demonyms;
mod lemma;
mod numbers;
mod phrases;
mod stop;
#[cfg(test)]
mod tests;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

pub(super) use abbreviations::long_forms;
pub(super) use deeds::{nouns, participle, verbs_of, without_time};
pub(super) use demonyms::{country_of, demonyms};
pub(super) use lemma::{is_past, lemma, pasts, stem};
pub(super) use phrases::Phrases;
pub(super) use stop::{is_connector, stop_phrase};

/// No question has more; a longer one is not read.
pub(super) const MAX_TOKENS: usize = 60;
const MAX_CHARS: usize = 4_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Word,
    /// Decimal digits, with a point at most.
    Number(String),
    /// `10%`, as `10`.
    Percent(String),
    /// `$10`, `10 EUR`, as `10` and the currency's code.
    Money(String, &'static str),
    /// As written between the quotes.
    Quoted(String),
    Sign,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Compatibility forms and case folded.
    pub text: String,
    /// The singular, where the ending tells.
    pub lemma: String,
    /// Bytes of the question.
    pub from: usize,
    pub to: usize,
    /// As it was written.
    pub raw: String,
}

impl Token {
    /// A word that stands for those of a place in the question.
    pub fn said(text: String, from: usize, to: usize) -> Token {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = if is_number { Kind::Number(text.clone()) } else { Kind::Word };
        Token { kind, lemma: lemma(&text), raw: text.clone(), text, from, to }
    }

    pub fn is(&self, word: &str) -> bool {
        !matches!(self.kind, Kind::Quoted(_)) && self.text == word
    }

    pub fn number(&self) -> Option<&str> {
        match &self.kind {
            Kind::Number(digits) => Some(digits),
            _ => None,
        }
    }
}

/// Splits a question. `None`: it is longer than any question.
pub(super) fn tokens(question: &str) -> Option<Vec<Token>> {
    if question.chars().nth(MAX_CHARS).is_some() {
        return None;
    }
    let mut tokens = Vec::new();
    let letters: Vec<(usize, char)> = question.char_indices().collect();
    let mut at = 0;
    while at < letters.len() {
        let (from, c) = letters[at];
        if c.is_whitespace() || c == '_' {
            at += 1;
            continue;
        }
        if c == '-' && joins(&letters, at) {
            at += 1;
            continue;
        }
        let end = end_of(&letters, at);
        let to = letters.get(end).map_or(question.len(), |(to, _)| *to);
        let text = &question[from..to];
        match closing(c).filter(|_| end > at + 1) {
            Some(_) => {
                let inner: String = letters[at + 1..end - 1].iter().map(|(_, c)| *c).collect();
                push(&mut tokens, Kind::Quoted(inner.trim().to_owned()), fold(&inner), from, to);
            }
            None if c.is_alphanumeric() => word(&mut tokens, text, from, to),
            None => push(&mut tokens, Kind::Sign, fold(text), from, to),
        }
        if tokens.len() > MAX_TOKENS * 2 {
            return None;
        }
        at = end;
    }
    let mut tokens = abbreviations::pointed(numbers::joined(tokens));
    for token in &mut tokens {
        token.raw = question[token.from..token.to].to_owned();
    }
    (tokens.len() <= MAX_TOKENS).then_some(tokens)
}

/// Compatibility forms, case and accents folded: how names, values and words are compared.
pub(super) fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfd().filter(|c| !is_combining_mark(*c)).nfc().collect()
}

/// The lemmas of a name of several words: `order_date`, `OrderDate` and "Order dates" are `order date`.
pub(super) fn lemmas(name: &str) -> Vec<String> {
    crate::model::name_words(name).iter().map(|word| lemma(&fold(word))).collect()
}

fn push(tokens: &mut Vec<Token>, kind: Kind, text: String, from: usize, to: usize) {
    let lemma = if kind == Kind::Word { lemma(&text) } else { text.clone() };
    tokens.push(Token { kind, text, lemma, from, to, raw: String::new() });
}

/// A word with letters; `don't` is two, the `'s` of `customer's` is none.
fn word(tokens: &mut Vec<Token>, text: &str, from: usize, to: usize) {
    let folded = fold(text).replace('’', "'");
    if let Some(digits) = numbers::plain(&folded) {
        return push(tokens, Kind::Number(digits), folded, from, to);
    }
    if folded == "can't" || folded == "won't" {
        push(tokens, Kind::Word, "do".into(), from, to);
        return push(tokens, Kind::Word, "not".into(), from, to);
    }
    if let Some(verb) = folded.strip_suffix("n't") {
        push(tokens, Kind::Word, verb.to_owned(), from, to);
        return push(tokens, Kind::Word, "not".into(), from, to);
    }
    let bare = ["'s", "'ve", "'re", "'d", "'ll", "'m", "'"].iter().find_map(|ending| folded.strip_suffix(ending));
    push(tokens, Kind::Word, bare.unwrap_or(&folded).to_owned(), from, to);
}

/// Where the token that begins at `at` ends.
fn end_of(letters: &[(usize, char)], at: usize) -> usize {
    let c = letters[at].1;
    if let Some(closing) = closing(c) {
        let found = letters[at + 1..].iter().take(200).position(|(_, c)| *c == closing);
        // An apostrophe alone quotes nothing.
        return found.filter(|length| *length > 0).map_or(at + 1, |length| at + length + 2);
    }
    let next = |at: usize| letters.get(at).map(|(_, c)| *c);
    let first = c;
    if c.is_alphanumeric() {
        let mut end = at + 1;
        while let Some(c) = next(end) {
            let follows = next(end + 1).is_some_and(char::is_alphanumeric);
            let digits = letters[end - 1].1.is_ascii_digit() && next(end + 1).is_some_and(|c| c.is_ascii_digit());
            let is_inside = c.is_alphanumeric()
                || is_combining_mark(c)
                || (matches!(c, '\'' | '’') && (follows || letters[end - 1].1 == 's'))
                || (matches!(c, '.' | ',' | '/' | '-') && digits && first.is_ascii_digit())
                // "example.com"
                || (c == '.' && letters[end - 1].1.is_alphabetic() && next(end + 1).is_some_and(char::is_lowercase));
            if !is_inside {
                break;
            }
            end += 1;
        }
        return end;
    }
    match (c, next(at + 1)) {
        ('<', Some('=' | '>')) | ('>', Some('=')) | ('!', Some('=')) => at + 2,
        _ => at + 1,
    }
}

/// The hyphen of `year-to-date` and `2025-Q3`.
fn joins(letters: &[(usize, char)], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| letters.get(at)).map(|(_, c)| *c);
    let after = letters.get(at + 1).map(|(_, c)| *c);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    is_part(before) && is_part(after) && (is_letter(before) || is_letter(after) || !starts_with_digit(letters, at))
}

/// The word before `at` begins with a digit.
fn starts_with_digit(letters: &[(usize, char)], at: usize) -> bool {
    let word = letters[..at].iter().rev().take_while(|(_, c)| c.is_alphanumeric()).last();
    word.is_some_and(|(_, c)| c.is_ascii_digit())
}

fn closing(c: char) -> Option<char> {
    match c {
        '"' => Some('"'),
        '\'' => Some('\''),
        '“' | '„' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}
