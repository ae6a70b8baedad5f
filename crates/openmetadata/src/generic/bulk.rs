//! `PUT /{collection}/bulk`: many create bodies at once; each row answers for itself.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_catalog::command::{Command, Effect};
use emporion_catalog::kinds;
use emporion_edge::answer::Answer;
use emporion_edge::shape::{Member, Struct};
use serde_json::{Value, json};

use super::save::upsert_command;
use super::{ErrorCarrier, main_outcome};
use crate::create_request::{CreateRequest, WriterKind};
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::list_of;
use crate::members::*;
use crate::noun::Noun;
use crate::operation::Call;
use crate::secrets;
use crate::user_credentials;
use crate::{params, query_names};

static ROW: Struct = Struct {
    name: "BulkResponse",
    open: false,
    members: &[json("request"), text("message"), integer("status"), boolean("hasSideEffects")],
};
pub static RESULT: Struct = Struct {
    name: "BulkOperationResult",
    open: false,
    members: &[
        boolean("dryRun"),
        choice("status", &["success", "partialSuccess", "failure", "aborted", "running"]),
        text("abortReason"),
        count("numberOfRowsProcessed"),
        count("numberOfRowsPassed"),
        count("numberOfRowsFailed"),
        Member::optional("successRequest", list_of!(ROW)),
        Member::optional("failedRequest", list_of!(ROW)),
    ],
};

pub async fn bulk(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let Value::Array(rows) = call.json()? else {
        return Err(OmError::malformed_because("a bulk request is a list of create requests"));
    };
    let query = call.query();
    let overrides = params::flag(&query, "overrideMetadata", false)?;
    // A rehearsal is nothing to come back for: it answers at once, whatever else is asked.
    if params::flag(&query, "dryRun", false)? {
        let rehearsed = run(&call, noun, rows, overrides, true).await;
        return Ok(Answer::json(200, MEDIA_TYPE, &result(true, rehearsed)));
    }
    if params::flag(&query, "async", false)? {
        let processed = rows.len();
        tokio::spawn(async move {
            let done = run(&call, noun, rows, overrides, false).await;
            let failed = done.iter().filter(|row| row.outcome.is_err()).count();
            if failed > 0 {
                tracing::warn!(failed, processed, "rows of a bulk request in the background failed");
            }
        });
        return Ok(Answer::json(202, MEDIA_TYPE, &summary(false, processed, 0, Vec::new(), Vec::new())));
    }
    let done = run(&call, noun, rows, overrides, false).await;
    Ok(Answer::json(200, MEDIA_TYPE, &result(false, done)))
}

/// What became of one row: the FQN, or why not.
struct Done {
    row: Value,
    outcome: OmResult<String>,
}

