//! In which form documents are made, part by part; and what an index that an older program made has otherwise.
//!
//! Such an index goes on answering until a new one is whole, but only what it answers rightly.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use emporion_catalog::finder::OWN_FIELD;
use emporion_catalog::registry::Registry;
use tantivy::TantivyError;
use tantivy::schema::Schema;

use super::schema::{schema, tier_field};
use super::terms::LINKED;
use crate::document::{BELOW, DOMAIN_CALLED, DOMAIN_ITSELF, Tier, is_found, properties};
use crate::query::BUILT_IN;

/// Parts that documents have otherwise than at first. Who makes one of them otherwise (its facts, its words, its column)
/// raises its number here.
const RAISED: &[(&str, u64)] = &[
    (FOLDING, 4),
    ("fact owner", 2),
    ("counted_owner", 2),
    ("fact field.", 3),
    ("fact certified", 2),
    ("counted_certified", 2),
];

/// How words and names are folded, and where words end, in all fields and all facts. What an index folds otherwise it finds
/// rightly where both ways are the same, so that something can be missing.
pub const FOLDING: &str = "folding";

/// That what is observed to be used stands before what is not. What an index lacks of it stands where it did.
const USE: &str = "use";

/// The number of each part.
pub type Parts = BTreeMap<String, u64>;

/// How an index is made now.
#[derive(Debug, Clone)]
pub struct Form {
    pub schema: Schema,
    pub parts: Parts,
    /// Another one when documents are made otherwise, or of other kinds.
    pub fingerprint: String,
}

impl Form {
    pub fn now(registry: &Registry) -> Form {
        let schema = schema();
        let mut names: Vec<String> = schema.fields().map(|(_, entry)| entry.name().to_owned()).collect();
        let facts = BUILT_IN.iter().map(|field| field.name);
        let others = [DOMAIN_ITSELF, DOMAIN_CALLED, BELOW, LINKED, properties::FIELD, OWN_FIELD];
        names.extend(facts.chain(others).map(fact_part));
        names.extend([FOLDING, USE].map(str::to_owned));
        let kinds = || registry.iter().filter(|kind| is_found(*kind));
        for kind in kinds() {
            names.extend(kind.0.parts.iter().map(|parts| format!("{LISTED}{} {}", kind.name(), parts.list)));
        }
        let number = |name: &str| RAISED.iter().find(|(raised, _)| *raised == name).map_or(1, |(_, number)| *number);
        let parts: Parts = names.into_iter().map(|name| (number(&name), name)).map(|(n, name)| (name, n)).collect();
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        serde_json::to_string(&schema).unwrap_or_default().hash(&mut hasher);
        for kind in kinds() {
            kind.name().hash(&mut hasher);
            kind.fields().for_each(|field| field.name.hash(&mut hasher));
            kind.relations().for_each(|relation| relation.name().hash(&mut hasher));
        }
        Form { schema, parts, fingerprint: format!("{:016x}", hasher.finish()) }
    }
}

/// Before the kind and the list in it whose items are found as columns are.
const LISTED: &str = "listed ";

/// The part that holds the facts of a field.
pub fn fact_part(field: &str) -> String {
    let stem = [properties::FIELD, OWN_FIELD].into_iter().find(|stem| field.starts_with(stem));
    format!("fact {}", stem.unwrap_or(field))
}

/// What an index has otherwise than it would be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It is not there, so that what is found by the rest is right, but not all.
    Missing,
    Otherwise,
}

#[derive(Debug, Clone, Default)]
pub struct Lacks(BTreeMap<String, Lack>);

impl Lacks {
    /// What an index lacks, by its schema and by the parts that it was made of: `None` where it was made before these were
    /// told.
    ///
    /// Errors: rights or places in lists cannot be told.
    pub fn of(now: &Form, own: &Schema, parts: Option<&Parts>) -> Result<Lacks, TantivyError> {
        let mut lacks = BTreeMap::new();
        for (_, entry) in now.schema.fields() {
            match own.get_field(entry.name()) {
                Err(_) => lacks.insert(entry.name().to_owned(), Lack::Missing),
                Ok(field) if own.get_field_entry(field) != entry => {
                    lacks.insert(entry.name().to_owned(), Lack::Otherwise)
                }
                Ok(_) => None,
            };
        }
        let compared = parts.map(|parts| {
            let differing = now.parts.iter().filter(|(name, number)| parts.get(*name) != Some(*number));
            let gone = parts.keys().filter(|name| name.starts_with(LISTED) && !now.parts.contains_key(*name));
            let missing = |name: &String| if parts.contains_key(name) { Lack::Otherwise } else { Lack::Missing };
            differing.map(move |(name, _)| (name, missing(name))).chain(gone.map(|name| (name, Lack::Otherwise)))
        });
        for (name, lack) in compared.into_iter().flatten() {
            let columns = [tier_field(Tier::Columns), tier_field(Tier::ColumnDescriptions), fact_part("column")];
            let of = if name.starts_with(LISTED) { columns.to_vec() } else { vec![name.clone()] };
            for name in of {
                let known = lacks.entry(name).or_insert(lack);
                if lack == Lack::Otherwise {
                    *known = lack;
                }
            }
        }
        if parts.is_none_or(|parts| parts.get(FOLDING) != now.parts.get(FOLDING)) {
            lacks.insert(FOLDING.to_owned(), Lack::Missing);
        }
        let needed = ["id", "facts", "account", "kind", "granted", "standing", "order", "id_high", "id_low"];
        let needed = needed.map(str::to_owned).into_iter().chain([fact_part(LINKED), fact_part("kind")]);
        match needed.into_iter().find(|name| lacks.contains_key(name)) {
            Some(name) => Err(TantivyError::SchemaError(format!("its {name} cannot be used any more"))),
            None => Ok(Lacks(lacks)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, part: &str) -> Option<Lack> {
        self.0.get(part).copied()
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
