//! SQLite keeps the text of each `CREATE TABLE`, comments included, and has no other place for descriptions.

use std::collections::HashMap;
use std::str::Chars;

/// What the comments of a definition say. One that follows something on its line speaks of that: of the column, or after
/// the opening bracket of the table. One on a line of its own speaks of the column that comes next.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comments {
    pub table: Option<String>,
    pub columns: HashMap<String, String>,
}

/// Reads the text of a `CREATE TABLE`. Whatever cannot be read says nothing.
pub fn comments(sql: &str) -> Comments {
    let mut found = Comments::default();
    let mut rest = sql.chars();
    // The column that is being defined, the thing that the line speaks of, and what was said before the next column.
    let (mut column, mut subject, mut ahead): (Option<String>, Option<String>, Vec<String>) = Default::default();
    let (mut depth, mut is_first_on_line) = (0_usize, true);
    while let Some(c) = rest.next() {
        let text = match c {
            '-' if rest.as_str().starts_with('-') => Some(line(&mut rest)),
            '/' if rest.as_str().starts_with('*') => Some(block(&mut rest)),
            _ => None,
        };
        if let Some(text) = text {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() || depth == 0 {
                continue;
            }
            if is_first_on_line {
                ahead.push(text);
            } else {
                found.say(subject.as_deref(), &text);
            }
            continue;
        }
        match c {
            '\n' => is_first_on_line = true,
            c if c.is_whitespace() => {}
            _ => {
                is_first_on_line = false;
                match c {
                    '(' => depth += 1,
                    ')' if depth <= 1 => break,
                    ')' => depth -= 1,
                    ',' if depth == 1 => column = None,
                    c => {
                        let name = token(c, &mut rest);
                        if depth == 1 && column.is_none() {
                            for text in ahead.drain(..) {
                                found.say(Some(&name), &text);
                            }
                            subject = Some(name.clone());
                            column = Some(name);
                        }
                    }
                }
            }
        }
    }
    found
}

impl Comments {
    fn say(&mut self, column: Option<&str>, text: &str) {
        let said = match column {
            None => self.table.get_or_insert_default(),
            Some(column) => self.columns.entry(column.to_owned()).or_default(),
        };
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(text);
    }
}

/// The rest of the line; its end stays, for it begins another line.
fn line(rest: &mut Chars<'_>) -> String {
    let text = rest.as_str();
    let end = text.find('\n').unwrap_or(text.len());
    *rest = text[end..].chars();
    text[1..end].to_owned()
}

fn block(rest: &mut Chars<'_>) -> String {
    let text = &rest.as_str()[1..];
    let end = text.find("*/");
    *rest = text[end.map_or(text.len(), |end| end + 2)..].chars();
    text[..end.unwrap_or(text.len())].to_owned()
}

/// A name, a number or a quoted text that begins with `first`, without its quotes.
fn token(first: char, rest: &mut Chars<'_>) -> String {
    let close = match first {
        '"' | '\'' | '`' => first,
        '[' => ']',
        _ => {
            let text = rest.as_str();
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(text.len());
            *rest = text[end..].chars();
            return format!("{first}{}", &text[..end]);
        }
    };
    let mut name = String::new();
    while let Some(c) = rest.next() {
        if c != close {
            name.push(c);
        } else if close != ']' && rest.as_str().starts_with(close) {
            name.push(close);
            rest.next();
        } else {
            break;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_belong_to_what_they_stand_beside() {
        let found = comments(
            "CREATE TABLE orders ( -- What was bought,\n  -- one row each order.\n  id INTEGER PRIMARY KEY, -- Number on the invoice.\n\
             \n  /* Who\n   ordered. */\n  customer_id INT REFERENCES customers (id), -- Never empty,\n  \"odd, name\" TEXT DEFAULT '-- no comment', /* a */ -- b\n\
             amount DECIMAL(12, 2) CHECK (amount >= 0 /* never below */) -- Net.\n, CHECK (1) -- x\n) -- after",
        );
        let said = |column: &str| found.columns.get(column).map(String::as_str);
        assert_eq!(found.table.as_deref(), Some("What was bought,"));
        assert_eq!(said("id"), Some("one row each order. Number on the invoice."));
        assert_eq!(said("customer_id"), Some("Who ordered. Never empty,"));
        assert_eq!(said("odd, name"), Some("a b"));
        assert_eq!(said("amount"), Some("never below Net."));
    }

    #[test]
    fn no_text_is_too_odd() {
        for sql in [
            "",
            "(",
            "CREATE TABLE t (a",
            "CREATE TABLE t (/*",
            "CREATE TABLE t (\"a",
            "x ( -",
            "x ( a --",
            "x (é /* ü */",
        ] {
            comments(sql);
        }
        assert_eq!(comments("CREATE TABLE t (a, b)"), Comments::default());
    }
}
