//! Targets of links: where they stand, and where they lead once all that hides it is taken away.

use std::ops::Range;

use emporion_catalog::formats::LINKED;
use html5gum::{Token, Tokenizer};

/// The longest target that is looked into.
const MAX_TARGET: usize = 2_048;

/// What follows a `]` and begins a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// `](`, of a link or a picture.
    Inline,
    /// `]:`, of a definition.
    Definition,
}

impl Opening {
    pub fn at(after: &str) -> Option<Opening> {
        match after.bytes().next()? {
            b'(' => Some(Opening::Inline),
            b':' => Some(Opening::Definition),
            _ => None,
        }
    }
}

pub(super) struct LinkTarget {
    pub text: Range<usize>,
    /// Index just after the closing delimiter.
    pub end: usize,
    /// Whether it stands between `<` and `>`.
    pub is_bracketed: bool,
}

/// The target that begins in `inner`, the text behind the opening.
pub(super) fn link_target(inner: &str, opening: Opening) -> LinkTarget {
    let start = begin(inner);
    if let Some(rest) = inner[start..].strip_prefix('<') {
        let length = rest.find(['>', '<']).unwrap_or(rest.len());
        let end = start + 1 + length;
        let behind = if rest[length..].starts_with('>') { end + 1 } else { end };
        return LinkTarget { text: start + 1..end, end: behind, is_bracketed: true };
    }
    let mut open = 0_usize;
    let mut is_escaped = false;
    let ends = |c: char| match c {
        _ if std::mem::take(&mut is_escaped) => false,
        '\\' => {
            is_escaped = true;
            false
        }
        ' ' => true,
        '\n' | '\r' => opening == Opening::Definition,
        '(' => {
            open += 1;
            false
        }
        ')' if open == 0 => opening == Opening::Inline,
        ')' => {
            open -= 1;
            false
        }
        _ => false,
    };
    let end = inner[start..].find(ends).map_or(inner.len(), |length| start + length);
    LinkTarget { text: start..end, end, is_bracketed: false }
}

/// Where the target begins: it may stand in the next line, which may be one of a quotation.
fn begin(inner: &str) -> usize {
    let mut is_next_line = false;
    let skipped = |c: char| {
        is_next_line |= matches!(c, '\n' | '\r');
        c.is_whitespace() || c.is_control() || (is_next_line && c == '>')
    };
    inner.len() - inner.trim_start_matches(skipped).len()
}

/// Whether a target may lead to something else than a page or a mailbox.
pub(super) fn is_dangerous(target: &str) -> bool {
    if target.len() > MAX_TARGET {
        return !has_known_scheme(target);
    }
    let plain = plain(target);
    let Some((scheme, _)) = plain.split_once(':') else { return false };
    let is_path = scheme.contains(['/', '?', '#']);
    !is_path && !has_known_scheme(&plain)
}

/// One without a scheme stays within the page, and has none that is known.
pub(super) fn has_known_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| LINKED.iter().any(|known| known.eq_ignore_ascii_case(scheme)))
}

/// The target as a browser sees it: without escapes, character references, white space and control characters. They may
/// hide one another, so this goes on until nothing is left to take away.
fn plain(target: &str) -> String {
    let mut plain = target.to_owned();
    loop {
        let next: String = unescaped(&referred(&plain)).chars().filter(|c| !is_skipped(*c)).collect();
        if next == plain {
            return plain;
        }
        plain = next;
    }
}

/// White space, control characters, and what is not seen.
fn is_skipped(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || is_invisible
}

/// The text with its character references replaced.
fn referred(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut read = String::with_capacity(text.len());
    for Ok(token) in Tokenizer::new(&text.replace('<', "&lt;")) {
        if let Token::String(part) = token {
            read.push_str(&String::from_utf8_lossy(&part));
        }
    }
    read
}

/// The text without backslashes before punctuation.
fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => read.extend(chars.next()),
            _ => read.push(c),
        }
    }
    read
}
