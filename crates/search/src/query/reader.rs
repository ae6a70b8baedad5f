//! Characters of a query, with how many stand before each.

use super::Fault;

pub struct Reader {
    chars: Vec<char>,
    pub at: usize,
}

/// What ends a word.
pub fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"')
}

impl Reader {
    pub fn of(text: &str) -> Reader {
        Reader { chars: text.chars().collect(), at: 0 }
    }

    pub fn len(&self) -> usize {
        self.chars.len()
    }

    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub fn take(&mut self, wanted: char) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    pub fn skip_space(&mut self) -> bool {
        let before = self.at;
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.at > before
    }

    /// The characters from here on up to one that ends it.
    pub fn run(&self, ends: impl Fn(char) -> bool) -> String {
        self.chars[self.at..].iter().take_while(|c| !ends(**c)).collect()
    }

    pub fn advance(&mut self, text: &str) {
        self.at += text.chars().count();
    }

    /// What stands between quotes, of which the first is next. A backslash before a quote or a backslash goes away.
    pub fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\\') if self.peek().is_some_and(|c| c == quote || c == '\\') => text.extend(self.next()),
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
                None => {
                    let expected = quote.to_string();
                    return Err(Fault::new(start, format!("the quote {quote} is never closed"), &[&expected]));
                }
            }
        }
    }

    /// After quotes nothing goes on.
    pub fn end_of_quoted(&self) -> Result<(), Fault> {
        match self.peek() {
            None | Some(')') => Ok(()),
            Some(c) if c.is_whitespace() => Ok(()),
            Some(c) => {
                Err(Fault::new(self.at, format!("{c} follows a closing quote at once"), &["a space", ")", "the end"]))
            }
        }
    }
}
