//! The files of a source that is a directory of them: how they are read, and what is said of it where it is guessed wrong. That
//! is part of the connection, and for who may ingest the source and holds its rows.

use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::Problem;
use emporion_catalog::audit_event::AuditEventKind;
use emporion_catalog::audit_trail::Detail;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, Ref};
use emporion_catalog::name;
use emporion_catalog::record::{Record, View};
use emporion_catalog::rules::source_files::{self, CORRECTIONS, OPTIONS};
use emporion_sources::{ALL_FILES, Config, Corrections, ReadAs, Rules, SourceError};
use serde_json::{Map, Value, json};

use crate::connect::alive;
use crate::service;

/// The files of one source.
pub struct Files {
    record: Record,
    config: Config,
    rules: Rules,
}

/// What is to be said of a file.
pub struct Correction<'a> {
    pub file: &'a str,
    /// `None` lets it be guessed.
    pub said: Option<Value>,
    /// What is said of it now, null for nothing: where it is another by then, it stays.
    pub was: Option<Value>,
}

/// What a source says of them, where it can be reached.
pub type Told<T> = Result<T, SourceError>;

impl Files {
    /// Errors: `NotFound` for what the caller does not see, `Forbidden` where he may not ingest it, `Invalid` for a source of
    /// another sort.
    pub async fn of(catalog: &Catalog, caller: &Caller, rules: &Rules, name: &str) -> Result<Files, Problem> {
        let record = alive(catalog, caller, name).await?;
        let config = match service::stored_config(catalog, &record).await? {
            Some(Ok(config @ Config::Sqlite { .. })) => config,
            Some(Err(error)) => return Err(Problem::invalid("service", error.message)),
            _ => return Err(Problem::invalid("service", "is no directory of files")),
        };
        let account = catalog.account_name(caller.account()).await?;
        Ok(Files { record, config, rules: rules.of_account(&account) })
    }

    pub fn is_directory(&self) -> bool {
        emporion_sources::is_directory(&self.config, &self.rules)
    }

    /// What is said of a file so far.
    pub fn said(&self, file: &str) -> Option<Value> {
        self.corrections().said(file)
    }

    fn corrections(&self) -> Corrections {
        match &self.config {
            Config::Sqlite { files, .. } => files.clone(),
            Config::PostgreSql(_) | Config::MySql(_) => Corrections::default(),
        }
    }

    /// Whether the caller may see their rows, and say how they are read.
    ///
    /// Errors: `Forbidden`.
    pub async fn ask(&self, catalog: &Catalog, caller: &Caller) -> Result<(), Problem> {
        source_files::ask_corrections(&catalog.reading(caller).await?.rows(), self.record.id).await
    }

    /// How each is read.
    pub async fn read_as(&self, timeout: Duration) -> Told<Vec<ReadAs>> {
        emporion_sources::files(&self.config, &self.rules, timeout).await
    }

    /// How one would be read if this were said of it, with its first rows.
    ///
    /// Errors: `Forbidden` as by [`Files::ask`], `Invalid` for what can be said of no file.
    pub async fn trial(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        (file, said): (&str, Option<&Value>),
        rows: usize,
        timeout: Duration,
    ) -> Result<Told<ReadAs>, Problem> {
        self.ask(catalog, caller).await?;
        let config = match &self.config {
            Config::Sqlite { path, .. } => Config::Sqlite { path: path.clone(), files: self.with(file, said)? },
            other => other.clone(),
        };
        let told = emporion_sources::trial(&config, &self.rules, file, rows, timeout).await;
        if let Ok(told) = &told {
            let detail = Detail::default()
                .text("record", &self.record.fqn)
                .list("tables", [told.table.clone()].into_iter())
                .with("rows", told.rows.len());
            catalog.note(caller, AuditEventKind::Statement, Some(self.record.id), detail.of_preview("file"));
        }
        Ok(told)
    }

    fn with(&self, file: &str, said: Option<&Value>) -> Result<Corrections, Problem> {
        self.corrections().with(file, said).map_err(|why| Problem::invalid("said", why))
    }

    /// Keeps what is said of one file, or of all of which nothing else is said, and leaves the others as they are.
    ///
    /// Errors: `Forbidden` as by [`Files::ask`]; `Invalid` for what can be said of no file, and a file that is not there of which
    /// nothing was said; `Stale`.
    pub async fn correct(
        &self,
        catalog: &Catalog,
        caller: &Caller,
        Correction { file, said, was }: Correction<'_>,
        timeout: Duration,
    ) -> Result<Told<()>, Problem> {
        self.ask(catalog, caller).await?;
        self.with(file, said.as_ref())?;
        if self.said(file).is_none() || said.is_some() {
            let there = match self.read_as(timeout).await {
                Ok(there) => there,
                Err(error) => return Ok(Err(error)),
            };
            if file != ALL_FILES && !there.iter().any(|one| one.file == file) {
                return Err(Problem::invalid("file", "is none of the directory"));
            }
        }
        let file = file.to_owned();
        let edit = move |view: &View| {
            let mut draft = Draft::default();
            draft.set("connection", said_of(view, (&file, was.as_ref()), said.as_ref())?);
            Ok(draft)
        };
        let command = Command::Change {
            target: Ref::Name(catalog.kind(service::KIND), name::quote(&self.record.name)),
            guard: Guard::None,
            edit: Arc::new(edit),
            rules: DoorRules::default(),
        };
        catalog.execute(caller, &command).await?;
        Ok(Ok(()))
    }
}

/// The connection of a service with something said of a file, whatever was said of others meanwhile.
///
/// Errors: `Stale` where something else `was` said of it.
fn said_of(service: &View, (file, was): (&str, Option<&Value>), said: Option<&Value>) -> Result<Value, Problem> {
    let mut connection = service.field("connection").cloned().unwrap_or_else(|| json!({}));
    let kept = connection.pointer(&format!("/config/{OPTIONS}/{CORRECTIONS}")).and_then(Value::as_str);
    let kept = kept.map(Corrections::parse).transpose().map_err(|why| Problem::invalid("service", why))?;
    let kept = kept.unwrap_or_default();
    if was.is_some_and(|was| *was != kept.said(file).unwrap_or_default()) {
        let Record { revision, version, .. } = &service.record;
        return Err(Problem::Stale { current: revision.0, version: *version });
    }
    let corrections = kept.with(file, said).map_err(|why| Problem::invalid("said", why))?;
    let Some(config) = connection.get_mut("config").and_then(Value::as_object_mut) else { return Ok(connection) };
    let mut options = config.remove(OPTIONS).and_then(|options| options.as_object().cloned()).unwrap_or_else(Map::new);
    match corrections.text() {
        Some(text) => drop(options.insert(CORRECTIONS.to_owned(), text.into())),
        None => drop(options.remove(CORRECTIONS)),
    }
    if !options.is_empty() {
        config.insert(OPTIONS.to_owned(), options.into());
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_catalogue_and_the_sources_call_the_option_the_same() {
        assert_eq!(super::CORRECTIONS, emporion_sources::FILES);
    }
}
