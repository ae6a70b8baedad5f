//! SearchRequest in the form of Elasticsearch's answers: what is acknowledged is found, by whoever sees it.
//!
//! What it must get right are look-ups by FQN (with wildcards), by name and by e-mail address, which ingestion needs.

mod aggregate;
mod aggregations;
mod answer;
mod display_names;
pub mod dsl;
mod find;
mod highlight;
pub mod index_query;
mod indexed_fields;
mod indexes;
mod labels;
pub mod lucene;
mod matcher;
mod order;
pub mod pattern;
pub mod query;
mod range;
mod reindex;
mod search_request;
mod settled;
mod shown;
mod simple;
mod suggest;
mod test;

use emporion_catalog::query::States;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Shape, Struct};
use serde_json::json;

use self::answer::{ANSWER, TAG, took, total};
use self::lucene::{Reading, whole};
use self::query::{Query, path_of};
use self::search_request::SearchRequest;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::operation::{Call, ok, row};
use crate::params;

static QUERY: Struct = Struct {
    name: "SearchQuery",
    open: true,
    members: &[
        text("q").at(Location::Query),
        text("index").at(Location::Query),
        count("from").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
        text("query_filter").at(Location::Query),
        text("post_filter").at(Location::Query),
        text("sort_field").at(Location::Query),
        choice("sort_order", &["asc", "desc"]).at(Location::Query),
        text("search_after").at(Location::Query),
        text("include_source_fields").at(Location::Query),
        text("exclude_source_fields").at(Location::Query),
        boolean("fetch_source").at(Location::Query),
        boolean("track_total_hits").at(Location::Query),
        boolean("include_aggregations").at(Location::Query),
        boolean("explain").at(Location::Query),
        boolean("getHierarchy").at(Location::Query),
        boolean("semanticSearch").at(Location::Query),
    ],
};
static FIELD_QUERY: Struct = Struct {
    name: "FieldQuery",
    open: true,
    members: &[
        text("fieldName").at(Location::Query),
        text("fieldValue").at(Location::Query),
        text("index").at(Location::Query),
        count("from").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
    ],
};
pub fn routes() -> Vec<Route<Door>> {
    let mut routes = vec![
        Route {
            summary: "Find entities by a query".into(),
            input: &QUERY,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::GET, "/v1/search/query", "searchEntitiesWithQuery", TAG, by_query)
        },
        Route {
            summary: "Find entities by the value of a field, with wildcards".into(),
            input: &FIELD_QUERY,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::GET, "/v1/search/fieldQuery", "searchEntitiesWithSpecificFieldAndValue", TAG, by_field)
        },
    ];
    routes.extend(aggregate::routes());
    routes.extend(suggest::routes());
    routes.extend(reindex::routes());
    routes
}

/// What a request says in words and in its filter.
///
/// Errors: 400 for what is not understood.
fn queried(params: &[(String, String)]) -> OmResult<Query> {
    let query = lucene::parse(params::value(params, "q").unwrap_or(""), &Reading::default())?;
    match params::value(params, "query_filter") {
        Some(filter) => Ok(Query::All(vec![query, dsl::parse("query_filter", filter)?])),
        None => Ok(query),
    }
}

async fn by_query(call: Call) -> OmResult<Answer> {
    let params = call.request.query();
    search_request::only(&params, &QUERY)?;
    search_request::only_without(&params, &["explain", "getHierarchy", "semanticSearch"])?;
    let post = params::value(&params, "post_filter").map(|filter| dsl::parse("post_filter", filter)).transpose()?;
    let search = SearchRequest::read(&call, queried(&params)?, &params)?;
    answer(&call, SearchRequest { post, ..search }).await
}

async fn by_field(call: Call) -> OmResult<Answer> {
    let params = call.request.query();
    search_request::only(&params, &FIELD_QUERY)?;
    let needed =
        |name: &str| params::value(&params, name).ok_or_else(|| OmError::query_param(name, "must not be null"));
    let path = path_of(needed("fieldName")?);
    let query = query::field(path, whole(needed("fieldValue")?));
    let search = SearchRequest::read(&call, query, &params)?;
    answer(&call, SearchRequest { is_counted: false, ..search }).await
}

async fn answer(call: &Call, search: SearchRequest) -> OmResult<Answer> {
    let started = std::time::Instant::now();
    if search.states == States::Alive {
        call.door.catalog.until_found().await?;
    }
    let reading = call.reading().await?;
    let found = find::find(call, &reading, &search).await?;
    let shown = shown::hits(call, &reading, &search, &found.page).await?;
    let best = found.page.iter().map(|hit| hit.score).reduce(f64::max);
    ok(&json!({
        "took": took(started),
        "timed_out": false,
        "hits": {"total": total(found.total, found.is_exact), "max_score": best, "hits": shown},
        "aggregations": aggregations::printed(call, &found.facets),
    }))
}
