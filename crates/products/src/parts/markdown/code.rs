//! Code in Markdown: what is shown as it stands, whatever it looks like.
//!
//! Only code that no reader of Markdown can take for anything else is found: fences that begin their line, and spans
//! within one line. What is code to some and prose to others counts as prose.

use std::ops::Range;

use super::target::{self, Opening};

/// The places of code, in their order.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut fence: Option<Fence> = None;
    // Whether a backtick is open that may be closed in a later line of the paragraph.
    let mut is_doubtful = false;
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = &rest[..length];
        if let Some(open) = &fence {
            found.push(start..start + length);
            if open.is_closed_by(line) {
                fence = None;
            }
        } else if let Some(open) = Fence::opened_by(line) {
            found.push(start..start + length);
            fence = Some(open);
            is_doubtful = false;
        } else if line.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            is_doubtful = false;
        } else if !is_doubtful {
            is_doubtful = spans(line, start, &mut found).is_none();
        }
        start += length + 1;
    }
    found
}

struct Fence {
    mark: u8,
    length: usize,
}

impl Fence {
    /// A fence that stands further in may belong to a list, which ends it.
    fn opened_by(line: &str) -> Option<Fence> {
        let mark = line.bytes().next().filter(|b| matches!(b, b'`' | b'~'))?;
        let length = run(line.as_bytes(), 0);
        let is_one = length >= 3 && (mark == b'~' || !line[length..].contains('`'));
        is_one.then_some(Fence { mark, length })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let bare = line.trim_start_matches(' ');
        let length = bare.bytes().take_while(|b| *b == self.mark).count();
        line.len() - bare.len() <= 3
            && length >= self.length
            && bare[length..].bytes().all(|b| matches!(b, b' ' | b'\t'))
    }
}

/// The spans of a line that begins at `start`. `None` as soon as it cannot be told what the backticks of the rest of the
/// paragraph mean.
fn spans(line: &str, start: usize, found: &mut Vec<Range<usize>>) -> Option<()> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 2,
            b'`' => {
                let length = run(bytes, at);
                let end = closed(bytes, at + length, length)?;
                let inner = &line[at + length..end - length];
                // It may be the label of a definition, or two cells of a table.
                if inner.contains("]:") || inner.contains('|') {
                    return None;
                }
                found.push(start + at..start + end);
                at = end;
            }
            b']' => {
                if let Some(opening) = Opening::at(&line[at + 1..]) {
                    is_without_backticks(&line[at + 2..], opening).then_some(())?;
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    Some(())
}

/// Whether a link that may begin here takes no backtick into its target or title.
fn is_without_backticks(inner: &str, opening: Opening) -> bool {
    let link = target::link_target(inner, opening);
    if link.text.is_empty() || inner[..link.text.end].contains('`') {
        return false;
    }
    let after = inner[link.end..].trim_start_matches([' ', '\t']);
    let mut chars = after.chars();
    let closing = match chars.next() {
        None => return opening == Opening::Definition,
        Some('(') => ')',
        Some(quote @ ('"' | '\'')) => quote,
        Some(_) => return true,
    };
    chars.as_str().split_once(closing).is_some_and(|(title, _)| !title.contains(['`', '\\']))
}

/// How long the run of equal bytes is that begins at `at`.
fn run(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|b| **b == bytes[at]).count()
}

/// Where a span ends that is open at `at` and was opened by `length` backticks.
fn closed(bytes: &[u8], mut at: usize, length: usize) -> Option<usize> {
    while at < bytes.len() {
        if bytes[at] != b'`' {
            at += 1;
            continue;
        }
        let found = run(bytes, at);
        at += found;
        if found == length {
            return Some(at);
        }
    }
    None
}
