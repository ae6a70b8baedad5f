//! HTML: the text that a reader sees. Scripts, styles and what stands in `<head>` are left out.

use html5gum::{Token, Tokenizer};

use crate::passage::{Passages, squeezed};
use crate::{ExtractError, Passage};

/// Elements whose content nobody reads.
const HIDDEN: &[&[u8]] = &[b"script", b"style", b"head", b"noscript", b"template", b"svg", b"math", b"object"];
/// Elements that do not end a paragraph.
const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"bdi", b"bdo", b"cite", b"code", b"data", b"dfn", b"em", b"font", b"i", b"kbd", b"label",
    b"mark", b"q", b"s", b"samp", b"small", b"span", b"strong", b"sub", b"sup", b"time", b"u", b"var", b"wbr",
];
const HEADINGS: &[&[u8]] = &[b"h1", b"h2", b"h3", b"h4", b"h5", b"h6"];

pub(crate) fn passages(text: &str) -> Result<Vec<Passage>, ExtractError> {
    let mut reader = Reader::default();
    for Ok(token) in Tokenizer::new(text) {
        match token {
            Token::StartTag(tag) => reader.begin(&tag.name, tag.self_closing)?,
            Token::EndTag(tag) => reader.end(&tag.name)?,
            Token::String(text) if reader.hidden.is_none() => reader.text.push_str(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    reader.break_off()?;
    reader.passages.finish()
}

#[derive(Default)]
struct Reader {
    passages: Passages,
    text: String,
    /// The element that hides what is read, and how often it stands open.
    hidden: Option<(Vec<u8>, usize)>,
}

impl Reader {
    fn begin(&mut self, name: &[u8], is_closed: bool) -> Result<(), ExtractError> {
        match &mut self.hidden {
            Some((element, depth)) if element == name && !is_closed => *depth += 1,
            Some(_) => {}
            None if HIDDEN.contains(&name) && !is_closed => self.hidden = Some((name.to_vec(), 1)),
            None if INLINE.contains(&name) => {}
            None if name == b"br" || name == b"td" || name == b"th" => self.text.push(' '),
            None => self.break_off()?,
        }
        Ok(())
    }

    fn end(&mut self, name: &[u8]) -> Result<(), ExtractError> {
        match &mut self.hidden {
            Some((element, depth)) if element == name => {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            Some((element, _)) if element == b"head" && name == b"html" => self.hidden = None,
            Some(_) => {}
            None if HEADINGS.contains(&name) => {
                let heading = std::mem::take(&mut self.text);
                self.passages.heading(&heading);
                // It can be asked for, too.
                self.passages.paragraph(&squeezed(&heading))?;
            }
            None if INLINE.contains(&name) => {}
            None if name == b"td" || name == b"th" => self.text.push(' '),
            None => self.break_off()?,
        }
        Ok(())
    }

    fn break_off(&mut self) -> Result<(), ExtractError> {
        let text = std::mem::take(&mut self.text);
        self.passages.paragraph(&squeezed(&text))
    }
}
