//! Why a document was found: the field, and what stands there.

use crate::document::{Document, properties};
use crate::matching::{of_fact, worth};
use crate::plan::{Test, WordTest};
use crate::words::{fold, split};

/// How much of a text is shown around what was found, in bytes.
const AROUND: usize = 60;
const MOST: usize = 160;
/// How many reasons are told.
const MOST_REASONS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub field: String,
    pub fragment: String,
}

/// What of a document fits a query, in the order of the query. Of what was to be absent nothing is told.
pub fn reasons(test: &Test, document: &Document) -> Vec<Reason> {
    let mut found = Vec::new();
    collect(test, document, &mut found);
    let mut told: Vec<Reason> = Vec::with_capacity(found.len().min(MOST_REASONS));
    for reason in found {
        if !told.contains(&reason) && told.len() < MOST_REASONS {
            told.push(reason);
        }
    }
    told
}

fn collect(test: &Test, document: &Document, found: &mut Vec<Reason>) {
    let facts = |wanted: &dyn Fn(&str, &str) -> bool| {
        document.facts.iter().find(|fact| wanted(&fact.field, &fact.text)).map(|fact| reason(&fact.field, &fact.text))
    };
    match test {
        Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| collect(part, document, found)),
        Test::Word(word) => found.extend(of_word(word, document)),
        Test::Exact { field, text } => found.extend(facts(&|of, is| of == *field && is == text)),
        Test::Folded { field, text } => found.extend(facts(&|of, is| of == *field && fold(is) == text.as_str())),
        Test::Begins { field, text } => {
            found.extend(facts(&|of, is| of == *field && fold(is).starts_with(text.as_str())))
        }
        Test::Leads { field, to } if document.ids.iter().any(|(of, id)| of == field && to.contains(id)) => {
            found.extend(facts(&|of, _| of == *field));
        }
        _ => {}
    }
}

fn of_word(word: &WordTest, document: &Document) -> Option<Reason> {
    let whole = document.facts.iter().filter_map(|fact| Some((of_fact(word, fact)?, reason(&fact.field, &fact.text))));
    let texts = document.texts.iter().filter_map(|text| {
        let (fit, from, to) = word.find(&split(&text.text))?;
        Some((worth(text.tier, fit), reason(text.field, &around(&text.text, from, to))))
    });
    // The first of the best.
    whole.chain(texts).reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, reason)| reason)
}

fn reason(field: &str, fragment: &str) -> Reason {
    let field = match field {
        "below" => "fqn",
        "domain=" => "domain",
        other => other.strip_prefix(properties::FIELD).unwrap_or(other),
    };
    Reason { field: field.to_owned(), fragment: fragment.to_owned() }
}

/// The text, or as much of it as stands around a place.
fn around(text: &str, from: usize, to: usize) -> String {
    if text.len() <= MOST {
        return text.to_owned();
    }
    let start = text.floor_char_boundary(from.saturating_sub(AROUND));
    let end = text.ceil_char_boundary((to + AROUND).min(text.len()).min(start + MOST * 2));
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < text.len() { "…" } else { "" });
    format!("{before}{}{after}", text[start..end].trim())
}