async fn run(call: &Call, noun: &'static Noun, rows: Vec<Value>, overrides: bool, dry_run: bool) -> Vec<Done> {
    let registry = call.door.catalog.registry();
    let writer = match (call.caller.principal.is_bot, overrides) {
        (true, false) => WriterKind::Bot,
        (true, true) => WriterKind::OverridingBot,
        (false, _) => WriterKind::Person,
    };
    let read = |row: &Value| -> OmResult<CreateRequest> {
        let request = CreateRequest::read(registry, noun, row.clone())?;
        (noun.hooks.admit)(&call.door.hook_context(), &call.caller, row)?;
        Ok(request)
    };
    let mut requests: Vec<OmResult<CreateRequest>> = rows.iter().map(read).collect();
    let failed = |error: OmError, rows: Vec<Value>| -> Vec<Done> {
        rows.into_iter().map(|row| Done { row, outcome: Err(error.clone()) }).collect()
    };
    if let Err(error) = query_names::give(call, requests.iter_mut().flatten()).await {
        return failed(error, rows);
    }
    let requests: Vec<OmResult<Arc<CreateRequest>>> =
        requests.into_iter().map(|request| request.map(Arc::new)).collect();
    let unchanged = match unchanged(call, noun, &requests, overrides).await {
        Ok(unchanged) => unchanged,
        Err(error) => return failed(error, rows),
    };
    let mut outcomes: Vec<Option<OmResult<String>>> = Vec::with_capacity(rows.len());
    let mut commands: Vec<Command> = Vec::new();
    let mut planned: Vec<(usize, ErrorCarrier)> = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        outcomes.push(match request {
            Err(error) => Some(Err(error)),
            Ok(request) if unchanged.contains(&index) => Some(Ok(request.fqn.clone())),
            Ok(request) => match upsert_command(call, &request, writer).await {
                Err(error) => Some(Err(error)),
                Ok((command, carrier)) => {
                    commands.push(command);
                    planned.push((index, carrier));
                    None
                }
            },
        });
    }
    let results = match dry_run {
        true => call.door.catalog.dry_run_all(&call.caller, &commands).await,
        false => call.door.catalog.execute_all(&call.caller, &commands).await,
    };
    for outcome in results.iter().flatten().filter(|_| !dry_run) {
        query_names::rename_restored(&call.door.catalog, outcome).await;
    }
    for ((index, carrier), outcome) in planned.into_iter().zip(results) {
        let outcome = match outcome.map_err(|problem| carrier.error(problem)) {
            Ok(outcome) => {
                let outcome = main_outcome(call.kind(noun.kind_name), outcome);
                let made = noun.is(kinds::USER) && outcome.effect == Effect::Created && !dry_run;
                let fqn = outcome.view.record.fqn.clone();
                match made {
                    true => {
                        let after = user_credentials::after_create(
                            &call.door.catalog,
                            &call.caller,
                            &rows[index],
                            outcome.view.id(),
                        )
                        .await;
                        after.map(|()| fqn)
                    }
                    false => Ok(fqn),
                }
            }
            Err(error) => Err(error),
        };
        outcomes[index] = Some(outcome);
    }
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Err(OmError::internal())));
    rows.into_iter().zip(outcomes).map(|(row, outcome)| Done { row, outcome }).collect()
}

/// Rows whose hash says that the crawler saw what is stored. Asked only by those who may be expected to write.
async fn unchanged(
    call: &Call,
    noun: &'static Noun,
    requests: &[OmResult<Arc<CreateRequest>>],
    overrides: bool,
) -> OmResult<Vec<usize>> {
    let principal = &call.caller.principal;
    if overrides || !(principal.is_bot || principal.is_admin) {
        return Ok(Vec::new());
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    for request in requests.iter().flatten() {
        *times.entry(&request.fqn).or_default() += 1;
    }
    let asked: Vec<(usize, &Arc<CreateRequest>)> = requests
        .iter()
        .enumerate()
        .filter_map(|(index, request)| request.as_ref().ok().map(|request| (index, request)))
        .filter(|(_, request)| request.source_hash().is_some() && times.get(request.fqn.as_str()) == Some(&1))
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let fqns: Vec<&str> = asked.iter().map(|(_, request)| request.fqn.as_str()).collect();
    let found = call.reading().await?.by_fqn(call.kind(noun.kind_name), &fqns).await?;
    let mut unchanged = Vec::new();
    for ((index, request), record) in asked.iter().zip(&found) {
        let Some(record) = record.as_ref().filter(|record| record.state.is_alive()) else { continue };
        if record.body.get("source_hash").and_then(Value::as_str) == request.source_hash() {
            unchanged.push(*index);
        }
    }
    Ok(unchanged)
}

fn result(dry_run: bool, done: Vec<Done>) -> Value {
    let processed = done.len();
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for Done { row, outcome } in done {
        match outcome {
            Ok(fqn) => passed.push(json!({"request": fqn, "status": 200})),
            Err(error) => {
                let mut echo = row;
                secrets::mask_all(&mut echo);
                let message = match error.status {
                    403 => format!("Permission denied: {}", error.message),
                    _ => error.message,
                };
                failed.push(json!({"request": echo, "status": error.status, "message": message}));
            }
        }
    }
    let count = passed.len();
    summary(dry_run, processed, count, passed, failed)
}

/// A BulkOperationResult.
pub fn summary(dry_run: bool, processed: usize, passed: usize, successes: Vec<Value>, failures: Vec<Value>) -> Value {
    let status = match (successes.is_empty(), failures.is_empty()) {
        (_, true) => "success",
        (true, false) => "failure",
        (false, false) => "partialSuccess",
    };
    json!({
        "dryRun": dry_run,
        "status": status,
        "numberOfRowsProcessed": processed,
        "numberOfRowsPassed": passed,
        "numberOfRowsFailed": failures.len(),
        "successRequest": successes,
        "failedRequest": failures,
    })
}
