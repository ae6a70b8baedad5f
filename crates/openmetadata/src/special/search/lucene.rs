//! The text form of a query: words, `field:value`, phrases, wildcards, AND, OR, NOT and parentheses.

use super::pattern::Pattern;
use super::query::{Query, TEXT_FIELDS, Test, path_of};
use crate::errors::{OmError, OmResult};

/// Deeper parentheses are nobody's question.
const DEPTH: usize = 32;

/// How a text is read.
pub struct Reading {
    /// Fields for words that name none.
    pub fields: Vec<String>,
    /// Between words that say nothing.
    pub default_and: bool,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { fields: TEXT_FIELDS.iter().map(|field| (*field).to_owned()).collect(), default_and: true }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `field:` in front of what follows.
    Field(String),
    Word(String),
    Phrase(String),
}

/// Reads a text. An empty one, and `*`, ask for everything.
///
/// Errors: 400 for forms that this server does not answer, and for what is broken.
pub fn parse(text: &str, reading: &Reading) -> OmResult<Query> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Query::All);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, reading };
    let query = parser.any(None, 0)?;
    match parser.peek() {
        None => query.check_size().map(|()| query).map_err(|why| broken(&format!("it {why}"))),
        Some(_) => Err(broken("a parenthesis is closed that was not opened")),
    }
}

fn broken(why: &str) -> OmError {
    OmError::bad_request(format!("Failed to parse query: {why}"))
}

fn tokens(text: &str) -> OmResult<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => drop(chars.next()),
            '(' => {
                chars.next();
                tokens.push(Token::Open);
            }
            ')' => {
                chars.next();
                tokens.push(Token::Close);
            }
            '"' => {
                chars.next();
                let mut phrase = String::new();
                loop {
                    match chars.next() {
                        None => return Err(broken("a quote is not closed")),
                        Some('"') => break,
                        Some('\\') => phrase.extend(chars.next()),
                        Some(c) => phrase.push(c),
                    }
                }
                tokens.push(Token::Phrase(phrase));
            }
            '[' | '{' => return Err(broken("ranges are not answered")),
            '+' => drop(chars.next()),
            '-' | '!' => {
                chars.next();
                tokens.push(Token::Not);
            }
            _ => {
                let word = word(&mut chars);
                match word.as_str() {
                    "AND" | "&&" => tokens.push(Token::And),
                    "OR" | "||" => tokens.push(Token::Or),
                    "NOT" => tokens.push(Token::Not),
                    _ => match word.strip_suffix(':').filter(|field| !field.is_empty()) {
                        Some(field) => tokens.push(Token::Field(field.to_owned())),
                        None => tokens.push(Token::Word(word)),
                    },
                }
            }
        }
    }
    Ok(tokens)
}

