//! Markdown that may be shown as it is: without HTML, and without links that run something. Code stays as it was.

mod code;
mod target;

use std::ops::Range;

use target::Opening;

/// How often a text is gone through; what people write is safe after one or two.
const MOST_ROUNDS: usize = 32;

/// The text without tags, comments and dangerous link targets. Doing it twice changes nothing more.
pub fn sanitised(text: &str) -> String {
    let mut safe = text.to_owned();
    // What is taken out can make something of what stood around it.
    for _ in 0..MOST_ROUNDS {
        let next = without_dangerous_targets(&without_tags(&safe));
        if next == safe {
            return safe;
        }
        safe = next;
    }
    without_markup(&safe)
}

/// The text with nothing in it that begins a tag or a target, of one that is made to go on for ever.
fn without_markup(text: &str) -> String {
    text.replace('<', "").replace("](", "] (").replace("]:", "] :")
}

/// What stands outside of code, and where it is looked for.
struct Prose<'a> {
    text: &'a str,
    code: Vec<Range<usize>>,
    /// The first of them that has not been passed.
    next: usize,
}

impl<'a> Prose<'a> {
    fn of(text: &'a str) -> Prose<'a> {
        Prose { text, code: code::places(text), next: 0 }
    }

    /// The next place of `wanted` at or behind `from`.
    fn find(&mut self, wanted: char, mut from: usize) -> Option<usize> {
        loop {
            let at = from + self.text[from..].find(wanted)?;
            while self.code.get(self.next).is_some_and(|code| code.end <= at) {
                self.next += 1;
            }
            match self.code.get(self.next) {
                Some(code) if code.contains(&at) => from = code.end,
                _ => return Some(at),
            }
        }
    }

    /// The prose behind `at`, up to the next code.
    fn behind(&self, at: usize) -> &'a str {
        let end = self.code.get(self.next).map_or(self.text.len(), |code| code.start);
        &self.text[at + 1..end.max(at + 1)]
    }
}

/// Drops `<tag …>`, `</tag>`, `<!…>` and `<?…>`; a tag that is not closed goes to the next code, or to the end.
/// `a < b`, `<https://…>` and `<a@b.c>` stay.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut prose = Prose::of(text);
    let mut from = 0;
    while let Some(at) = prose.find('<', from) {
        kept.push_str(&text[from..at]);
        let after = prose.behind(at);
        let is_link = after.split_once('>').is_some_and(|(inner, _)| is_autolink(inner) || is_mailbox(inner));
        if is_link || !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            kept.push('<');
            from = at + 1;
        } else {
            // One before it would only open what follows.
            kept.truncate(kept.trim_end_matches('<').len());
            from = at + 1 + after.find('>').map_or(after.len(), |end| end + 1);
        }
    }
    kept.push_str(&text[from..]);
    kept
}

fn is_autolink(inner: &str) -> bool {
    target::has_known_scheme(inner)
        && !inner.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '"' | '`'))
}

fn is_mailbox(inner: &str) -> bool {
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
    };
    inner.split_once('@').is_some_and(|(name, host)| is_plain(name) && is_plain(host))
}

/// Empties the targets of `](…)` and `]: …` whose scheme is none of those that are known.
fn without_dangerous_targets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut prose = Prose::of(text);
    let mut from = 0;
    while let Some(at) = prose.find(']', from) {
        kept.push_str(&text[from..=at]);
        from = at + 1;
        let after = prose.behind(at);
        let Some(opening) = Opening::at(after) else { continue };
        let inner = &after[1..];
        let link = target::link_target(inner, opening);
        if !target::is_dangerous(&inner[link.text.clone()]) {
            continue;
        }
        // What a definition says of its target, but for a title, makes prose of it.
        let behind = inner[link.end..].trim_start_matches([' ', '\t']);
        let is_prose = opening == Opening::Definition
            && !link.is_bracketed
            && behind.starts_with(|c: char| !matches!(c, '"' | '\'' | '(' | '\n' | '\r'));
        if !is_prose {
            kept.push_str(&after[..1]);
            kept.push('#');
            from = at + 2 + link.end;
        }
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests;
