//! Ingestion pipelines: how their runs went. The newest is shown with the pipeline.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::Draft;
use emporion_catalog::id::Millis;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{INGESTION_RUN, Observation};
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Shape, Struct};
use serde_json::{Value, json};

use super::observed;
use super::pipelines::SPAN;
use crate::door::Door;
use crate::errors::{MEDIA_TYPE, OmResult};
use crate::nouns;
use crate::nouns::ingestion_pipeline::{NOUN, STATUS};
use crate::operation::{Call, edited, row};
use crate::page_of;
use crate::secrets;

const TAG: &str = "Ingestion Pipelines";
/// Runs that are listed where nobody says how many.
const LISTED: u32 = 100;

static LIST: Struct = page_of!("IngestionPipelineStatusList", STATUS);

pub fn routes() -> Vec<Route<Door>> {
    let path = "/v1/services/ingestionPipelines/{fqn}/pipelineStatus";
    let one = "/v1/services/ingestionPipelines/{fqn}/pipelineStatus/{runId}";
    vec![
        Route {
            summary: "Say how a run of an ingestion pipeline went".into(),
            input: &STATUS,
            output: Some(Shape::Struct(nouns::of(&NOUN).entity)),
            ok: &[201],
            errors: &[404],
            ..row(Method::PUT, path, "addIngestionPipelineStatus", TAG, put)
        },
        Route {
            summary: "List the runs of an ingestion pipeline".into(),
            input: &SPAN,
            output: Some(Shape::Struct(&LIST)),
            errors: &[404],
            ..row(Method::GET, path, "listIngestionPipelineStatuses", TAG, list_runs)
        },
        Route {
            summary: "Show one run of an ingestion pipeline; nothing where it is not known".into(),
            output: Some(Shape::Struct(&STATUS)),
            ok: &[200, 204],
            errors: &[404],
            ..row(Method::GET, one, "getIngestionPipelineStatus", TAG, get)
        },
        Route {
            summary: "Forget all runs of an ingestion pipeline".into(),
            output: Some(Shape::Struct(nouns::of(&NOUN).entity)),
            errors: &[404],
            ..row(Method::DELETE, path, "deleteIngestionPipelineStatus", TAG, forget)
        },
    ]
}

async fn put(call: Call) -> OmResult<Answer> {
    let mut status = Value::Object(call.body(&STATUS)?);
    // A run is told by when it began.
    if status.get("timestamp").is_none() {
        let began = status.get("startDate").cloned().unwrap_or_else(|| json!(call.door.catalog.now().0));
        status["timestamp"] = began;
    }
    observed::check_timestamp(observed::timestamp(&status))?;
    for member in ["config", "metadata", "status"] {
        status.get_mut(member).into_iter().for_each(secrets::mask_all);
    }
    write(call, 201, move |draft| draft.observe(INGESTION_RUN, "", observed::at(&status), status.clone())).await
}

async fn forget(call: Call) -> OmResult<Answer> {
    let known: Vec<Millis> = runs(&call).await?.into_iter().map(|run| run.at).collect();
    write(call, 200, move |draft| {
        for at in &known {
            draft.observe_from(INGESTION_RUN, *at, Arc::new(|_| Ok(None)));
        }
    })
    .await
}

async fn write(call: Call, code: u16, edit: impl Fn(&mut Draft) + Send + Sync + 'static) -> OmResult<Answer> {
    let target = call.by_name_or_id("fqn", NOUN.kind);
    let edit = move |_: &View, draft: &mut Draft| edit(draft);
    let entity = edited(&call, nouns::of(&NOUN), target, Action::EditAll, &["pipelineStatuses"], edit).await?;
    Ok(Answer::json(code, MEDIA_TYPE, &entity))
}

/// The runs that are kept, newest first.
async fn runs(call: &Call) -> OmResult<Vec<Observation>> {
    let reading = call.reading().await?;
    let target = call.by_name_or_id("fqn", NOUN.kind);
    let pipeline = reading.get(&target, States::Alive, &Depth::bare()).await?.record;
    let always = (Millis(0), Millis(i64::MAX));
    Ok(reading.observations(&pipeline, (INGESTION_RUN, ""), always, INGESTION_RUN.0.kept).await?.found)
}

async fn list_runs(call: Call) -> OmResult<Answer> {
    observed::list(&call, NOUN.kind, INGESTION_RUN, LISTED).await
}

async fn get(call: Call) -> OmResult<Answer> {
    let known = runs(&call).await?;
    let wanted = call.request.param("runId");
    match known.iter().find(|run| run.value.get("runId").and_then(Value::as_str) == Some(wanted)) {
        Some(run) => Ok(Answer::json(200, MEDIA_TYPE, &run.value)),
        // Clients ask before they say that a run has begun, and take 404 for a failure.
        None => Ok(Answer::empty(204)),
    }
}
