//! Which file a source reads is an administrator's to say: files need no password, so whoever may name one reads it, and
//! the directories of an account hold more than one person's. How the files of a directory are read, where that is guessed
//! wrong, is for whoever holds the rows of the source: a first line that is said to be a header leaves as the names of columns.

use async_trait::async_trait;
use serde_json::Value;

use crate::access;
use crate::action::Action;
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::id::RecordId;
use crate::kinds::database_service::DATABASE_SERVICE;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::View;
use crate::rows::Reader;

/// Types of services that read files of the server.
const READ_FILES: &[&str] = &["SQLite"];
/// Where a connection says how files are read.
pub const OPTIONS: &str = "connectionOptions";
pub const CORRECTIONS: &str = "csvFiles";

/// Whether services of the type read files of the server.
pub fn reads_files(service_type: &str) -> bool {
    READ_FILES.contains(&service_type)
}

/// Whether somebody may say what a service of the type reads.
///
/// Errors: `Forbidden`, for files of the server.
pub fn ask(principal: &Principal, service_type: &str, is_new: bool) -> Result<(), Problem> {
    if principal.is_trusted() || !reads_files(service_type) {
        return Ok(());
    }
    let action = if is_new { Action::Create } else { Action::EditAll };
    let why = Some("only an administrator says which file a source reads".to_owned());
    Err(access::forbidden(principal, action, DATABASE_SERVICE.name, why))
}

/// Whether somebody may say how the files of a source are read.
///
/// Errors: `Forbidden`.
pub fn ask_corrections<'a>(reader: &'a Reader<'a>, service: RecordId) -> Boxed<'a, Result<(), Problem>> {
    Box::pin(async move {
        let principal = reader.principal();
        if principal.is_trusted() || reader.held(&[service]).await?.contains(&service) {
            return Ok(());
        }
        let why = Some("only an owner of a source, or an administrator, says how its files are read".to_owned());
        Err(access::forbidden(principal, Action::EditAll, DATABASE_SERVICE.name, why))
    })
}

/// What a connection is but for what it says of how files are read.
fn without_corrections(service: &View) -> Option<Value> {
    let mut connection = service.field("connection")?.clone();
    let config = connection.get_mut("config").and_then(Value::as_object_mut);
    if let Some(config) = config
        && let Some(options) = config.get_mut(OPTIONS).and_then(Value::as_object_mut)
    {
        options.remove(CORRECTIONS);
        if options.is_empty() {
            config.remove(OPTIONS);
        }
    }
    Some(connection)
}

/// What may be said of files at most, in bytes.
const MOST_BYTES: usize = 256 << 10;

/// What cannot be read would keep the source from being read at all.
fn check_corrections(plan: &mut Planning<'_>) {
    let Some(said) =
        plan.after.field("connection").and_then(|all| all.pointer(&format!("/config/{OPTIONS}/{CORRECTIONS}")))
    else {
        return;
    };
    let is_map = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|said| said.is_object());
    if !said.as_str().is_some_and(|text| text.len() <= MOST_BYTES && is_map(text)) {
        let name = format!("connection.config.{OPTIONS}.{CORRECTIONS}");
        plan.refuse(&name, "must be text of a JSON object by the names of files, of 256 KiB at most");
    }
}

pub struct SourceFiles;

#[async_trait]
impl Hooks for SourceFiles {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.differs("connection") {
            return Ok(());
        }
        check_corrections(plan);
        let principal = &plan.cx.caller.principal;
        let service_type = plan.after.text("service_type").unwrap_or_default();
        let before = plan.before.as_ref().filter(|_| reads_files(service_type) && !plan.alters_secrets());
        match before.filter(|before| without_corrections(before) == without_corrections(&plan.after)) {
            Some(before) => {
                let reader = Reader::new(plan.cx.access, plan.cx.snapshot, principal);
                ask_corrections(&reader, before.record.id).await
            }
            None => ask(principal, service_type, plan.is_new()),
        }
    }
}
