//! `emporion export`, `diff` and `apply`: the records of a running server as files, one each.

mod folder;
mod layout;
mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use emporion_catalog::registry::Registry;
use emporion_semantic::yaml::{self, Lines};
use serde_json::{Map, Value, json};

use super::remote::{self, encode};
use crate::admin::PREFIX;
use crate::cli::{ApplyArgs, DiffArgs, ExportArgs, Format, Remote};
use crate::command_error::{ExitStatus, UsageError};
use crate::files::shape::{self, KINDS};
use crate::output::{print, print_text};
use crate::redaction::redacted;

/// Longer than a large catalogue takes.
const TIME: Duration = Duration::from_secs(600);
/// How many faults are listed.
const MOST_FAULTS: usize = 50;

pub fn export(args: &ExportArgs, format: Format) -> Result<()> {
    let registry = Registry::standard();
    let mut documents: Vec<(layout::Place, Value)> = Vec::new();
    for kind in KINDS {
        let mut after = String::new();
        loop {
            let path = format!("{PREFIX}/files?kind={kind}{after}");
            let mut told = done(remote::exchange(&args.both.remote, "GET", &path, None, TIME)?)?;
            let Value::Array(page) = told["documents"].take() else { bail!("the server told of no documents") };
            for document in page {
                match layout::place_of(&registry, &document) {
                    Some(place) => documents.push((place, document)),
                    None => bail!("the server told of a document that has no place"),
                }
            }
            let text = |member: &str| told["next"][member].as_str().map(encode);
            let (Some(name), Some(id)) = (text("name"), text("id")) else { break };
            after = format!("&after={name}&afterId={id}");
        }
    }
    let places: Vec<&layout::Place> = documents.iter().map(|(place, _)| place).collect();
    let paths = layout::paths(&places);
    let files: BTreeMap<PathBuf, String> =
        paths.into_iter().zip(&documents).map(|(path, (_, document))| (path, yaml::write(document))).collect();
    let is_of_a_record = |path: &Path, text: &str| {
        let document = yaml::read_with_lines(text).ok().map(|(document, _)| document);
        document.and_then(|document| layout::place_of(&registry, &document)).is_some_and(|place| place.is_at(path))
    };
    let report = folder::write(&args.both.folder, &files, args.prune, is_of_a_record)?;
    match format {
        Format::Table => print_text(&report.words(&args.both.folder)),
        _ => print(format, &report.told()),
    }
}

/// Ends with 1 where there is a difference, and with 2 for whatever keeps it from being known.
pub fn diff(args: &DiffArgs, format: Format) -> Result<()> {
    match planned(args, format) {
        Ok(true) => Err(ExitStatus(1).into()),
        Ok(false) => Ok(()),
        Err(error) if error.is::<UsageError>() => Err(error),
        Err(error) => {
            eprintln!("emporion: {}", redacted(&format!("{error:#}")));
            Err(ExitStatus(2).into())
        }
    }
}

fn planned(args: &DiffArgs, format: Format) -> Result<bool> {
    let files = Files::read(&args.both.folder)?;
    let plan = files.plan(&args.both.remote, args.prune)?;
    let differs = plan["changes"].as_array().is_some_and(|changes| !changes.is_empty());
    match format {
        Format::Table => print_text(&show::plan(&plan, show::in_colours()))?,
        _ => print(format, &plan)?,
    }
    Ok(differs)
}

pub fn apply(args: &ApplyArgs, format: Format) -> Result<()> {
    let files = Files::read(&args.both.folder)?;
    let expected = args.plan.as_deref().map(folder::plan).transpose()?;
    let plan = files.plan(&args.both.remote, args.prune)?;
    if format == Format::Table {
        print_text(&show::plan(&plan, show::in_colours()))?;
    }
    let body = json!({
        "documents": files.documents,
        "prune": args.prune,
        "dryRun": args.dry_run,
        "plan": expected.as_ref().unwrap_or(&plan["changes"]),
    });
    let path = format!("{PREFIX}/files/apply");
    let told = files.done(remote::exchange(&args.both.remote, "POST", &path, Some(&body), TIME)?)?;
    match format {
        Format::Table if told["applied"] == true => print_text("Done."),
        Format::Table if args.dry_run => print_text("Nothing was done: this was a dry run."),
        Format::Table => Ok(()),
        _ => print(format, &told),
    }
}

/// The documents of a folder, with where each value of them stands.
struct Files {
    documents: Vec<Value>,
    places: Vec<(PathBuf, Lines)>,
}

