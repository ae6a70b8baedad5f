//! From a document to what the index keeps of it.

use emporion_catalog::text::fold;
use tantivy::TantivyDocument;

use super::schema::Fields;
use super::terms;
use super::tokens::LengthPrefixed;
use crate::document::{COUNTED, Document};

pub fn encode(fields: &Fields, document: &Document) -> TantivyDocument {
    let mut encoded = TantivyDocument::new();
    let columns = &fields.columns;
    encoded.add_bytes(fields.id, document.id.as_bytes());
    for text in &document.texts {
        if let Some(field) = fields.tiers[text.tier as usize] {
            encoded.add_text(field, &text.text);
        }
    }
    encoded.add_text(fields.facts, facts(document));
    encoded.add_text(columns.account, document.account.to_string());
    encoded.add_text(columns.kind, document.kind.name());
    encoded.add_bool(columns.granted, document.is_granted);
    encoded.add_u64(columns.standing, document.standing);
    encoded.add_text(columns.order, fold(&document.name));
    if let Some(field) = columns.fqn {
        encoded.add_text(field, &document.fqn);
    }
    let (high, low) = document.id.uuid().as_u64_pair();
    encoded.add_u64(columns.id_high, high);
    encoded.add_u64(columns.id_low, low);
    for (field, at) in [(columns.created, document.created), (columns.updated, document.updated)] {
        if let Some(field) = field {
            encoded.add_i64(field, at);
        }
    }
    for (field, value) in &document.counted {
        let place = COUNTED.iter().position(|counted| counted == field);
        if let Some(column) = place.and_then(|place| columns.counted[place]) {
            encoded.add_text(column, value);
        }
    }
    encoded
}

/// What is said twice stands there twice, and is one term of the document.
fn facts(document: &Document) -> String {
    let mut all = LengthPrefixed::default();
    document.has.iter().for_each(|field| all.push(terms::of_having(field)));
    for fact in &document.facts {
        terms::of_fact(&fact.field, &fact.text, |term| all.push(term));
    }
    for lead in &document.leads {
        terms::of_leading(&lead.field, lead.to, |term| all.push(term));
    }
    for id in &document.linked {
        terms::of_leading(terms::LINKED, *id, |term| all.push(term));
    }
    document.numbers.iter().for_each(|(field, number)| all.push([&terms::number(field, *number)]));
    document.times.iter().for_each(|(field, at)| all.push([&terms::time(field, *at)]));
    all.push(terms::of_kind(document.kind));
    all.text
}
