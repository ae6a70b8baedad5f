//! The files of a source that is a directory of them, on request: how each is read, how one would be with something else said of
//! it, and what is to be said of it from now on.

use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_ingest::{Correction, Files};
use emporion_sources::{ErrorKind, ReadAs, SourceError};
use serde_json::{Map, Value, json};

use crate::connections::Connections;
use crate::members::Members;

/// How long the files may take to be read.
const PATIENCE: Duration = Duration::from_secs(20);
/// Rows of a trial.
const ROWS: usize = 10;

/// `said` has the form of the metadata that a file has beside it; `null` lets it be guessed.
pub const MEMBERS: &[&str] = &["file", "said"];
/// `was` is what was said of it when that was made up, where nothing that others have said since is to be lost.
pub const CORRECTED: &[&str] = &["file", "said", "was"];

/// What sort of source it is, and whether the caller may say how its files are read.
pub async fn describe(
    connections: &Connections,
    catalog: &Catalog,
    caller: &Caller,
    name: &str,
) -> Result<Value, Problem> {
    let files = Files::of(catalog, caller, connections.rules(), name).await;
    let (is_directory, may) = match &files {
        Ok(files) if files.is_directory() => (true, is_allowed(files.ask(catalog, caller).await)?),
        Ok(_) | Err(Problem::Invalid(_)) => (false, false),
        Err(problem) => return Err(problem.clone()),
    };
    Ok(json!({"service": name, "isDirectory": is_directory, "mayCorrect": may}))
}

pub async fn list(connections: &Connections, catalog: &Catalog, caller: &Caller, name: &str) -> Result<Value, Problem> {
    let _try = connections.turn()?;
    let files = Files::of(catalog, caller, connections.rules(), name).await?;
    let read = files.read_as(PATIENCE).await.map_err(problem)?;
    let told: Vec<Value> = read.iter().map(|one| told(one, files.said(&one.file))).collect();
    Ok(json!({"files": told, "mayCorrect": is_allowed(files.ask(catalog, caller).await)?}))
}

/// Without `said`, how it is read now.
pub async fn trial(
    connections: &Connections,
    catalog: &Catalog,
    caller: &Caller,
    name: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let _try = connections.turn()?;
    let files = Files::of(catalog, caller, connections.rules(), name).await?;
    let file = file(body)?;
    let said = match body.get("said") {
        None => files.said(file),
        Some(said) => Some(said.clone()).filter(|said| !said.is_null()),
    };
    let read = files.trial(catalog, caller, (file, said.as_ref()), ROWS, PATIENCE).await?;
    Ok(told(&read.map_err(problem)?, said))
}

pub async fn correct(
    connections: &Connections,
    catalog: &Catalog,
    caller: &Caller,
    name: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let _try = connections.turn()?;
    let files = Files::of(catalog, caller, connections.rules(), name).await?;
    let said = match body.get("said") {
        None => return Err(Problem::invalid("said", "must be what is said of the file, or null")),
        Some(said) => Some(said.clone()).filter(|said| !said.is_null()),
    };
    let file = file(body)?;
    let change = Correction { file, said: said.clone(), was: body.get("was").cloned() };
    files.correct(catalog, caller, change, PATIENCE).await?.map_err(problem)?;
    Ok(json!({"service": name, "file": file, "said": said}))
}

fn file(body: &Map<String, Value>) -> Result<&str, Problem> {
    let mut members = Members::of(body);
    let file = members.filled("file");
    members.end(file)
}

fn is_allowed(asked: Result<(), Problem>) -> Result<bool, Problem> {
    match asked {
        Ok(()) => Ok(true),
        Err(Problem::Forbidden { .. }) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Nothing of it is the server's fault.
fn problem(error: SourceError) -> Problem {
    match error.kind {
        ErrorKind::Timeout => Problem::conflict(error.message),
        _ => Problem::invalid("service", error.message),
    }
}

fn told(read: &ReadAs, said: Option<Value>) -> Value {
    let columns = read.columns.iter().map(|column| {
        json!({"title": column.title, "name": column.name, "datatype": column.datatype, "guessed": column.guessed})
    });
    json!({
        "file": read.file,
        "table": read.table,
        "encoding": read.encoding,
        "delimiter": read.delimiter,
        "header": read.has_header,
        "quoted": read.is_quoted,
        "columns": columns.collect::<Vec<_>>(),
        "rows": read.rows,
        "fault": read.fault,
        "isCut": read.is_cut,
        "said": said,
    })
}