impl Files {
    /// Errors: `UsageError` that names every file that cannot be read, with the line.
    fn read(dir: &Path) -> Result<Files> {
        let registry = Registry::standard();
        let mut files = Files { documents: Vec::new(), places: Vec::new() };
        let mut faults = Vec::new();
        for (path, text) in folder::read(dir)? {
            let (document, lines) = match yaml::read_with_lines(&text) {
                Ok(read) => read,
                Err(fault) => {
                    let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
                    faults.push(format!("{}{line}: {}", path.display(), fault.message));
                    continue;
                }
            };
            let line = |field: &str| lines.of(field).map(|line| format!(":{line}")).unwrap_or_default();
            match layout::place_of(&registry, &document) {
                Some(place) if place.is_at(&path) => {}
                Some(place) => {
                    let wanted = place.path();
                    let (shown, at) = (path.display(), line("name"));
                    faults.push(format!("{shown}{at}: this record's file is {}", wanted.display()));
                }
                None => faults.push(misnamed(&registry, &path, &document, &line)),
            }
            files.documents.push(document);
            files.places.push((path, lines));
        }
        match faults.is_empty() {
            true => Ok(files),
            false => Err(UsageError(listed(faults)).into()),
        }
    }

    fn plan(&self, remote: &Remote, prune: bool) -> Result<Value> {
        let body = json!({"documents": self.documents, "prune": prune});
        self.done(remote::exchange(remote, "POST", &format!("{PREFIX}/files/plan"), Some(&body), TIME)?)
    }

    /// What the server said, where it did as it was asked.
    ///
    /// Errors: `UsageError` for documents that are wrong by themselves; each fault with its file and line.
    fn done(&self, (status, body): (u16, Value)) -> Result<Value> {
        let faults = body["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        if status == 200 || faults.is_empty() {
            return done((status, body));
        }
        let mut told: Vec<String> = faults.iter().map(|fault| self.fault(fault)).collect();
        if status != 400 {
            let error = body["error"].as_str().filter(|error| !error.starts_with("the documents"));
            told.extend(error.map(str::to_owned));
            bail!("{}", listed(told));
        }
        Err(UsageError(listed(told)).into())
    }

    fn fault(&self, fault: &Value) -> String {
        let (field, rule) = (fault["field"].as_str().unwrap_or_default(), fault["rule"].as_str().unwrap_or_default());
        let place = fault["document"].as_u64().and_then(|index| self.places.get(usize::try_from(index).ok()?));
        let Some((path, lines)) = place else { return format!("{field} {rule}") };
        // What is missing stands nowhere; what is wrong with the whole of it neither.
        let line = lines.of(field).or((!field.is_empty()).then_some(1));
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let words = if field.is_empty() { rule.to_owned() } else { format!("{field} {rule}") };
        format!("{}{line}: {words}", path.display())
    }
}

fn listed(mut faults: Vec<String>) -> String {
    let more = faults.len().saturating_sub(MOST_FAULTS);
    faults.truncate(MOST_FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    match faults.as_slice() {
        [one] => one.clone(),
        _ => format!("nothing was done:\n  {}", faults.join("\n  ")),
    }
}

/// Why a document tells of no record.
fn misnamed(registry: &Registry, path: &Path, document: &Value, line: &dyn Fn(&str) -> String) -> String {
    let shown = path.display();
    let Value::Object(members) = document else { return format!("{shown}: must be an object") };
    let kind = members.get("kind").and_then(Value::as_str);
    match kind.map(|kind| shape::named(registry, kind)) {
        None => format!("{shown}:1: kind must not be null; it is one of [{}]", KINDS.join(", ")),
        Some(None) => format!("{shown}{}: kind must be one of [{}]", line("kind"), KINDS.join(", ")),
        Some(Some(_)) => named_wrongly(members, &shown.to_string(), line),
    }
}

fn named_wrongly(members: &Map<String, Value>, shown: &str, line: &dyn Fn(&str) -> String) -> String {
    match members.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {
            format!("{shown}{}: parent must say what the record stands below", line("parent"))
        }
        None | Some(Value::Null | Value::String(_)) => format!("{shown}:1: name must not be null"),
        Some(_) => format!("{shown}{}: name must be a text; in quotes it is one", line("name")),
    }
}

/// Errors: what the server said; `UsageError` for what it could not read.
fn done((status, body): (u16, Value)) -> Result<Value> {
    let error = body["error"].as_str().unwrap_or("the server refused without saying why");
    match status {
        200 => Ok(body),
        400 => Err(UsageError(error.to_owned()).into()),
        _ => bail!("{error}"),
    }
}
