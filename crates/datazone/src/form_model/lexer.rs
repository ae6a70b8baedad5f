//! Cuts Smithy text into tokens; blanks, commas and comments separate them and are dropped.

use super::ModelFault;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A word or a shape id: `structure`, `smithy.api#String`, `true`.
    Word(String),
    Text(String),
    Number(f64),
    /// One of `{ } [ ] ( ) : = @ $`.
    Sign(char),
}

#[derive(Debug, Clone)]
pub struct Placed {
    pub token: Token,
    pub line: usize,
}

pub fn tokens(text: &str) -> Result<Vec<Placed>, ModelFault> {
    let mut lexer = Lexer { rest: text, line: 1 };
    let mut tokens = Vec::new();
    while let Some(placed) = lexer.next()? {
        tokens.push(placed);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Result<Option<Placed>, ModelFault> {
        self.skip();
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let line = self.line;
        let token = match first {
            '"' => Token::Text(self.text()?),
            '{' | '}' | '[' | ']' | '(' | ')' | ':' | '=' | '@' | '$' => {
                self.take(1);
                Token::Sign(first)
            }
            '-' | '0'..='9' => Token::Number(self.number()?),
            _ if is_word_start(first) => Token::Word(self.word()),
            _ => return Err(self.fault(format!("unexpected character {:?}", first.to_string()))),
        };
        Ok(Some(Placed { token, line }))
    }

    fn skip(&mut self) {
        loop {
            let start = self.rest.len();
            self.take_while(|c| c.is_whitespace() || c == ',');
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            }
            if self.rest.len() == start {
                return;
            }
        }
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// Only a namespace may have hyphens: it is often the id of a domain as it stands.
    fn word(&mut self) -> String {
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '#' | '$' | '-')).to_owned()
    }

    fn number(&mut self) -> Result<f64, ModelFault> {
        let digits = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.fault("a number is not readable")),
        }
    }

    /// A quoted text on one line or several, or a block in three quotes.
    fn text(&mut self) -> Result<String, ModelFault> {
        let quote = if self.rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        let line = self.line;
        self.take(quote.len());
        let mut text = String::new();
        loop {
            if self.rest.starts_with(quote) {
                self.take(quote.len());
                return Ok(text);
            }
            match self.rest.chars().next() {
                None => return Err(ModelFault { line, message: "a text is not closed".into() }),
                Some('\\') => {
                    self.take(1);
                    self.escape(&mut text)?;
                }
                Some(plain) => {
                    self.take(plain.len_utf8());
                    text.push(plain);
                }
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), ModelFault> {
        let escaped = self.rest.chars().next().ok_or_else(|| self.fault("a text is not closed"))?;
        self.take(escaped.len_utf8());
        match escaped {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '"' | '\\' | '/' => text.push(escaped),
            // A backslash at the end of a line joins it with the next.
            '\n' => {}
            'u' => {
                let digits = self.rest.get(..4).ok_or_else(|| self.fault("\\u needs four hexadecimal digits"))?;
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                text.push(code.ok_or_else(|| self.fault("\\u needs four hexadecimal digits of a character"))?);
                self.take(4);
            }
            _ => return Err(self.fault("an unknown escape in a text")),
        }
        Ok(())
    }

    fn fault(&self, message: impl Into<String>) -> ModelFault {
        ModelFault { line: self.line, message: message.into() }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lex(text: &str) -> Vec<Token> {
        tokens(text).unwrap().into_iter().map(|placed| placed.token).collect()
    }

    #[test]
    fn words_texts_numbers_and_signs_are_told_apart() {
        let word = |text: &str| Token::Word(text.into());
        assert_eq!(
            lex("@a.b#c(min: -1.5, name: \"x\\\"y\") // note\nstructure"),
            [
                Token::Sign('@'),
                word("a.b#c"),
                Token::Sign('('),
                word("min"),
                Token::Sign(':'),
                Token::Number(-1.5),
                word("name"),
                Token::Sign(':'),
                Token::Text("x\"y".into()),
                Token::Sign(')'),
                word("structure"),
            ]
        );
    }

    #[test]
    fn blocks_and_escapes_are_read() {
        assert_eq!(lex("\"\"\"a \"quoted\"\nb\"\"\""), [Token::Text("a \"quoted\"\nb".into())]);
        assert_eq!(lex(r#""\u00e9\n\\""#), [Token::Text("é\n\\".into())]);
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(tokens("a\n\n;").unwrap_err().line, 3);
        assert_eq!(tokens("a\n\"open").unwrap_err(), ModelFault { line: 2, message: "a text is not closed".into() });
        for text in ["\"\\u12", "\"\\ud800\"", "\"\\uéé\"", "\"\\q\"", "1e999", "1-2", "\"\\"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_lexer_panic(text in "[\\PC\n\"\\\\u{}0-9]{0,60}") {
            let _ = tokens(&text);
        }
    }
}
