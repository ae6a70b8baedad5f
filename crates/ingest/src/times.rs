//! When a source is read by itself: said, shown, and begun.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::cron::Cron;
use emporion_catalog::id::Millis;
use emporion_catalog::kinds::database_service::{SCHEDULE, SCHEDULED_BY};
use emporion_catalog::name;
use emporion_catalog::observation::INGESTION_RUN;
use emporion_catalog::schedules::Scheduled;
use serde_json::{Value, json};

use crate::connect::alive;
use crate::run_record::BY_SCHEDULE;
use crate::service;

/// Runs among which the last one is looked for that began at its time.
const RUNS: u32 = 100;

/// Says when a source is read, in the caller's name, also where the times stay as they were; `None` that it is not any
/// more. Who may ingest it may say so.
///
/// Errors: `Invalid` for an expression that is none, and for a source that cannot be read from here.
pub async fn schedule(catalog: &Catalog, caller: &Caller, name: &str, cron: Option<&str>) -> Result<(), Problem> {
    let record = alive(catalog, caller, name).await?;
    let cron = match cron {
        Some(cron) if service::system(&record).is_some() => {
            Value::from(cron.parse::<Cron>().map_err(|rule| Problem::invalid("cron", rule))?.to_string())
        }
        Some(_) => return Err(Problem::invalid("service", "is of a type that cannot be crawled from here")),
        None => Value::Null,
    };
    let command = Command::Change {
        target: Ref::Name(catalog.kind(service::KIND), name::quote(name)),
        guard: Guard::None,
        edit: Arc::new(move |_| {
            let mut draft = Draft::default();
            draft.set(SCHEDULE, cron.clone());
            // Whoever says it is noted anew.
            draft.set(SCHEDULED_BY, Value::Null);
            Ok(draft)
        }),
        rules: DoorRules::default(),
    };
    catalog.execute(caller, &command).await.map(drop)
}

/// When a source is read, in whose name, when next, and how the last time went; for who may ingest it. `cron` is null
/// where nobody has said so, `stopped` where nothing ended it.
pub async fn schedule_of(catalog: &Catalog, caller: &Caller, name: &str) -> Result<Value, Problem> {
    let record = alive(catalog, caller, name).await?;
    let Some(mut said) = Scheduled::of(&record) else { return Ok(json!({"service": name, "cron": null})) };
    let always = (Millis(0), Millis(i64::MAX));
    let runs = catalog.reading(caller).await?.observations(&record, (INGESTION_RUN, ""), always, RUNS).await?.found;
    let set_at = said.since;
    if let Some(run) = runs.first() {
        said.use_up(run.at);
    }
    let last = runs.into_iter().find(|run| run.value[BY_SCHEDULE] == true).map(|run| run.value);
    Ok(json!({
        "service": name,
        "cron": said.cron.to_string(),
        "by": said.by_name,
        "setAt": set_at.0,
        "next": said.next().map(|next| next.0),
        "stopped": said.stopped.as_ref().map(|stopped| json!({"at": stopped.at.0, "why": stopped.why})),
        "last": last.map(|run| json!({
            "id": run["runId"], "at": run["timestamp"], "state": run["pipelineState"], "error": run["error"],
        })),
    }))
}
