//! The text of a query taken apart. What has a meaning in the language that is not answered is refused here, by itself.

use std::iter::Peekable;
use std::str::Chars;

use emporion_catalog::id::Millis;

use super::super::range::Range;
use super::broken;
use crate::errors::OmResult;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Open,
    Close,
    And,
    Or,
    /// What follows must not hold.
    Not,
    /// What follows must hold.
    Must,
    /// `field:` in front of what follows.
    Field(String),
    /// As it stands, escapes included.
    Word(String),
    Phrase(String),
    Range(Range),
}

pub fn tokens(text: &str) -> OmResult<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    // Of each open parenthesis, whether it holds values of a field.
    let mut groups: Vec<bool> = Vec::new();
    while let Some(&c) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        let is_value = matches!(tokens.last(), Some(Token::Field(_))) || groups.last() == Some(&true);
        match c {
            '(' => groups.push(is_value),
            ')' => drop(groups.pop()),
            _ => {}
        }
        let sign = match c {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '+' => Some(Token::Must),
            '-' | '!' => Some(Token::Not),
            _ => None,
        };
        if let Some(sign) = sign {
            chars.next();
            let is_end = sign == Token::Close;
            tokens.push(sign);
            if is_end {
                boost(&mut chars)?;
            }
            continue;
        }
        match c {
            '"' => {
                chars.next();
                tokens.push(Token::Phrase(phrase(&mut chars)?));
                if chars.peek() == Some(&'~') {
                    return Err(broken("words near to one another (~) are not answered"));
                }
                boost(&mut chars)?;
            }
            '[' | '{' => {
                tokens.push(Token::Range(between(&mut chars)?));
                boost(&mut chars)?;
            }
            '<' | '>' if is_value => {
                tokens.push(Token::Range(beyond(&mut chars)?));
                boost(&mut chars)?;
            }
            '/' => return Err(broken("regular expressions (/) are not answered")),
            ':' => return Err(broken("the name of a field is missing before a colon")),
            _ => tokens.push(named(word(&mut chars)?)?),
        }
    }
    Ok(tokens)
}

fn named(word: String) -> OmResult<Token> {
    Ok(match word.as_str() {
        "AND" | "&&" => Token::And,
        "OR" | "||" => Token::Or,
        "NOT" => Token::Not,
        _ => match word.strip_suffix(':').filter(|field| !field.ends_with('\\')) {
            Some(field) => Token::Field(field.replace('\\', "")),
            None => Token::Word(unboosted(word)?),
        },
    })
}

/// `[a TO b]`, or `{a TO b}` without the ends.
fn between(chars: &mut Peekable<Chars<'_>>) -> OmResult<Range> {
    let form = || broken("a range has the form [a TO b]");
    let is_from = chars.next() == Some('[');
    let from = end(chars, "]}")?.ok_or_else(form)?;
    let to = end(chars, "]}")?.filter(|to| to == "TO").and(end(chars, "]}")?).ok_or_else(form)?;
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    let is_to = match chars.next() {
        Some(']') => true,
        Some('}') => false,
        _ => return Err(form()),
    };
    let open = |text: &str| text == "*";
    let from = Some((from.as_str(), is_from)).filter(|(text, _)| !open(text));
    let to = Some((to.as_str(), is_to)).filter(|(text, _)| !open(text));
    Range::of(from, to, Millis::now()).map_err(|why| broken(&why))
}

/// `>a`, `>=a`, `<a`, `<=a`.
fn beyond(chars: &mut Peekable<Chars<'_>>) -> OmResult<Range> {
    let is_from = chars.next() == Some('>');
    let is_within = chars.next_if_eq(&'=').is_some();
    let end = end(chars, "()^")?.ok_or_else(|| broken("a value is missing behind > or <"))?;
    let end = Some((end.as_str(), is_within));
    let (from, to) = if is_from { (end, None) } else { (None, end) };
    Range::of(from, to, Millis::now()).map_err(|why| broken(&why))
}

/// An end of a range, up to a space or to what closes it; `None` where there is none.
fn end(chars: &mut Peekable<Chars<'_>>, closing: &str) -> OmResult<Option<String>> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    if chars.next_if_eq(&'"').is_some() {
        return phrase(chars).map(Some);
    }
    let mut end = String::new();
    while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !closing.contains(*c)) {
        match c {
            '\\' => end.extend(chars.next()),
            c => end.push(c),
        }
    }
    Ok(Some(end).filter(|end| !end.is_empty()))
}

fn phrase(chars: &mut Peekable<Chars<'_>>) -> OmResult<String> {
    let mut phrase = String::new();
    loop {
        match chars.next() {
            None => return Err(broken("a quote is not closed")),
            Some('"') => return Ok(phrase),
            Some('\\') => phrase.extend(chars.next()),
            Some(c) => phrase.push(c),
        }
    }
}

/// A word as it stands; a field ends after its colon.
fn word(chars: &mut Peekable<Chars<'_>>) -> OmResult<String> {
    let mut word = String::new();
    while let Some(&c) = chars.peek() {
        if c.is_whitespace() || c == '(' || c == ')' {
            break;
        }
        chars.next();
        word.push(c);
        match c {
            '\\' => word.extend(chars.next()),
            // A quoted part of an FQN stands inside its word.
            '"' => loop {
                let c = chars.next().ok_or_else(|| broken("a quote is not closed"))?;
                word.push(c);
                if c == '"' {
                    break;
                }
            },
            ':' => break,
            _ => {}
        }
    }
    Ok(word)
}

/// How much what was said before is worth, which concerns ranking alone.
fn boost(chars: &mut Peekable<Chars<'_>>) -> OmResult<()> {
    if chars.next_if_eq(&'^').is_none() {
        return Ok(());
    }
    let mut number = String::new();
    while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || *c == '.') {
        number.push(c);
    }
    number.parse::<f64>().map(drop).map_err(|_| broken("a boost (^) is a number"))
}

/// The word without its boost.
fn unboosted(word: String) -> OmResult<String> {
    let mut is_escaped = false;
    let mut sign = word.char_indices().filter(|(_, c)| {
        let is_meant = matches!(c, '^' | '~') && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_meant
    });
    match sign.next() {
        None => Ok(word),
        Some((_, '~')) => Err(broken(&format!("words that are only like one (~) are not answered: {word}"))),
        Some((at, _)) => match word[at + 1..].parse::<f64>() {
            Ok(_) if at > 0 => Ok(word[..at].to_owned()),
            _ => Err(broken(&format!("a boost (^) is a number behind a word: {word}"))),
        },
    }
}
