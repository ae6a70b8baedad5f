//! `COPY … TO STDOUT`: what is read, and how its rows are written.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::said::{Places, plain};
use crate::guard::{Refusal, Rule};

/// Rows that go to the client in a form of his choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub query: String,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Csv,
    Binary,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub format: Format,
    pub has_header: bool,
    pub delimiter: char,
    /// What stands where there is no value.
    pub null: String,
    pub quote: char,
    pub escape: char,
    pub quoted: Quoted,
}

/// The columns whose values stand in quotes whatever they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quoted {
    These(Vec<String>),
    All,
}

/// What a client has said of the form.
#[derive(Default)]
struct Options {
    format: Option<Format>,
    has_header: bool,
    delimiter: Option<String>,
    null: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    quoted: Option<Quoted>,
}

/// The tokens behind COPY; `None` for one that would write.
///
/// Errors: syntax, and what is not offered.
pub(super) fn copy(places: &mut Places<'_>, tokens: &[TokenWithSpan]) -> Result<Option<Copy>, Refusal> {
    let behind = match tokens.first().map(|token| &token.token) {
        Some(Token::LParen) => closing(tokens).ok_or_else(|| wrong(tokens.last()))? + 1,
        _ => tokens.iter().position(|token| is_word(token, "from") || is_word(token, "to")).unwrap_or(tokens.len()),
    };
    let (what, how) = tokens.split_at(behind);
    match how {
        [from, ..] if is_word(from, "from") => Ok(None),
        [to, out, options @ ..] if is_word(to, "to") && is_word(out, "stdout") => {
            let query = query(places, what)?;
            Ok(Some(Copy { query, form: form(options)? }))
        }
        [to, ..] if is_word(to, "to") => {
            Err(not_offered("COPY to a place on the server: write TO STDOUT, or \\copy in psql"))
        }
        _ => Err(wrong(how.first())),
    }
}

fn is_word(token: &TokenWithSpan, word: &str) -> bool {
    matches!(&token.token, Token::Word(own) if own.quote_style.is_none() && own.value.eq_ignore_ascii_case(word))
}

fn wrong(at: Option<&TokenWithSpan>) -> Refusal {
    let near: String = at.map(|token| token.token.to_string()).unwrap_or_default().chars().take(40).collect();
    Refusal::new(Rule::Syntax, format!("syntax error in COPY at or near \"{near}\""))
}

fn not_offered(what: &str) -> Refusal {
    Refusal::new(Rule::Unsupported, format!("{what} is not offered"))
}

