//! Which fields the index has.

use tantivy::TantivyError;
use tantivy::schema::{BytesOptions, FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use super::tokens::{FACTS, WORDS};
use crate::document::{COUNTED, Tier};

/// The fields by which documents are found. In an index that an older program made, some can be absent.
#[derive(Debug, Clone)]
pub struct Fields {
    pub schema: Schema,
    pub id: Field,
    pub facts: Field,
    pub tiers: [Option<Field>; 7],
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
    pub fqn: Option<Field>,
    pub id_high: Field,
    pub id_low: Field,
    pub created: Option<Field>,
    pub updated: Option<Field>,
    pub counted: Vec<Option<Field>>,
}

/// The name of the column with the values of a field that is counted.
pub fn counted_column(field: &str) -> String {
    format!("counted_{field}")
}

/// The field of the words that stand in a place of documents.
pub fn tier_field(tier: Tier) -> String {
    format!("{tier:?}").to_lowercase()
}

/// That of an index that is made now.
pub fn schema() -> Schema {
    let mut builder = Schema::builder();
    let found = |tokenizer: &str, option: IndexRecordOption| {
        let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing.set_index_option(option))
    };
    let column = || TextOptions::default().set_fast("raw");
    builder.add_bytes_field("id", BytesOptions::default().set_indexed());
    builder.add_text_field("facts", found(FACTS, IndexRecordOption::Basic));
    for tier in Tier::ALL {
        builder.add_text_field(&tier_field(tier), found(WORDS, IndexRecordOption::WithFreqsAndPositions));
    }
    for name in ["account", "kind", "order", "fqn"] {
        builder.add_text_field(name, column());
    }
    builder.add_bool_field("granted", FAST);
    for name in ["standing", "id_high", "id_low"] {
        builder.add_u64_field(name, FAST);
    }
    for name in ["created", "updated"] {
        builder.add_i64_field(name, FAST);
    }
    for field in COUNTED {
        builder.add_text_field(&counted_column(field), column());
    }
    builder.build()
}

impl Fields {
    /// Those of an index by its own schema: what it has otherwise than it would have it now is absent.
    ///
    /// Errors: one that lacks what every search needs.
    pub fn of(schema: Schema, now: &Schema) -> Result<Fields, TantivyError> {
        let known = |name: &str| {
            let (own, wanted) = (schema.get_field(name).ok()?, now.get_field(name).ok()?);
            (schema.get_field_entry(own) == now.get_field_entry(wanted)).then_some(own)
        };
        let needed =
            |name: &str| known(name).ok_or_else(|| TantivyError::SchemaError(format!("it has no field {name}")));
        let columns = Columns {
            account: needed("account")?,
            kind: needed("kind")?,
            granted: needed("granted")?,
            standing: needed("standing")?,
            order: needed("order")?,
            fqn: known("fqn"),
            id_high: needed("id_high")?,
            id_low: needed("id_low")?,
            created: known("created"),
            updated: known("updated"),
            counted: COUNTED.iter().map(|field| known(&counted_column(field))).collect(),
        };
        let (id, facts) = (needed("id")?, needed("facts")?);
        let tiers = Tier::ALL.map(|tier| known(&tier_field(tier)));
        Ok(Fields { schema, id, facts, tiers, columns })
    }
}
