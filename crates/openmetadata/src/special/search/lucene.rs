//! The text form of a query: words, `field:value`, phrases, wildcards, `AND`, `OR`, `NOT`, `+`, `-` and parentheses.
//!
//! As the language has it, each clause of a list may hold, must hold or must not hold. `AND` makes those on both sides of
//! it such that must; where nothing must, one of those that may has to. So of `a OR b AND c` b and c must.

mod tokens;

use self::tokens::{Token, tokens};
use super::pattern::{literal, pattern};
use super::query::{self, Clause, PROSE, Query, TEXT_FIELDS, Test, at_least, check_size, path_of};
use crate::errors::{OmError, OmResult};

/// Deeper parentheses are nobody's question.
pub const DEPTH: usize = 32;

/// How a text is read.
pub struct Reading {
    /// Fields for words that name none.
    pub fields: Vec<String>,
    /// What nothing is said of must hold.
    pub default_and: bool,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { fields: TEXT_FIELDS.iter().map(|field| (*field).to_owned()).collect(), default_and: true }
    }
}

impl Reading {
    /// What names no field.
    pub fn anywhere(&self, test: Test) -> Query {
        Clause::Fields { paths: self.fields.clone(), test }.into()
    }
}

/// Reads a text. An empty one, and `*`, ask for everything.
///
/// Errors: 400 for forms that this server does not answer, and for what is broken.
pub fn parse(text: &str, reading: &Reading) -> OmResult<Query> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Query::Everything);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, reading };
    let query = parser.clauses(None, 0)?;
    match parser.peek() {
        None => check_size(&query).map(|()| query).map_err(|why| broken(&format!("it {why}"))),
        Some(_) => Err(broken("a parenthesis is closed that was not opened")),
    }
}

fn broken(why: &str) -> OmError {
    OmError::bad_request(format!("Failed to parse query: {why}"))
}

/// What is said of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occur {
    May,
    Must,
    MustNot,
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

    /// A list of clauses, up to its end.
    fn clauses(&mut self, field: Option<&str>, depth: usize) -> OmResult<Query> {
        let mut clauses: Vec<(Occur, Query)> = Vec::new();
        loop {
            let is_first = clauses.is_empty();
            let is_and = !is_first && self.take(&Token::And);
            let is_or = !is_first && !is_and && self.take(&Token::Or);
            if !is_first && !is_and && !is_or && matches!(self.peek(), None | Some(Token::Close)) {
                return Ok(together(clauses));
            }
            let is_must = self.take(&Token::Must);
            let is_not = !is_must && self.take(&Token::Not);
            let query = self.one(field, depth)?;
            if let Some((before, _)) = clauses.last_mut().filter(|(before, _)| *before != Occur::MustNot) {
                match self.reading.default_and {
                    _ if is_and => *before = Occur::Must,
                    true if is_or => *before = Occur::May,
                    _ => {}
                }
            }
            let is_required = if self.reading.default_and { !is_or || is_must } else { is_and || is_must };
            let occur = match is_not {
                true => Occur::MustNot,
                false if is_required => Occur::Must,
                false => Occur::May,
            };
            clauses.push((occur, query));
        }
    }

    fn one(&mut self, field: Option<&str>, depth: usize) -> OmResult<Query> {
        if depth > DEPTH {
            return Err(broken("it is nested too deeply"));
        }
        let Some(token) = self.peek().cloned() else { return Err(broken("it ends where a word should stand")) };
        self.at += 1;
        match token {
            Token::Field(name) if field.is_some() => Err(broken(&format!("a field has a field as its value: {name}"))),
            Token::Field(name) => self.one(Some(&name), depth + 1),
            Token::Open => {
                let query = self.clauses(field, depth + 1)?;
                if self.take(&Token::Close) { Ok(query) } else { Err(broken("a parenthesis is not closed")) }
            }
            Token::Word(word) => Ok(self.word(field, &word)),
            Token::Phrase(phrase) => self.phrase(field, &phrase),
            Token::Range(range) => match field.filter(|field| *field != "_exists_") {
                Some(field) => Ok(query::field(path_of(field), Test::Between(range))),
                None => Err(broken("the name of a field is missing before a range")),
            },
            Token::Close | Token::And | Token::Or | Token::Must | Token::Not => {
                Err(broken("a word is missing beside an operator"))
            }
        }
    }

    fn word(&self, field: Option<&str>, text: &str) -> Query {
        match field {
            None if text == "*" => Query::Everything,
            None => self.reading.anywhere(Test::word(text, false)),
            Some("_exists_") => query::field(path_of(text), Test::Exists),
            Some(field) if text == "*" => query::field(path_of(field), Test::Exists),
            Some(field) => query::field(path_of(field), Test::word(text, is_whole(field))),
        }
    }

    /// Words in their order; a phrase has no wildcards.
    fn phrase(&self, field: Option<&str>, text: &str) -> OmResult<Query> {
        let test = |whole: bool| if whole { Test::is(text) } else { Test::phrase(text) };
        match field {
            None if text.trim().is_empty() => Err(broken("a phrase has no words")),
            None => Ok(self.reading.anywhere(test(false))),
            Some("_exists_") => Ok(query::field(path_of(text), Test::Exists)),
            Some(field) => Ok(query::field(path_of(field), test(is_whole(field)))),
        }
    }
}

/// Identifiers are compared as a whole; prose by its words.
fn is_whole(field: &str) -> bool {
    !PROSE.contains(&field.split('^').next().unwrap_or(field))
}