/// Where the bracket is that closes the first one.
fn closing(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// The query in brackets, or one of the columns of a table.
fn query(places: &mut Places<'_>, what: &[TokenWithSpan]) -> Result<String, Refusal> {
    let open = what.iter().position(|token| token.token == Token::LParen);
    let last = what.last().filter(|token| token.token == Token::RParen);
    let is_name = |token: &TokenWithSpan| matches!(token.token, Token::Word(_) | Token::Period);
    if open != Some(0) && !what[..open.unwrap_or(what.len())].iter().all(is_name) {
        return Err(wrong(what.first()));
    }
    match open {
        Some(0) if what.len() > 2 => Ok(places.text(&what[1..what.len() - 1])),
        None if !what.is_empty() => Ok(format!("SELECT * FROM {}", places.text(what))),
        Some(open) if open > 0 && last.is_some() && what.len() > open + 2 => {
            let table = places.text(&what[..open]);
            Ok(format!("SELECT {} FROM {table}", places.text(&what[open + 1..what.len() - 1])))
        }
        _ => Err(wrong(what.first())),
    }
}

/// `WITH (FORMAT csv, HEADER)`, or as it was written before: `WITH CSV HEADER`.
fn form(tokens: &[TokenWithSpan]) -> Result<Form, Refusal> {
    let tokens = match tokens {
        [with, rest @ ..] if is_word(with, "with") => rest,
        all => all,
    };
    let mut options = Options::default();
    match tokens {
        [open, inner @ .., close] if open.token == Token::LParen && close.token == Token::RParen => {
            let mut rest = inner;
            while !rest.is_empty() {
                rest = option(rest, &mut options)?;
                match rest {
                    [comma, more @ ..] if comma.token == Token::Comma && !more.is_empty() => rest = more,
                    [] => {}
                    _ => return Err(wrong(rest.first())),
                }
            }
        }
        all => {
            let mut rest = all;
            while !rest.is_empty() {
                rest = option(rest, &mut options)?;
            }
        }
    }
    options.form()
}

/// Takes one option, in either way to write it.
fn option<'t>(tokens: &'t [TokenWithSpan], options: &mut Options) -> Result<&'t [TokenWithSpan], Refusal> {
    let [first, rest @ ..] = tokens else { return Err(wrong(None)) };
    let Token::Word(word) = &first.token else { return Err(wrong(Some(first))) };
    let rest = match rest {
        [r#as, rest @ ..] if is_word(r#as, "as") => rest,
        rest => rest,
    };
    let name = word.value.to_ascii_lowercase();
    Ok(match name.as_str() {
        "csv" | "binary" | "text" => {
            options.format = format(&name);
            rest
        }
        "format" => {
            let (value, rest) = value(rest)?;
            options.format = format(&value.to_ascii_lowercase());
            options.format.ok_or_else(|| wrong(rest.first()))?;
            rest
        }
        "header" => {
            let (said, rest) = match rest {
                [token, more @ ..] if is_flag(token) => (plain(&token.token).to_ascii_lowercase(), more),
                rest => ("true".to_owned(), rest),
            };
            options.has_header = matches!(said.as_str(), "true" | "on" | "1");
            rest
        }
        "delimiter" | "null" | "quote" | "escape" | "encoding" => {
            let (value, rest) = value(rest)?;
            match name.as_str() {
                "delimiter" => options.delimiter = Some(value),
                "null" => options.null = Some(value),
                "quote" => options.quote = Some(value),
                "escape" => options.escape = Some(value),
                _ if ["utf8", "utf-8", "unicode"].contains(&value.to_ascii_lowercase().as_str()) => {}
                _ => return Err(not_offered("an encoding but UTF8")),
            }
            rest
        }
        "force_quote" => columns(rest, options)?,
        "force" if rest.first().is_some_and(|token| is_word(token, "quote")) => columns(&rest[1..], options)?,
        _ => return Err(not_offered(&format!("the option {name} of COPY TO"))),
    })
}

fn is_flag(token: &TokenWithSpan) -> bool {
    let words = ["true", "false", "on", "off", "1", "0"];
    matches!(token.token, Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_))
        && words.contains(&plain(&token.token).to_ascii_lowercase().as_str())
}

fn value(tokens: &[TokenWithSpan]) -> Result<(String, &[TokenWithSpan]), Refusal> {
    match tokens {
        [token, rest @ ..] => match &token.token {
            Token::Word(_) | Token::SingleQuotedString(_) => Ok((plain(&token.token), rest)),
            Token::EscapedStringLiteral(text) => Ok((text.clone(), rest)),
            _ => Err(wrong(Some(token))),
        },
        [] => Err(wrong(None)),
    }
}

/// `*`, or names with or without brackets around them.
fn columns<'t>(tokens: &'t [TokenWithSpan], options: &mut Options) -> Result<&'t [TokenWithSpan], Refusal> {
    match tokens {
        [all, rest @ ..] if all.token == Token::Mul => {
            options.quoted = Some(Quoted::All);
            return Ok(rest);
        }
        [open, ..] if open.token == Token::LParen => {
            let end = closing(tokens).ok_or_else(|| wrong(tokens.first()))?;
            let (names, rest) = names(&tokens[1..end]);
            options.quoted = Some(Quoted::These(names));
            return if rest.is_empty() { Ok(&tokens[end + 1..]) } else { Err(wrong(rest.first())) };
        }
        _ => {}
    }
    let (names, rest) = names(tokens);
    options.quoted = Some(Quoted::These(names));
    Ok(rest)
}

fn names(tokens: &[TokenWithSpan]) -> (Vec<String>, &[TokenWithSpan]) {
    let (mut names, mut rest) = (Vec::new(), tokens);
    while let [token, more @ ..] = rest
        && let Token::Word(word) = &token.token
    {
        names.push(if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() });
        rest = more;
        match rest {
            [comma, more @ ..] if comma.token == Token::Comma => rest = more,
            _ => break,
        }
    }
    (names, rest)
}

fn format(name: &str) -> Option<Format> {
    Some(match name {
        "text" => Format::Text,
        "csv" => Format::Csv,
        "binary" => Format::Binary,
        _ => return None,
    })
}

