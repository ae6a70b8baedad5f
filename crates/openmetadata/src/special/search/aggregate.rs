//! `/search/aggregate`: how often the values of a field occur in what matches, of what the caller sees.

use std::collections::{BTreeMap, HashSet};

use emporion_catalog::finder::{FacetCounts, Form};
use emporion_catalog::query::States;
use emporion_catalog::text::fold;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct, Text};
use serde_json::{Value, json};

use super::answer::{ANSWER, TAG, took, total};
use super::indexed_fields::IndexedFields;
use super::lucene::{self, Reading};
use super::pattern::pattern;
use super::query::{Query, path_of, values};
use super::search_request::{SearchRequest, only, root};
use super::{aggregations, dsl, find, suggest};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::operation::{Call, ok, row};
use crate::params;

static ASKED: Struct = Struct {
    name: "SearchAggregate",
    open: true,
    members: &[
        text("index").at(Location::Query),
        text("field").at(Location::Query),
        text("value").at(Location::Query),
        text("q").at(Location::Query),
        text("query_filter").at(Location::Query),
        text("sourceFields").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
    ],
};
/// A body says no more than an address can: what a text is read into takes many times its length.
const SAID: Shape = Shape::Text(Text::between(0, 64 << 10));
static REQUEST: Struct = Struct {
    name: "AggregationRequest",
    open: false,
    members: &[
        Member::required("fieldName", SAID),
        Member::optional("query", SAID),
        Member::optional("index", SAID),
        Member::optional("fieldValue", SAID),
        boolean("deleted"),
        count("size"),
        Member::optional("sourceFields", TEXTS),
        Member::optional("queryText", SAID),
        text("fetchParentsAliases"),
        text("fetchChildAliases"),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "Count the values of a field in what matches a query".into(),
            input: &ASKED,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::GET, "/v1/search/aggregate", "getAggregateFields", TAG, by_parameters)
        },
        Route {
            summary: "Count the values of a field in what matches a query".into(),
            input: &REQUEST,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::POST, "/v1/search/aggregate", "aggregateSearchRequest", TAG, by_body)
        },
    ]
}

async fn by_parameters(call: Call) -> OmResult<Answer> {
    let params = call.request.query();
    only(&params, &ASKED)?;
    let Some(field) = params::value(&params, "field") else { return by_beginning(&call, &params).await };
    let filter = params::value(&params, "query_filter").map(|text| dsl::parse("query_filter", text)).transpose()?;
    let query = text_or_filter("q", params::value(&params, "q"))?;
    let query = Query::All(filter.into_iter().chain([query]).collect());
    let wanted = expression("value", params::value(&params, "value"))?;
    let search = SearchRequest::read(&call, query, &params)?;
    count_values(&call, &search, field, wanted.as_ref()).await
}

/// Without a field: names for somebody who is still typing, as clients of the protocol read them.
async fn by_beginning(call: &Call, params: &[(String, String)]) -> OmResult<Answer> {
    let started = std::time::Instant::now();
    let is_more = |(name, value): &(String, String)| !value.is_empty() && !["q", "index", "size"].contains(&&**name);
    let typed = params.iter().find(|(name, _)| name == "q").filter(|_| !params.iter().any(is_more));
    let (_, typed) = typed.ok_or_else(|| OmError::query_param("field", "must not be null"))?;
    let search = SearchRequest::read(call, Query::Everything, params)?;
    let (names, count, is_exact) = suggest::names(call, &search, typed).await?;
    ok(&json!({
        "took": took(started),
        "timed_out": false,
        "hits": {"total": total(count, is_exact), "max_score": null, "hits": []},
        "aggregations": {"suggest": names},
    }))
}

