//! Pipelines: the states of their runs. The newest is shown with the pipeline.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::id::Millis;
use emporion_catalog::observation::{Compute, PIPELINE_STATUS};
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Shape, Struct};
use serde_json::Value;

use super::observed;
use crate::door::{BULK_BODY_LIMIT, Door};
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::nouns;
use crate::nouns::pipeline::{NOUN, STATUS};
use crate::operation::{Call, edited, ok, row};
use crate::page_of;

const TAG: &str = "Pipelines";
/// Runs that are listed where nobody says how many.
const LISTED: u32 = 100;

const STATUSES: Shape = list_of!(STATUS);
static LIST: Struct = page_of!("PipelineStatusList", STATUS);
pub(super) static SPAN: Struct = Struct {
    name: "TimeSpan",
    open: true,
    members: &[
        integer("startTs").at(Location::Query),
        integer("endTs").at(Location::Query),
        count("limit").at(Location::Query),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let pipeline = || Some(Shape::Struct(nouns::of(&NOUN).entity));
    let path = "/v1/pipelines/{fqn}/status";
    let one = "/v1/pipelines/{fqn}/status/{timestamp}";
    vec![
        Route {
            summary: "Say how a run of a pipeline went".into(),
            input: &STATUS,
            output: pipeline(),
            errors: &[404],
            ..row(Method::PUT, path, "addPipelineStatus", TAG, put)
        },
        Route {
            summary: "Say how several runs of a pipeline went".into(),
            body: Some(STATUSES),
            output: pipeline(),
            errors: &[404],
            body_limit: Some(BULK_BODY_LIMIT),
            ..row(Method::PUT, "/v1/pipelines/{fqn}/status/bulk", "addBulkPipelineStatus", TAG, put_all)
        },
        Route {
            summary: "List the runs of a pipeline".into(),
            input: &SPAN,
            output: Some(Shape::Struct(&LIST)),
            errors: &[404],
            ..row(Method::GET, path, "listPipelineStatuses", TAG, list_runs)
        },
        Route {
            summary: "Forget a run of a pipeline".into(),
            output: pipeline(),
            errors: &[404],
            ..row(Method::DELETE, one, "deletePipelineStatus", TAG, delete)
        },
    ]
}

async fn put(call: Call) -> OmResult<Answer> {
    let status = Value::Object(call.body(&STATUS)?);
    edit(call, vec![status]).await
}

async fn put_all(call: Call) -> OmResult<Answer> {
    match call.body_of(&STATUSES)? {
        Value::Array(statuses) => edit(call, statuses).await,
        _ => Err(OmError::malformed()),
    }
}

async fn edit(call: Call, statuses: Vec<Value>) -> OmResult<Answer> {
    for status in &statuses {
        observed::check_timestamp(observed::timestamp(status))?;
    }
    write(call, move |_, draft| {
        for status in &statuses {
            draft.observe(PIPELINE_STATUS, "", observed::at(status), status.clone());
        }
    })
    .await
}

async fn delete(call: Call) -> OmResult<Answer> {
    let text = call.request.param("timestamp").to_owned();
    let timestamp: i64 = text.parse().map_err(|_| OmError::not_found("pipelineStatus", &text))?;
    let missing = move || Problem::NotFound { kind: "pipeline_status", what: timestamp.to_string() };
    let forget: Compute = Arc::new(move |known| known.map(|_| None).ok_or_else(missing));
    write(call, move |_, draft| draft.observe_from(PIPELINE_STATUS, Millis(timestamp), forget.clone())).await
}

/// Changes what is known of the runs, and shows the pipeline with the newest one.
async fn write(call: Call, edit: impl Fn(&View, &mut Draft) + Send + Sync + 'static) -> OmResult<Answer> {
    let target = call.by_name_or_id("fqn", NOUN.kind);
    let fields = &["pipelineStatus", "tasks"];
    ok(&edited(&call, nouns::of(&NOUN), target, Action::EditAll, fields, edit).await?)
}

async fn list_runs(call: Call) -> OmResult<Answer> {
    observed::list(&call, NOUN.kind, PIPELINE_STATUS, LISTED).await
}
