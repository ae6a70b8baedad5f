//! The simpler text form of a query: `+` is and, `|` is or, `-` is not, `"…"` a phrase, `word*` a beginning, and
//! parentheses. It names no fields; what is joined is joined from the left.

use std::iter::Peekable;
use std::str::Chars;

use super::lucene::{DEPTH, Reading};
use super::query::{MOST_PARTS, Query, Test};

/// Reads a text.
///
/// Errors: why, for what is broken and for forms that this server does not answer.
pub fn parse(text: &str, reading: &Reading) -> Result<Query, String> {
    let mut parser = Parser { chars: text.chars().peekable(), reading, clauses: 0 };
    let query = parser.list(0)?;
    match parser.chars.next() {
        None => Ok(query.unwrap_or(Query::Nothing)),
        Some(_) => Err("a parenthesis is closed that was not opened".into()),
    }
}

struct Parser<'t> {
    chars: Peekable<Chars<'t>>,
    reading: &'t Reading,
    /// How many have been read. Where signs alternate, each lies one level above the one before.
    clauses: usize,
}

impl Parser<'_> {
    /// Up to the end or a closing parenthesis; `None` where nothing is said.
    fn list(&mut self, depth: usize) -> Result<Option<Query>, String> {
        if depth > DEPTH {
            return Err("it is nested too deeply".into());
        }
        let mut known: Option<Query> = None;
        let (mut joins_all, mut is_not) = (None, false);
        while let Some(&c) = self.chars.peek() {
            let found = match c {
                ')' => break,
                c if c.is_whitespace() => {
                    self.chars.next();
                    continue;
                }
                '+' | '|' => {
                    self.chars.next();
                    joins_all.get_or_insert(c == '+');
                    continue;
                }
                '-' => {
                    self.chars.next();
                    is_not = !is_not;
                    continue;
                }
                '(' => {
                    self.chars.next();
                    let inner = self.list(depth + 1)?;
                    self.chars.next_if_eq(&')').ok_or("a parenthesis is not closed")?;
                    inner
                }
                '"' => Some(self.phrase()?),
                _ => Some(self.word()?),
            };
            let Some(mut query) = found else { continue };
            self.clauses += 1;
            if self.clauses > MOST_PARTS {
                return Err(format!("has more than {MOST_PARTS} clauses"));
            }
            if std::mem::take(&mut is_not) {
                query = query.negated();
            }
            let all = joins_all.take().unwrap_or(self.reading.default_and);
            known = Some(match known {
                None => query,
                Some(before) => joined(before, query, all),
            });
        }
        Ok(known)
    }

    fn phrase(&mut self) -> Result<Query, String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a quote is not closed".into()),
                Some('"') => break,
                Some('\\') => text.extend(self.chars.next()),
                Some(c) => text.push(c),
            }
        }
        match self.chars.peek() {
            Some('~') => Err("words near to one another (~) are not answered".into()),
            _ => Ok(self.reading.anywhere(Test::phrase(&text))),
        }
    }

    fn word(&mut self) -> Result<Query, String> {
        let mut text = String::new();
        // A star or a number behind a tilde means something at the end alone.
        let (mut is_beginning, mut tilde) = (false, None);
        while let Some(c) = self.chars.next_if(|c| !c.is_whitespace() && !matches!(c, '"' | '|' | '+' | '(' | ')')) {
            is_beginning = c == '*';
            match c {
                '\\' => text.extend(self.chars.next()),
                '~' => {
                    tilde = Some(text.len());
                    text.push(c);
                }
                c => text.push(c),
            }
        }
        if tilde.is_some_and(|at| text[at + 1..].bytes().all(|b| b.is_ascii_digit())) {
            return Err(format!("words that are only like one (~) are not answered: {text}"));
        }
        Ok(match text.strip_suffix('*').filter(|_| is_beginning) {
            Some("") => Query::Everything,
            Some(beginning) => self.reading.anywhere(Test::begins(beginning)),
            None => self.reading.anywhere(Test::Holds(text)),
        })
    }
}

/// What was said before, and one more.
fn joined(before: Query, one: Query, all: bool) -> Query {
    match (before, all) {
        (Query::All(mut of), true) => {
            of.push(one);
            Query::All(of)
        }
        (Query::Any(mut of), false) => {
            of.push(one);
            Query::Any(of)
        }
        (before, true) => Query::All(vec![before, one]),
        (before, false) => Query::Any(vec![before, one]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::matches;
    use super::*;
    use serde_json::json;

    #[test]
    fn signs_join_from_the_left() {
        for (text, found, not) in [
            ("a b", ["a", "b"], ["c", "d"]),
            ("a + b", ["a b", "b a"], ["a", "b"]),
            ("a+b", ["a b", "b a c"], ["a", "b"]),
            ("a | b", ["a", "b"], ["c", "d"]),
            ("a + b | c", ["a b", "c"], ["a", "b"]),
            ("a + (b | c)", ["a b", "a c"], ["a", "b c"]),
            ("a + -b", ["a", "a c"], ["a b", "c"]),
            ("-a", ["b", "c"], ["a", "a b"]),
            ("\"a b\"", ["a b", "c a b"], ["b a", "a c b"]),
            ("or*", ["orders", "of orders"], ["for", "a"]),
            ("a AND b", ["and", "a"], ["c", "d"]),
        ] {
            let query = parse(text, &Reading { default_and: false, ..Reading::default() }).expect(text);
            let matches = |names: &str| matches(&query, &json!({"description": names}));
            assert!(found.into_iter().all(matches), "{text}");
            assert!(!not.into_iter().any(matches), "{text}");
        }
        for broken in ["(a", "a)", "\"a", "a~1", "a~", "\"a b\"~2", &"(".repeat(99)] {
            assert!(parse(broken, &Reading::default()).is_err(), "{broken}");
        }
        assert_eq!(parse(" ", &Reading::default()), Ok(Query::Nothing));
        for many in ["a|b+", "*|*+", "-*|"] {
            assert!(parse(&many.repeat(20_000), &Reading::default()).is_err(), "{many}");
        }
    }
}
