//! What is counted beside the hits of a search, in the form in which its clients read it.

use std::collections::BTreeMap;

use emporion_catalog::finder::{FacetCounts, KIND_ITSELF};
use serde_json::{Map, Value, json};

use crate::operation::Call;

/// What the index counts, and the field that a filter names to have what was counted.
const COUNTED: &[(&str, &str)] = &[
    (KIND_ITSELF, "entityType"),
    ("owner", "owners.name.keyword"),
    ("domain", "domains.fullyQualifiedName"),
    ("tag", "tags.tagFQN"),
    ("term", "tags.tagFQN"),
    ("source", "service.fullyQualifiedName"),
];

pub fn counted() -> Vec<String> {
    COUNTED.iter().map(|(field, _)| (*field).to_owned()).collect()
}

/// The values of one field.
#[derive(Default)]
struct Counts {
    values: Vec<(String, u64)>,
    others: u64,
}

/// Buckets by the names of aggregations.
pub fn printed(call: &Call, facets: &[FacetCounts]) -> Value {
    let mut all: BTreeMap<&str, Counts> = BTreeMap::new();
    for facet in facets {
        let Some((_, name)) = COUNTED.iter().find(|(field, _)| *field == facet.field) else { continue };
        let counts = all.entry(name).or_default();
        counts.others += facet.others;
        counts.values.extend(facet.values.iter().map(|(value, count)| (told(call, &facet.field, value), *count)));
    }
    let print = |(name, Counts { values, others }): (&str, Counts)| {
        let count = values.len();
        (named(name), buckets(values, count, others))
    };
    Value::Object(all.into_iter().map(print).collect::<Map<String, Value>>())
}

/// A value that the index counted, as documents say it.
pub fn told(call: &Call, field: &str, value: &str) -> String {
    match field {
        KIND_ITSELF => call.door.noun_of_kind(value).map_or(value, |noun| noun.entity_type).to_owned(),
        _ => value.to_owned(),
    }
}

/// The name under which clients look for the buckets of a field.
pub fn named(field: &str) -> String {
    format!("sterms#{field}")
}

/// The commonest first, `size` of them.
pub fn buckets(mut values: Vec<(String, u64)>, size: usize, others: u64) -> Value {
    values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let others = others + values.iter().skip(size).map(|(_, count)| count).sum::<u64>();
    let buckets = values.into_iter().take(size).map(|(key, count)| json!({"key": key, "doc_count": count}));
    json!({
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": others,
        "buckets": buckets.collect::<Vec<Value>>(),
    })
}
