//! Quotes, documents and their places in words.

use emporion_catalog::reading::Seen;
use emporion_semantic::chat::quote::{Indexed, Quote};
use serde_json::{Map, Value, json};

use super::SHOWN;
use super::collection::Document;

/// What a thread keeps of an answer: where it was quoted from, and nothing of what documents say. These can be taken away,
/// also from who has read them.
pub fn without_quotes(kept: &mut Map<String, Value>) -> Option<String> {
    let quotes = kept.shift_remove("quotes")?;
    kept.insert("suggestions".into(), json!([]));
    let quotes = quotes.as_array().filter(|quotes| !quotes.is_empty())?;
    let mut citations: Vec<String> = quotes.iter().map(|quote| citation(quote, false)).collect();
    citations.dedup();
    let text = format!("Quoted from {}.", citations.join("; "));
    kept.insert("text".into(), text.as_str().into());
    const PLACE: [&str; 6] = ["documentId", "name", "dataProductId", "alias", "page", "index"];
    let citation = |quote: &Value| -> Value {
        PLACE.into_iter().map(|member| (member.to_owned(), quote[member].clone())).collect::<Map<_, _>>().into()
    };
    kept.insert("quotes".into(), quotes.iter().map(citation).collect());
    Some(text)
}

pub(super) fn print(documents: &[&Document], collection: &[&Indexed], quote: &Quote) -> Value {
    let Document { titled, product, alias, .. } = documents[quote.document];
    let passage = &collection[quote.document].passages()[quote.passage];
    json!({
        "documentId": titled.id,
        "name": titled.name,
        "dataProductId": product.record_id().to_string(),
        "alias": alias,
        "heading": passage.heading,
        "page": passage.page,
        "index": quote.passage,
        "text": passage.text,
        "isVaried": quote.is_varied,
    })
}

/// A quote as it is read, with its place.
pub(super) fn shown(quote: &Value) -> String {
    let text = quote["text"].as_str().unwrap_or_default();
    format!("{}: \u{201c}{}\u{201d}", citation(quote, true), visible(text))
}

fn citation(quote: &Value, with_heading: bool) -> String {
    let mut citation = format!("\u{201c}{}\u{201d}", quote["name"].as_str().unwrap_or_default());
    if let Some(alias) = quote["alias"].as_str() {
        citation.push_str(&format!(" of \u{201c}{alias}\u{201d}"));
    }
    if let Some(heading) = quote["heading"].as_str().filter(|_| with_heading) {
        citation.push_str(&format!(", under \u{201c}{}\u{201d}", visible(heading)));
    }
    if let Some(page) = quote["page"].as_u64() {
        citation.push_str(&format!(", page {page}"));
    }
    citation
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
