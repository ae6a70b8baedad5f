//! `/search/suggest`, what somebody may mean who is still typing, and `/search/get/…`, one document.

use std::collections::HashMap;

use emporion_catalog::finder::{By, Condition, Order, Sought};
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct};
use serde_json::{Value, json};

use super::answer::{TAG, took};
use super::find::Hit;
use super::indexes::{SUFFIX, nouns};
use super::query::Query;
use super::search_request::{SearchRequest, only, only_without};
use super::shown;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::operation::{Call, ok, path_id, row};
use crate::params;

static ASKED: Struct = Struct {
    name: "SearchSuggest",
    open: true,
    members: &[
        text("q").at(Location::Query),
        text("index").at(Location::Query),
        text("field").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
        boolean("fetch_source").at(Location::Query),
        text("include_source_fields").at(Location::Query),
    ],
};
static SUGGESTED: Struct =
    Struct { name: "SuggestResponse", open: true, members: &[Member::required("suggest", Shape::Object)] };

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "Suggest entities to somebody who is still typing".into(),
            input: &ASKED,
            output: Some(Shape::Struct(&SUGGESTED)),
            ..row(Method::GET, "/v1/search/suggest", "getSuggestedEntities", TAG, suggest)
        },
        Route {
            summary: "Get the document of one entity".into(),
            errors: &[404],
            ..row(Method::GET, "/v1/search/get/{index}/doc/{id}", "getDocumentFromIndex", TAG, document)
        },
    ]
}

async fn suggest(call: Call) -> OmResult<Answer> {
    let started = std::time::Instant::now();
    let params = call.request.query();
    only(&params, &ASKED)?;
    only_without(&params, &["deleted"])?;
    if let Some(field) = params::value(&params, "field").filter(|field| *field != "suggest") {
        return Err(OmError::query_param("field", format_args!("is not answered by this search: {field}")));
    }
    let typed = params::value(&params, "q").unwrap_or("");
    let search = SearchRequest::read(&call, Query::Everything, &params)?;
    call.door.catalog.until_found().await?;
    let reading = call.reading().await?;
    let spotted = reading.seek(&sought(&call, &search, typed, search.size)).await?.hits;
    let ids: Vec<RecordId> = spotted.iter().map(|hit| hit.id).collect();
    let scores: HashMap<RecordId, u64> = spotted.iter().map(|hit| (hit.id, hit.score)).collect();
    let hit = |record: Record| {
        let noun = search.nouns.iter().copied().find(|noun| record.kind.is(noun.kind_name))?;
        let score = scores.get(&record.id).copied().unwrap_or_default() as f64;
        let hit = Hit { noun, id: SeenId::from(&record), fqn: record.fqn, place: Vec::new(), score };
        Some((hit, record.name))
    };
    let records = reading.records(&ids, States::Alive).await?;
    let (page, names): (Vec<Hit>, Vec<String>) = records.into_iter().filter_map(hit).unzip();
    let mut options = shown::hits(&call, &reading, &search, &page).await?;
    for (option, name) in options.iter_mut().zip(names) {
        option["text"] = name.into();
    }
    ok(&json!({
        "took": took(started),
        "timed_out": false,
        "suggest": {"metadata-suggest": [{
            "text": typed, "offset": 0, "length": typed.chars().count(), "options": options,
        }]},
    }))
}

/// Hits that are looked at for their names: one name comes once.
const MOST_NAMED: usize = 1_000;

/// The names that somebody may mean who is still typing, those that fit best first, each with how many hits bear it: as
/// many as the search takes. Answers besides the aggregation how many hits there are, and whether that is all.
pub async fn names(call: &Call, search: &SearchRequest, typed: &str) -> OmResult<(Value, u64, bool)> {
    call.door.catalog.until_found().await?;
    let reading = call.reading().await?;
    let sighted = reading.seek(&sought(call, search, typed, MOST_NAMED)).await?;
    // By the key of the name, as which the index tells hits of one score apart.
    let mut named: Vec<(RecordId, &str, u64)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for hit in &sighted.hits {
        let place = *places.entry(hit.text.as_str()).or_insert(named.len());
        match named.get_mut(place) {
            Some((_, _, count)) => *count += 1,
            None => named.push((hit.id, &hit.text, 1)),
        }
    }
    named.truncate(search.size);
    let ids: Vec<RecordId> = named.iter().map(|(id, _, _)| *id).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let as_written: HashMap<RecordId, String> = records.into_iter().map(|record| (record.id, record.name)).collect();
    let told: u64 = named.iter().map(|(_, _, count)| count).sum();
    let buckets =
        named.iter().filter_map(|(id, _, count)| Some(json!({"key": as_written.get(id)?, "doc_count": count})));
    let aggregation = json!({
        // Of hits that were not looked at, each may bear one of these names.
        "doc_count_error_upper_bound": sighted.total.saturating_sub(sighted.hits.len() as u64),
        "sum_other_doc_count": sighted.total.saturating_sub(told),
        "buckets": buckets.collect::<Vec<Value>>(),
    });
    Ok((aggregation, sighted.total, sighted.is_exact))
}

fn sought(call: &Call, search: &SearchRequest, typed: &str, limit: usize) -> Sought {
    let kinds = search.nouns.iter().map(|noun| call.kind(noun.kind_name)).collect();
    let order = Order { by: By::Best, descending: false };
    let condition = Condition::all(vec![Condition::kinds(kinds), begun(typed)]);
    Sought { condition, order, beyond: None, from: 0, limit, counted: Vec::new() }
}

/// What was typed, of which the last word may be the beginning of one.
fn begun(typed: &str) -> Condition {
    let words: Vec<&str> = typed.split_whitespace().collect();
    let last = if typed.ends_with(char::is_whitespace) { words.len() } else { words.len().saturating_sub(1) };
    let word = |(index, text): (usize, &&str)| Condition::word(text, index == last);
    Condition::all(words.iter().enumerate().map(word).collect())
}

/// The document of one entity, as a hit shows it.
async fn document(call: Call) -> OmResult<Answer> {
    let index = call.request.param("index").to_owned();
    let entity_type = index.strip_suffix(SUFFIX).unwrap_or(&index);
    let wanted = nouns(&call, &index)?;
    let search = SearchRequest::read(&call, Query::Everything, &[])?;
    let id = path_id(&call.request, "id", entity_type)?;
    let reading = call.reading().await?;
    let record = reading.records(&[id], States::Alive).await?.pop();
    let found = record.and_then(|record| Some((*wanted.iter().find(|noun| record.kind.is(noun.kind_name))?, record)));
    let Some((noun, record)) = found else {
        return Err(OmError::not_found(entity_type, id));
    };
    let hit = Hit { noun, id: SeenId::from(&record), fqn: record.fqn, place: Vec::new(), score: 1.0 };
    let shown = shown::hits(&call, &reading, &search, &[hit]).await?.pop();
    ok(&shown.map_or(Value::Null, |mut hit| hit["_source"].take()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_may_be_a_beginning() {
        let word = |text: &str, begins: bool| Condition::word(text, begins);
        assert_eq!(begun("net sal"), Condition::All(vec![word("net", false), word("sal", true)]));
        assert_eq!(begun("net "), word("net", false));
        assert_eq!(begun(" "), Condition::Everything);
    }
}
