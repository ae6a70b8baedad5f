//! Which tables the samples of a model were read of.
//!
//! A source is named, and the table of that name can become another: assets come and go, and so does what a composition's
//! alias stands for. Samples are kept with the ids of the tables that their source meant when they were written, and are
//! shown while it means these.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::id::RecordId;
use serde_json::{Map, Value};

use super::columns::Known;
use super::document::list;
use super::redaction::{all_samples, has_samples, source};
use crate::parts::spec::Fields;

/// The field of the record.
pub const SAMPLED: &str = "sampled";

/// By source.
pub type Origins = BTreeMap<String, BTreeSet<RecordId>>;

pub fn of_fields(fields: &Fields) -> Origins {
    let kept = fields.get(SAMPLED).and_then(Value::as_object);
    let ids = |ids: &Value| -> BTreeSet<RecordId> {
        ids.as_array().into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
    };
    kept.into_iter().flatten().map(|(source, of)| (source.clone(), ids(of))).collect()
}

/// Null where there are none: then nothing is kept.
pub fn print(origins: &Origins) -> Value {
    let ids = |ids: &BTreeSet<RecordId>| ids.iter().map(|id| Value::from(id.to_string())).collect::<Value>();
    match origins.is_empty() {
        true => Value::Null,
        false => Value::Object(origins.iter().map(|(source, of)| (source.clone(), ids(of))).collect::<Map<_, _>>()),
    }
}

/// Those of content that is to be stored. Samples that were there before stay those of what they were read of.
pub fn of_written(fields: &Fields, before: Option<&Fields>, known: &Known) -> Origins {
    let kept = before.map(of_fields).unwrap_or_default();
    let samples_before = before.map(samples_by_source).unwrap_or_default();
    let mut origins = Origins::new();
    for (source, samples) in samples_by_source(fields) {
        let stays = |before: &Vec<Value>| samples.iter().any(|sample| before.contains(sample));
        let earlier = kept.get(&source).filter(|_| samples_before.get(&source).is_some_and(stays));
        // What was kept before origins were is of what the name means now, as far as anybody can tell.
        let now = known.record(&source);
        let of: BTreeSet<RecordId> = match earlier {
            Some(earlier) if !samples.is_empty() => earlier.iter().copied().chain(now).collect(),
            _ => now.into_iter().collect(),
        };
        // Without any, they are of nobody knows what: the table was not there yet.
        origins.insert(source, of);
    }
    origins
}

/// The sources whose samples are of something else than what they mean now, by the table that each means.
pub fn moved(origins: &Origins, now: impl Fn(&str) -> Option<RecordId>) -> impl Iterator<Item = &String> {
    origins
        .iter()
        .filter(move |(source, of)| {
            let now = now(source);
            of.is_empty() || of.iter().any(|id| Some(*id) != now)
        })
        .map(|(source, _)| source)
}

fn samples_by_source(fields: &Fields) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for dataset in list(fields, "datasets").iter().filter(|dataset| has_samples(dataset)) {
        if let Some(source) = source(dataset) {
            all.entry(source.to_owned()).or_default().extend(all_samples(dataset));
        }
    }
    all
}