/// A word as it stands, escapes included; a field ends after its colon.
fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() || c == '(' || c == ')' => break,
            '\\' => {
                word.push('\\');
                chars.next();
                word.extend(chars.next());
            }
            '"' => {
                // A quoted part of an FQN stands inside its word.
                word.push('"');
                chars.next();
                for c in chars.by_ref() {
                    word.push(c);
                    if c == '"' {
                        break;
                    }
                }
            }
            ':' => {
                word.push(':');
                chars.next();
                break;
            }
            c => {
                word.push(c);
                chars.next();
            }
        }
    }
    word
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    reading: &'t Reading,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    /// Alternatives.
    fn any(&mut self, field: Option<&str>, depth: usize) -> OmResult<Query> {
        let mut of = vec![self.all(field, depth)?];
        loop {
            let said = self.take(&Token::Or);
            if !said && (self.reading.default_and || matches!(self.peek(), None | Some(Token::Close))) {
                break;
            }
            of.push(self.all(field, depth)?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Query::Or { of, least: 1 } })
    }

    /// Conditions that must all hold.
    fn all(&mut self, field: Option<&str>, depth: usize) -> OmResult<Query> {
        let mut of = vec![self.one(field, depth)?];
        loop {
            let said = self.take(&Token::And);
            let ends = matches!(self.peek(), None | Some(Token::Close | Token::Or));
            if !said && (ends || !self.reading.default_and) {
                break;
            }
            of.push(self.one(field, depth)?);
        }
        Ok(if of.len() == 1 { of.remove(0) } else { Query::And(of) })
    }

    fn one(&mut self, field: Option<&str>, depth: usize) -> OmResult<Query> {
        if depth > DEPTH {
            return Err(broken("it is nested too deeply"));
        }
        let Some(token) = self.peek().cloned() else { return Err(broken("it ends where a word should stand")) };
        self.at += 1;
        match token {
            Token::Not => Ok(Query::Not(Box::new(self.one(field, depth + 1)?))),
            Token::Field(name) => self.one(Some(&name), depth + 1),
            Token::Open => {
                let query = self.any(field, depth + 1)?;
                if self.take(&Token::Close) { Ok(query) } else { Err(broken("a parenthesis is not closed")) }
            }
            Token::Word(word) => Ok(self.test(field, &plain(&word))),
            Token::Phrase(phrase) => Ok(self.test(field, &escaped(&phrase))),
            Token::Close | Token::And | Token::Or => Err(broken("a word is missing beside an operator")),
        }
    }

    fn test(&self, field: Option<&str>, text: &str) -> Query {
        match field {
            None if text == "*" => Query::All,
            None => Query::Fields { paths: self.reading.fields.clone(), test: Test::word(text, false) },
            Some("_exists_") => Query::Field { path: path_of(text), test: Test::Exists },
            Some(field) if text == "*" => Query::Field { path: path_of(field), test: Test::Exists },
            Some(field) => {
                let path = path_of(field);
                // Identifiers are compared as a whole; prose by its words.
                let whole = path != field || !matches!(path.as_str(), "name" | "displayName" | "description");
                Query::Field { test: Test::word(text, whole), path }
            }
        }
    }
}

/// The word without what concerns ranking only.
fn plain(word: &str) -> String {
    let without = |word: &str, mark: char| match word.rsplit_once(mark) {
        Some((front, number)) if !front.ends_with('\\') && number.chars().all(|c| c.is_ascii_digit() || c == '.') => {
            front.to_owned()
        }
        _ => word.to_owned(),
    };
    without(&without(word, '^'), '~')
}

/// A phrase has no wildcards.
fn escaped(phrase: &str) -> String {
    let mut text = String::with_capacity(phrase.len());
    for c in phrase.chars() {
        if matches!(c, '*' | '?' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// A pattern as a test of a whole value.
pub fn whole(text: &str) -> Test {
    match Pattern::new(text).literal() {
        Some(literal) => Test::Is(literal),
        None => Test::Like(Pattern::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn matches(text: &str, document: &Value) -> bool {
        parse(text, &Reading::default()).expect(text).matches(document)
    }

    #[test]
    fn the_clients_questions_are_understood() {
        let user = json!({"name": "random.user", "displayName": "Random User", "email": "r.u@example.com"});
        for (text, expected) in [
            ("", true),
            ("*", true),
            ("email.keyword:r.u@example.com", true),
            ("email.keyword:R.U@example.com", true),
            ("email.keyword:u@example.com", false),
            ("random.user AND isBot:false", true),
            ("Random User AND isBot:false", true),
            ("random.user AND isBot:true", false),
            ("(name:nobody OR displayName:rand*) AND NOT isBot:true", true),
            ("name:(nobody OR random.user)", true),
            ("\"Random User\"", true),
            ("_exists_:email", true),
            ("_exists_:tags", false),
            ("-random", false),
            ("rand*^2", true),
            ("fullyQualifiedName:*", false),
        ] {
            assert_eq!(matches(text, &user), expected, "{text}");
        }
    }

    #[test]
    fn an_escaped_sign_is_a_sign() {
        let table = json!({"fullyQualifiedName": "s.d.sc.\"a.b\"", "name": "a:b"});
        assert!(matches("name:a\\:b", &table));
        assert!(matches("fullyQualifiedName:s.d.sc.\"a.b\"", &table));
        assert!(!matches("name.keyword:a\\*", &table));
    }

    #[test]
    fn broken_texts_are_refused() {
        for text in ["(a", "a)", "\"a", "a AND", "OR a", "n:[1 TO 2]", &"(".repeat(100), &"NOT ".repeat(100)] {
            assert_eq!(parse(text, &Reading::default()).expect_err(text).status, 400);
        }
    }
}
