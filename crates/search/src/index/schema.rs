//! Which fields the index has, and by what a change of its form shows.

use std::hash::{DefaultHasher, Hash, Hasher};

use emporion_catalog::registry::Registry;
use tantivy::schema::{BytesOptions, FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use super::tokens::{FACTS, WORDS};
use crate::document::{COUNTED, Tier, is_found};

/// Raised when documents are made otherwise of the same records.
const FORM: u32 = 3;

/// The fields by which documents are found.
#[derive(Debug, Clone)]
pub struct Fields {
    pub schema: Schema,
    pub id: Field,
    pub facts: Field,
    pub tiers: [Field; 6],
    pub columns: Columns,
}

/// What is read of each document that is found.
#[derive(Debug, Clone)]
pub struct Columns {
    pub account: Field,
    pub kind: Field,
    pub granted: Field,
    pub standing: Field,
    /// The folded name, by which those stand that fit equally well.
    pub order: Field,
    pub fqn: Field,
    pub id_high: Field,
    pub id_low: Field,
    pub created: Field,
    pub updated: Field,
    pub counted: Vec<Field>,
}

/// The name of the column with the values of a field that is counted.
pub fn counted_column(field: &str) -> String {
    format!("counted_{field}")
}

impl Default for Fields {
    fn default() -> Fields {
        let mut builder = Schema::builder();
        let found = |tokenizer: &str, option: IndexRecordOption| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing.set_index_option(option))
        };
        let column = || TextOptions::default().set_fast("raw");
        let id = builder.add_bytes_field("id", BytesOptions::default().set_indexed());
        let facts = builder.add_text_field("facts", found(FACTS, IndexRecordOption::Basic));
        let tiers = Tier::ALL.map(|tier| {
            let name = format!("{tier:?}").to_lowercase();
            builder.add_text_field(&name, found(WORDS, IndexRecordOption::WithFreqsAndPositions))
        });
        let columns = Columns {
            account: builder.add_text_field("account", column()),
            kind: builder.add_text_field("kind", column()),
            granted: builder.add_bool_field("granted", FAST),
            standing: builder.add_u64_field("standing", FAST),
            order: builder.add_text_field("order", column()),
            fqn: builder.add_text_field("fqn", column()),
            id_high: builder.add_u64_field("id_high", FAST),
            id_low: builder.add_u64_field("id_low", FAST),
            created: builder.add_i64_field("created", FAST),
            updated: builder.add_i64_field("updated", FAST),
            counted: COUNTED.iter().map(|field| builder.add_text_field(&counted_column(field), column())).collect(),
        };
        Fields { schema: builder.build(), id, facts, tiers, columns }
    }
}

/// A number that is another one when documents are made otherwise, or of other kinds.
pub fn fingerprint(registry: &Registry) -> String {
    let mut hasher = DefaultHasher::new();
    FORM.hash(&mut hasher);
    serde_json::to_string(&Fields::default().schema).unwrap_or_default().hash(&mut hasher);
    for kind in registry.iter().filter(|kind| is_found(*kind)) {
        kind.name().hash(&mut hasher);
        kind.fields().for_each(|field| field.name.hash(&mut hasher));
        kind.relations().for_each(|relation| relation.name().hash(&mut hasher));
        kind.0.parts.iter().for_each(|parts| parts.list.hash(&mut hasher));
    }
    format!("{:016x}", hasher.finish())
}
