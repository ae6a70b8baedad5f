//! Plain text and Markdown: paragraphs between empty lines, and headings where the format has them.

use crate::passage::Passages;
use crate::{ExtractError, Passage};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headings {
    None,
    /// Lines that begin with `#`, outside of fenced code.
    Markdown,
}

pub(crate) fn passages(text: &str, headings: Headings) -> Result<Vec<Passage>, ExtractError> {
    let mut passages = Passages::default();
    let mut paragraph = String::new();
    let mut is_fenced = false;
    for line in text.lines() {
        let bare = line.trim();
        if headings == Headings::Markdown && (bare.starts_with("```") || bare.starts_with("~~~")) {
            is_fenced = !is_fenced;
        }
        let heading = heading(bare).filter(|_| headings == Headings::Markdown && !is_fenced);
        if bare.is_empty() || heading.is_some() {
            passages.paragraph(&paragraph)?;
            paragraph.clear();
        } else {
            paragraph.push_str(line.trim_end());
            paragraph.push('\n');
        }
        if let Some(heading) = heading {
            passages.heading(heading);
        }
    }
    passages.paragraph(&paragraph)?;
    passages.finish()
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim().trim_end_matches('#').trim_end())
}