impl Options {
    fn form(self) -> Result<Form, Refusal> {
        let refused = |message: &str| Refusal::new(Rule::Unsupported, message);
        let format = self.format.unwrap_or(Format::Text);
        let is_csv = format == Format::Csv;
        let says_more = self.delimiter.is_some() || self.null.is_some() || self.has_header;
        if format == Format::Binary && says_more {
            return Err(refused("COPY in binary has no delimiter, no header and no word for what is missing"));
        }
        if !is_csv && (self.quote.is_some() || self.escape.is_some() || self.quoted.is_some()) {
            return Err(refused("COPY has quotes in CSV alone"));
        }
        let one = |said: Option<String>, otherwise: char, what: &str| match said {
            None => Ok(otherwise),
            Some(said) => match said.as_bytes() {
                [byte] if byte.is_ascii() && !b"\r\n".contains(byte) => Ok(char::from(*byte)),
                _ => Err(refused(&format!("the {what} of COPY must be one character of one byte"))),
            },
        };
        let delimiter = one(self.delimiter, if is_csv { ',' } else { '\t' }, "delimiter")?;
        let quote = one(self.quote, '"', "quote")?;
        let escape = one(self.escape, quote, "escape")?;
        let null = self.null.unwrap_or_else(|| if is_csv { String::new() } else { "\\N".to_owned() });
        let is_taken = match is_csv {
            true => delimiter == quote || null.contains(quote),
            false => "\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(delimiter),
        };
        if is_taken || null.contains(['\r', '\n', delimiter]) {
            return Err(refused("COPY could not be read with this delimiter, quote and word for what is missing"));
        }
        let quoted = self.quoted.unwrap_or(Quoted::These(Vec::new()));
        Ok(Form { format, has_header: self.has_header, delimiter, null, quote, escape, quoted })
    }
}

#[cfg(test)]
mod tests {
    use super::super::said::{Said, statements};
    use super::*;

    fn copied(sql: &str) -> Copy {
        match statements(sql).expect(sql).pop() {
            Some(Said::Copy(copy)) => copy,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_copied_is_a_query() {
        for (sql, query) in [
            ("COPY (SELECT (1), ')' FROM t) TO STDOUT", "SELECT (1), ')' FROM t"),
            ("copy sales.\"Or to\" to stdout", "SELECT * FROM sales.\"Or to\""),
            ("COPY a.b ( x, \"Y\" ) TO STDOUT WITH CSV", "SELECT x, \"Y\" FROM a.b"),
        ] {
            assert_eq!(copied(sql).query, query);
        }
        assert_eq!(statements("SELECT 1; COPY t FROM STDIN").expect("two")[1], Said::Write("COPY FROM".to_owned()));
        for refused in [
            "COPY t TO '/tmp/x'",
            "COPY t TO PROGRAM 'ls'",
            "COPY t",
            "COPY () TO STDOUT",
            "COPY (SELECT 1",
            "COPY a, b TO STDOUT",
        ] {
            assert!(statements(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn forms_are_said_in_two_ways() {
        let form = |options: &str| copied(&format!("COPY t TO STDOUT {options}")).form;
        let csv = form("WITH (FORMAT csv, HEADER true, DELIMITER ';', NULL 'NA', FORCE_QUOTE (a, \"B\"))");
        assert_eq!((csv.format, csv.has_header, csv.delimiter, csv.null.as_str()), (Format::Csv, true, ';', "NA"));
        assert_eq!(csv.quoted, Quoted::These(vec!["a".to_owned(), "B".to_owned()]));
        let old = form("WITH CSV HEADER DELIMITER AS ';' NULL AS 'NA' FORCE QUOTE a, \"B\"");
        assert_eq!(old, csv);
        assert_eq!(form("(FORMAT 'csv', HEADER off, FORCE_QUOTE *)").quoted, Quoted::All);
        assert_eq!(form("").null, "\\N");
        assert_eq!(form("DELIMITER E'\\t'").delimiter, '\t');
        for refused in
            ["(FORMAT xml)", "CSV DELIMITER ';;'", "CSV QUOTE ','", "(FREEZE)", "BINARY HEADER", "DELIMITER 'a'"]
        {
            assert!(statements(&format!("COPY t TO STDOUT {refused}")).is_err(), "{refused}");
        }
    }
}
