//! From a document to what the index keeps of it.

use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::schema::Fields;
use super::terms;
use crate::document::{COUNTED, Document};
use crate::words::{fold, split, stem};

pub fn encode(fields: &Fields, document: &Document) -> TantivyDocument {
    let mut encoded = TantivyDocument::new();
    let columns = &fields.columns;
    encoded.add_bytes(fields.id, document.id.as_bytes());
    for text in &document.texts {
        encoded.add_pre_tokenized_text(fields.tiers[text.tier as usize], words(&text.text));
    }
    encoded.add_pre_tokenized_text(fields.facts, facts(document));
    encoded.add_text(columns.account, document.account.to_string());
    encoded.add_text(columns.kind, document.kind.name());
    encoded.add_bool(columns.granted, document.is_granted);
    encoded.add_u64(columns.standing, document.standing);
    encoded.add_text(columns.order, fold(&document.name));
    encoded.add_text(columns.fqn, &document.fqn);
    let (high, low) = document.id.uuid().as_u64_pair();
    encoded.add_u64(columns.id_high, high);
    encoded.add_u64(columns.id_low, low);
    encoded.add_i64(columns.created, document.created);
    encoded.add_i64(columns.updated, document.updated);
    for (field, value) in &document.counted {
        if let Some(place) = COUNTED.iter().position(|counted| counted == field) {
            encoded.add_text(columns.counted[place], value);
        }
    }
    encoded
}

/// The words of a text, and their stems where those are others.
fn words(text: &str) -> PreTokenizedString {
    let mut tokens = Vec::new();
    for word in split(text) {
        let mut push = |text: String| {
            let (offset_from, offset_to) = (word.from, word.to);
            tokens.push(Token { offset_from, offset_to, position: word.place, text, position_length: 1 });
        };
        let stem = stem(&word.text);
        if stem != word.text.as_str() {
            push(terms::stem(&stem));
        }
        push(word.text);
    }
    PreTokenizedString { text: String::new(), tokens }
}

fn facts(document: &Document) -> PreTokenizedString {
    let mut all: BTreeSet<String> = document.has.iter().map(|field| terms::has(field)).collect();
    all.extend(document.facts.iter().flat_map(|fact| terms::of_fact(&fact.field, &fact.text)));
    all.extend(document.ids.iter().map(|(field, id)| terms::leads(field, *id)));
    all.extend(document.linked.iter().map(|id| terms::leads(terms::LINKED, *id)));
    all.extend(document.numbers.iter().map(|(field, number)| terms::number(field, *number)));
    all.extend(document.times.iter().map(|(field, at)| terms::time(field, *at)));
    all.insert(terms::kind(document.kind));
    let token = |text: String| Token { offset_from: 0, offset_to: 0, position: 0, text, position_length: 1 };
    PreTokenizedString { text: String::new(), tokens: all.into_iter().map(token).collect() }
}