async fn by_body(call: Call) -> OmResult<Answer> {
    let body = call.body(&REQUEST)?;
    let said = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    for name in ["fetchParentsAliases", "fetchChildAliases"] {
        if said(name).is_some_and(|aliases| aliases != "none") {
            return Err(OmError::violation(name, "is not answered by this search"));
        }
    }
    let words = lucene::parse(said("queryText").unwrap_or(""), &Reading::default())?;
    let query = Query::All(vec![text_or_filter("query", said("query"))?, words]);
    let wanted = expression("fieldValue", said("fieldValue"))?;
    // The rest is said as parameters say it.
    let rest = ["index", "size", "deleted"].into_iter().filter_map(|name| {
        let value = body.get(name)?;
        Some((name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    });
    let search = SearchRequest::read(&call, query, &rest.collect::<Vec<_>>())?;
    let field = said("fieldName").ok_or_else(|| OmError::missing("fieldName"))?;
    count_values(&call, &search, field, wanted.as_ref()).await
}

/// What pages send as a text is a filter, what people send is words.
fn text_or_filter(param: &str, text: Option<&str>) -> OmResult<Query> {
    match text.unwrap_or("") {
        filter if filter.trim_start().starts_with('{') => dsl::parse(param, filter),
        words => lucene::parse(words, &Reading::default()),
    }
}

async fn count_values(call: &Call, search: &SearchRequest, field: &str, wanted: Option<&Form>) -> OmResult<Answer> {
    let started = std::time::Instant::now();
    let path = path_of(field);
    if search.states == States::Alive {
        call.door.catalog.until_found().await?;
    }
    let reading = call.reading().await?;
    let names = IndexedFields::of(call, &reading, search).await?;
    if let Some((facets, count, is_exact)) = find::values_known(call, &reading, search, &names, &path).await?
        && let Some(buckets) = counted(call, &facets, search.size, wanted)
    {
        return ok(&printed(started, field, &buckets, &total(count, is_exact)));
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut count: u64 = 0;
    let members = [root(&path).to_owned()];
    let is_exact = find::each(call, &reading, search, &names, &members, &mut |_, _, document, _| {
        count += 1;
        let mut found = values(document, &path);
        found.sort_unstable();
        found.dedup();
        for value in found {
            if wanted.is_none_or(|wanted| wanted.fits(&fold(&value))) {
                *counts.entry(value).or_default() += 1;
            }
        }
    })
    .await?;
    let buckets = aggregations::buckets(counts.into_iter().collect(), search.size, 0);
    ok(&printed(started, field, &buckets, &total(count, is_exact)))
}

fn printed(started: std::time::Instant, field: &str, buckets: &Value, total: &Value) -> Value {
    json!({
        "took": took(started),
        "timed_out": false,
        "hits": {"total": total, "max_score": null, "hits": []},
        "aggregations": {aggregations::named(field): buckets},
    })
}

/// The buckets of what the index counted; `None` where it tells fewer values than are asked for.
fn counted(call: &Call, facets: &[FacetCounts], size: usize, wanted: Option<&Form>) -> Option<Value> {
    let mut others = 0;
    let mut values: Vec<(String, u64)> = Vec::new();
    for facet in facets {
        if facet.others > 0 && (wanted.is_some() || size > facet.values.len()) {
            return None;
        }
        others += facet.others;
        values
            .extend(facet.values.iter().map(|(value, count)| (aggregations::told(call, &facet.field, value), *count)));
    }
    // What is said by several facets is counted once of a document that has it of both.
    let mut told = HashSet::new();
    if !values.iter().all(|(value, _)| told.insert(value.as_str())) {
        return None;
    }
    values.retain(|(value, _)| wanted.is_none_or(|wanted| wanted.fits(&fold(value))));
    Some(aggregations::buckets(values, size, others))
}

/// The expression that values are to be like: of its language, `.*` is understood.
///
/// Errors: 400 for everything else that has a meaning in it.
fn expression(param: &str, text: Option<&str>) -> OmResult<Option<Form>> {
    const MEANT: &str = "\\.?+*|{}[]()\"#@&<>~^$";
    let Some(text) = text else { return Ok(None) };
    let mut plain = String::new();
    for (index, part) in text.split(".*").enumerate() {
        plain.push_str(if index == 0 { "" } else { "*" });
        if part.chars().any(|c| MEANT.contains(c)) {
            return Err(OmError::query_param(param, "has an expression that is not answered; .* is"));
        }
        plain.push_str(part);
    }
    Ok(Some(pattern(&plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_expressions_runs_are_understood() {
        let matches = |expression: &str, text: &str| {
            super::expression("value", Some(expression)).unwrap().unwrap().fits(&fold(text))
        };
        assert!(matches(".*ales.*", "Net Sales 2") && matches("net.*", "Net"));
        assert!(!matches("net", "net sales"));
        for other in ["a.b", "[ab]", "a+", "(a|b)", "a\\b"] {
            assert_eq!(expression("value", Some(other)).expect_err(other).status, 400);
        }
        assert_eq!(values(&json!({"a": [{"b": "x"}, {"b": 2}]}), "a.b"), ["x", "2"]);
    }
}
