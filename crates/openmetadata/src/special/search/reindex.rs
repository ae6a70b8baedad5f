//! `/search/reindex`, and the application that does the same: the index made anew. And what of searches this server has
//! not.

use emporion_catalog::id::Millis;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::json;

use super::answer::TAG;
use super::indexes::nouns;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::operation::{Call, ok, row};

/// The application that makes the index anew. There is no other.
const APPLICATION: &str = "SearchIndexingApplication";

static REQUEST: Struct = Struct { name: "ReindexRequest", open: false, members: &[] };
static SETTINGS: Struct = Struct {
    name: "SearchIndexingApp",
    open: true,
    members: &[Member::optional("entities", TEXTS), boolean("recreateIndex"), count("batchSize")],
};
static JOB: Struct = Struct {
    name: "EventPublisherJob",
    open: false,
    members: &[
        text("name"),
        Member::optional("timestamp", MILLIS),
        choice("status", &["started"]),
        Member::optional("entities", TEXTS),
        boolean("recreateIndex"),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let reindex = |path: &'static str, operation: &'static str| Route {
        summary: "Make the index of searches anew, beside the one that answers".into(),
        input: &REQUEST,
        output: Some(Shape::Struct(&JOB)),
        errors: &[404],
        ..row(Method::POST, path, operation, TAG, reindex)
    };
    vec![
        reindex("/v1/search/reindex", "reindexAllEntities"),
        reindex("/v1/search/reindex/{type}", "reindexEntities"),
        Route {
            summary: "Run an application: the one that makes the index of searches anew".into(),
            input: &SETTINGS,
            output: Some(Shape::Struct(&JOB)),
            errors: &[404],
            ..row(Method::POST, "/v1/apps/trigger/{name}", "triggerApplicationRun", "Apps", trigger)
        },
        Route {
            summary: "Refused: no settings of searches".into(),
            hidden: true,
            ..row(Method::POST, "/v1/search/preview", "previewSearch", TAG, preview)
        },
        Route {
            summary: "Refused: no model of language".into(),
            hidden: true,
            ..row(Method::GET, "/v1/search/nlq/query", "searchEntitiesWithNLQ", TAG, in_words)
        },
    ]
}

/// One index holds all entities: it is made anew as a whole, whichever are named.
async fn reindex(call: Call) -> OmResult<Answer> {
    if !call.request.body.is_empty() {
        call.body(&REQUEST)?;
    }
    call.door.catalog.may_run_the_server(&call.caller).await?;
    let wanted = Some(call.request.param("type")).filter(|wanted| !wanted.is_empty()).unwrap_or("all");
    nouns(&call, wanted)?;
    begin(&call, wanted).await
}

/// Settings of the application say how much it does at a time, and of what: all of it is made anew here, too.
async fn trigger(call: Call) -> OmResult<Answer> {
    if !call.request.body.is_empty() {
        call.body(&SETTINGS)?;
    }
    call.door.catalog.may_run_the_server(&call.caller).await?;
    match call.request.param("name") {
        APPLICATION => begin(&call, "all").await,
        other => Err(OmError::not_found("app", other)),
    }
}

async fn begin(call: &Call, wanted: &str) -> OmResult<Answer> {
    call.door.catalog.find_anew(&call.caller).await?;
    ok(&json!({
        "name": "SearchIndexing",
        "timestamp": Millis::now().0,
        "status": "started",
        "entities": [wanted],
        "recreateIndex": true,
    }))
}

async fn preview(_: Call) -> OmResult<Answer> {
    Err(OmError::bad_request("search/preview is not answered: searches have no settings to try; ask search/query"))
}

async fn in_words(_: Call) -> OmResult<Answer> {
    Err(OmError::bad_request("search/nlq/query is not answered: searches have no model of language; ask search/query"))
}
