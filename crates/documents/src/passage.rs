//! Passages: pieces of a text that are short enough to be quoted, cut where the text itself is cut.

use serde::{Deserialize, Serialize};

use crate::{ExtractError, MAX_TEXT};

/// What a passage holds at most, in bytes.
pub(crate) const MAX_PASSAGE: usize = 1_200;
/// A paragraph that ends a passage which holds as much already.
const GOOD_PASSAGE: usize = 600;
const MAX_HEADING: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    pub text: String,
    /// The heading that it stands under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The page that it stands on, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// Puts paragraphs together to passages. None reaches over a heading or a page.
#[derive(Default)]
pub(crate) struct Passages {
    done: Vec<Passage>,
    open: String,
    heading: Option<String>,
    page: Option<u32>,
    taken: usize,
}

impl Passages {
    pub fn heading(&mut self, text: &str) {
        self.close();
        let text = squeezed(text);
        self.heading = Some(cut(&text, MAX_HEADING).to_owned()).filter(|heading| !heading.is_empty());
    }

    pub fn page(&mut self, number: u32) {
        self.close();
        self.page = Some(number);
    }

    /// Errors: `TooMuchText` when the document exceeds its bound.
    pub fn paragraph(&mut self, text: &str) -> Result<(), ExtractError> {
        let text = text.trim();
        self.taken += text.len();
        if self.taken > MAX_TEXT {
            return Err(ExtractError::TooMuchText);
        }
        let mut rest = text;
        while !rest.is_empty() {
            if !self.open.is_empty() && self.open.len() + rest.len() > MAX_PASSAGE {
                self.close();
            }
            let piece = cut(rest, MAX_PASSAGE);
            rest = rest[piece.len()..].trim_start();
            if !self.open.is_empty() {
                self.open.push('\n');
            }
            self.open.push_str(piece.trim_end());
            if !rest.is_empty() || self.open.len() >= GOOD_PASSAGE {
                self.close();
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.open);
        if !text.is_empty() {
            self.done.push(Passage { text, heading: self.heading.clone(), page: self.page });
        }
    }

    /// Errors: `NoText` when there was nothing to put together.
    pub fn finish(mut self) -> Result<Vec<Passage>, ExtractError> {
        self.close();
        if self.done.is_empty() { Err(ExtractError::NoText) } else { Ok(self.done) }
    }
}

/// The text with every run of blanks as one.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text: all of it if it is short enough, else up to the end of a sentence, of a word, or the limit.
fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let sentence = head.rmatch_indices([' ', '\n']).find_map(|(at, _)| {
        let ends = head[..at].ends_with(['.', '!', '?', '\n']);
        (ends && at > limit / 2).then_some(at)
    });
    let word = || head.rfind([' ', '\n']).filter(|at| *at > limit / 2);
    &head[..sentence.or_else(word).unwrap_or(end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_paragraphs_stand_together_and_long_ones_are_cut_at_sentences() {
        let mut passages = Passages::default();
        passages.heading("  Prices\n in  EUR ");
        passages.paragraph("One.").unwrap();
        passages.paragraph("Two.").unwrap();
        passages.heading("More");
        passages.paragraph(&"This is a sentence. ".repeat(200)).unwrap();
        let done = passages.finish().unwrap();
        assert_eq!(done[0], Passage { text: "One.\nTwo.".into(), heading: Some("Prices in EUR".into()), page: None });
        assert!(done[1..].iter().all(|passage| passage.text.len() <= MAX_PASSAGE && passage.text.ends_with('.')));
        assert_eq!(done[1..].iter().map(|passage| passage.text.matches("sentence").count()).sum::<usize>(), 200);
    }

    #[test]
    fn text_without_a_blank_is_cut_between_letters() {
        let mut passages = Passages::default();
        passages.paragraph(&"ü".repeat(MAX_PASSAGE)).unwrap();
        let done = passages.finish().unwrap();
        assert_eq!(done.len(), 2);
        assert!(done.iter().all(|passage| passage.text.len() <= MAX_PASSAGE));
    }

    #[test]
    fn too_much_and_nothing_are_told() {
        let mut passages = Passages::default();
        assert_eq!(passages.paragraph(&"x ".repeat(MAX_TEXT / 2 + 1)), Err(ExtractError::TooMuchText));
        assert_eq!(Passages::default().finish(), Err(ExtractError::NoText));
    }
}