/// What a list of clauses asks for together.
fn together(mut clauses: Vec<(Occur, Query)>) -> Query {
    if clauses.len() == 1 && clauses[0].0 != Occur::MustNot {
        return clauses.remove(0).1;
    }
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    for (occur, query) in clauses {
        match occur {
            Occur::Must => all.push(query),
            Occur::May => any.push(query),
            Occur::MustNot => none.push(query.negated()),
        }
    }
    if !any.is_empty() {
        // Beside what must hold, the rest only ranks.
        let least = usize::from(all.is_empty());
        all.push(at_least(least, any));
    }
    all.extend(none);
    if all.len() == 1 { all.remove(0) } else { Query::All(all) }
}

/// A pattern as a test of a whole value.
pub fn whole(text: &str) -> Test {
    let pattern = pattern(text);
    match literal(&pattern) {
        Some(literal) => Test::is(&literal),
        None => Test::Like(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn matches(text: &str, document: &Value) -> bool {
        query::matches(&parse(text, &Reading::default()).expect(text), document)
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
            ("\"User Random\"", false),
            ("displayName:\"random user\"^2", true),
            ("displayName:\"user random\"", false),
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
    fn clauses_may_must_or_must_not_hold() {
        let of = |names: &str| json!({"description": names});
        for (text, default_and, found, not) in [
            ("-a b", false, ["b", "b c"], ["a b", "c"]),
            ("b -a", false, ["b", "b c"], ["a b", "c"]),
            ("+a b", false, ["a", "a c"], ["b", "c"]),
            ("a b", false, ["a", "b"], ["c", "d"]),
            ("a AND b", false, ["a b", "b a"], ["a", "b"]),
            ("a OR b AND c", false, ["b c", "a b c"], ["a", "a c"]),
            ("a AND NOT b", false, ["a", "a c"], ["a b", "c"]),
            ("-a -b", false, ["c", "d"], ["a", "b"]),
            ("a b", true, ["a b", "b a"], ["a", "b"]),
            ("a OR b", true, ["a", "b"], ["c", "d"]),
            ("a b OR c", true, ["a b", "a c"], ["b", "b c"]),
            ("a OR +b", true, ["b", "a b"], ["a", "c"]),
            ("a OR -b", true, ["a", "a c"], ["a b", "c"]),
            ("(a OR b) c", true, ["a c", "b c"], ["a b", "c"]),
        ] {
            let reading = Reading { default_and, ..Reading::default() };
            let query = parse(text, &reading).expect(text);
            assert!(found.iter().all(|names| query::matches(&query, &of(names))), "{text}");
            assert!(!not.iter().any(|names| query::matches(&query, &of(names))), "{text}");
        }
    }

    #[test]
    fn values_lie_between_ends() {
        let of = |n: i64| json!({"n": n, "at": format!("2026-01-{n:02}T12:00:00Z"), "name": "b"});
        for (text, found, not) in [
            ("n:[5 TO 9]", [5, 9], [4, 10]),
            ("n:{5 TO 9}", [6, 8], [5, 9]),
            ("n:[5 TO 9}^2", [5, 8], [4, 9]),
            ("n:[* TO 9]", [1, 9], [10, 11]),
            ("n:>5 AND n:<=9", [6, 9], [5, 10]),
            ("n:(>=5 AND <9) AND name:b", [5, 8], [4, 9]),
            ("NOT n:>5", [4, 5], [6, 7]),
            ("at:[2026-01-05 TO \"2026-01-09T12:00:00Z\"]", [5, 9], [4, 10]),
            ("at:>2026-01-05", [6, 7], [4, 5]),
            ("at:<2026-01-05T12:00:00Z", [3, 4], [5, 6]),
        ] {
            assert!(found.iter().all(|n| matches(text, &of(*n))), "{text}");
            assert!(!not.iter().any(|n| matches(text, &of(*n))), "{text}");
        }
        assert!(matches("n:[* TO *]", &of(1)) && !matches("m:[* TO *]", &of(1)));
        assert!(matches("name:[a TO c]", &of(1)) && matches("a>b OR name:b", &of(1)));
    }

    #[test]
    fn an_escaped_sign_is_a_sign() {
        let table = json!({"fullyQualifiedName": "s.d.sc.\"a.b\"", "name": "a:b~"});
        assert!(matches("name:a\\:b\\~", &table));
        assert!(matches("fullyQualifiedName:s.d.sc.\"a.b\"", &table));
        assert!(!matches("name.keyword:a\\*", &table));
    }

    #[test]
    fn what_is_broken_or_not_answered_is_refused() {
        for (text, why) in [
            ("(a", "closed"),
            ("a)", "opened"),
            ("\"a", "quote"),
            ("a\"b", "quote"),
            ("a AND", "ends"),
            ("OR a", "missing"),
            ("a AND OR b", "missing"),
            ("- -a", "missing"),
            ("+", "ends"),
            ("name:-a", "missing"),
            ("a:b:c", "field"),
            (":a", "colon"),
            ("\"\"", "phrase"),
            ("[1 TO 2]", "field"),
            ("n:[1 2]", "TO"),
            ("n:[1 TO 2", "TO"),
            ("n:[1 TO]", "TO"),
            ("n:>", "missing"),
            ("n:[now/d TO *]", "now/d"),
            ("/a.*/", "(/)"),
            ("n:/a/", "(/)"),
            ("a~", "(~)"),
            ("a~2", "(~)"),
            ("\"a b\"~2", "(~)"),
            ("a^b", "(^)"),
            ("^2", "(^)"),
        ] {
            let error = parse(text, &Reading::default()).expect_err(text);
            assert!(error.status == 400 && error.message.contains(why), "{text}: {}", error.message);
        }
        for text in ["(".repeat(100), "NOT ".repeat(100)] {
            assert_eq!(parse(&text, &Reading::default()).expect_err(&text).status, 400);
        }
    }
}
