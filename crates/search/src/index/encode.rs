//! From a document to what the index keeps of it.

use emporion_catalog::text::fold;
use tantivy::TantivyDocument;

use super::schema::Fields;
use super::{terms, tokens};
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
    encoded.add_text(fields.facts, tokens::joined(&facts(document)));
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

/// Each once.
fn facts(document: &Document) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(document.has.len() + document.facts.len() * 2 + document.leads.len());
    all.extend(document.has.iter().map(|field| terms::has(field)));
    for fact in &document.facts {
        terms::of_fact(&fact.field, &fact.text, &mut |term| all.push(term));
    }
    all.extend(document.leads.iter().map(|lead| terms::leads(&lead.field, lead.to)));
    all.extend(document.linked.iter().map(|id| terms::leads(terms::LINKED, *id)));
    all.extend(document.numbers.iter().map(|(field, number)| terms::number(field, *number)));
    all.extend(document.times.iter().map(|(field, at)| terms::time(field, *at)));
    all.push(terms::kind(document.kind));
    all.sort_unstable();
    all.dedup();
    all
}
