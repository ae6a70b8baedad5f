//! Quotes, documents and their places in words.

use emporion_catalog::reading::Seen;
use emporion_semantic::chat::quote::{self, Indexed};

use super::SHOWN;
use super::collection::Document;
use crate::chat::answer::Quote;

pub(super) fn quoted(documents: &[&Document], collection: &[&Indexed], quote: &quote::Quote) -> Quote {
    let Document { titled, product, alias, .. } = documents[quote.document];
    let passage = &collection[quote.document].passages()[quote.passage];
    Quote {
        document_id: titled.id.clone(),
        name: titled.name.clone(),
        data_product_id: product.record_id().to_string(),
        alias: alias.clone(),
        heading: passage.heading.clone(),
        page: passage.page,
        index: quote.passage,
        text: passage.text.clone(),
        is_varied: quote.is_varied,
    }
}

impl Quote {
    /// As it is read, with its place.
    pub(in crate::chat) fn shown(&self) -> String {
        format!("{}: \u{201c}{}\u{201d}", self.citation(true), visible(&self.text))
    }

    /// Its place.
    pub(in crate::chat) fn citation(&self, with_heading: bool) -> String {
        let mut citation = format!("\u{201c}{}\u{201d}", self.name);
        if let Some(alias) = &self.alias {
            citation.push_str(&format!(" of \u{201c}{alias}\u{201d}"));
        }
        if let Some(heading) = self.heading.as_ref().filter(|_| with_heading) {
            citation.push_str(&format!(", under \u{201c}{}\u{201d}", visible(heading)));
        }
        if let Some(page) = self.page {
            citation.push_str(&format!(", page {page}"));
        }
        citation
    }
}

/// With a mark in the place of each character that could make a terminal do something; `quotes` has them as they are.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// The first headings of each document.
pub(super) fn headings(collection: &[&Indexed]) -> Vec<(usize, String)> {
    let mut headings: Vec<(usize, String)> = Vec::new();
    for (at, indexed) in collection.iter().enumerate() {
        for heading in indexed.passages().iter().filter_map(|passage| passage.heading.clone()) {
            if headings.len() < SHOWN && !headings.contains(&(at, heading.clone())) {
                headings.push((at, heading));
            }
        }
    }
    headings
}

pub(super) fn named(documents: &[&Document]) -> String {
    match documents {
        many if many.len() > SHOWN => "the documents".to_owned(),
        few => listed(few.iter().map(|document| document.titled.name.as_str()), "and"),
    }
}

/// `“a”, “b” and “c”`.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>, joint: &str) -> String {
    let mut quoted: Vec<String> = words.map(|word| format!("\u{201c}{word}\u{201d}")).collect();
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} {joint} {last}", quoted.join(", ")) }
}
