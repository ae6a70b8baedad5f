//! The files of a source that is a directory of them, for who may change its connection: how each is read, what was guessed, and a
//! form that says otherwise, with the first rows as they would be read.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::record::View;
use emporion_catalog::rules::source_files::{CORRECTIONS, OPTIONS};
use emporion_catalog::spelling::decode;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::reading_form::{self, Choice, Column, ReadingForm};
use super::system::System;
use super::{connection, runs};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::layout::shell::Shell;
use crate::records::record::{Here, RecordPage, Top, back, change};
use crate::records::{address, difference, resolver};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

/// The tab.
pub const TAB: &str = "files";
/// What stands for every file of the directory, as connections call it.
const ALL: &str = "*";

#[derive(Template)]
#[template(path = "source/files.html")]
struct List {
    p: Shell,
    top: Top,
    rows: Vec<Row>,
    /// He may say how they are read.
    may: bool,
    fault: Option<String>,
}

struct Row {
    file: String,
    address: Option<String>,
    facts: String,
    is_corrected: bool,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "source/file.html")]
struct One {
    p: Shell,
    top: Top,
    /// As it is called, and as it is shown.
    file: String,
    name: String,
    /// It is what is said of every file.
    is_all: bool,
    action: String,
    back: String,
    facts: Vec<(String, String)>,
    form: ReadingForm,
    delimiters: Vec<Choice>,
    headers: Vec<Choice>,
    quotes: Vec<Choice>,
    types: Vec<Vec<Choice>>,
    encodings: &'static [&'static str],
    /// What breaks it.
    broken: Option<String>,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    /// What was said of it when the form was made.
    seen: String,
    heads: Vec<(String, bool)>,
    rows: Vec<Vec<Option<String>>>,
    /// Only its beginning was looked at.
    is_cut: bool,
    is_corrected: bool,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        back(page, "files", "service_files", TAB),
        change(page, "files", "change_file", move |visit, view| sent(page, visit, view)),
    ]
}

fn path(view: &View, below: &str) -> String {
    format!("/sources/{}{below}", address::segment(&view.record.name))
}

/// Whether the source is a directory of files, for who may change it.
pub async fn has(visit: &Visit, view: &View) -> Result<bool, Fault> {
    if System::of(view).is_none_or(|system| !system.reads_files) {
        return Ok(false);
    }
    let told = visit.of_management(Method::GET, &path(view, ""), None).await?;
    Ok(told.is_ok_and(|told| told["isDirectory"] == true))
}

/// Where it is said how the file of a table is read, for who may say it.
pub async fn of_table(here: Here<'_>) -> Result<Option<String>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let Some(source) = view.ancestors.last().filter(|card| card.kind.is("database_service")) else { return Ok(None) };
    let Some(record) = reading.record(source.id).await? else { return Ok(None) };
    let service = reading.view(record, &Depth::bare()).await?;
    if System::of(&service).is_none_or(|system| !system.reads_files) || !connection::may(reading, &service).await? {
        return Ok(None);
    }
    let table = decode(&view.record.name);
    let at = address::with_query(&address::of_record(&service.record), &[("tab", TAB), ("table", &table)]);
    Ok(has(visit, &service).await?.then_some(at))
}

pub async fn tab(here: Here<'_>) -> Shown {
    let visit = here.visit;
    match (visit.query("file"), visit.query("table")) {
        (file, table) if file.is_empty() && table.is_empty() => list(here).await,
        (file, table) if file.is_empty() => {
            let told = visit.of_management(Method::GET, &path(here.view, "/files"), None).await?;
            let files = told.ok().and_then(|told| told["files"].as_array().cloned()).unwrap_or_default();
            let found = files.iter().find(|one| one["table"] == table.as_str()).and_then(|one| one["file"].as_str());
            match found {
                Some(file) => one(here, file, None, Notes::default()).await,
                None => list(here).await,
            }
        }
        (file, _) => one(here, &file, None, Notes::default()).await,
    }
}

async fn list(here: Here<'_>) -> Shown {
    let Here { visit, view, .. } = here;
    let (rows, may, status, fault) = match visit.of_management(Method::GET, &path(view, "/files"), None).await? {
        Ok(told) => {
            let may = told["mayCorrect"] == true;
            let files = told["files"].as_array().map(Vec::as_slice).unwrap_or_default();
            let all = told_of_all(view);
            (std::iter::once(&all).chain(files).map(|file| Row::of(here, file, may)).collect(), may, 200, None)
        }
        Err(refusal) => {
            let (status, faults) = in_words(visit, refusal)?;
            (Vec::new(), false, status, Some(faults.join(" ")))
        }
    };
    let top = here.top_of(TAB).await?;
    Ok(headers::page(status, &List { p: here.shell(), top, rows, may, fault }))
}

/// What is said of all files, as the server tells it of one.
fn told_of_all(view: &View) -> Value {
    let said = kept(view, ALL);
    let dialect = &said["dialect"];
    let of = |member: &str| dialect[member].clone();
    let quoted = !matches!(dialect.get("quoteChar"), Some(Value::Null));
    json!({
        "file": ALL,
        "delimiter": of("delimiter"),
        "encoding": of("encoding"),
        "header": of("header"),
        "quoted": quoted,
        "said": said,
    })
}

impl Row {
    fn of(here: Here<'_>, file: &Value, may: bool) -> Row {
        let name = file["file"].as_str().unwrap_or_default();
        let at = address::with_query(&here.address(), &[("tab", TAB), ("file", name)]);
        let facts: Vec<String> =
            facts(here.visit.t, file).into_iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
        Row {
            file: called(here.visit.t, name),
            address: may.then_some(at),
            facts: facts.join(" · "),
            is_corrected: !file["said"].is_null(),
            fault: fault_of(here.visit, file),
        }
    }
}

fn called(t: Texts, file: &str) -> String {
    if file == ALL { t.say("files.all") } else { shown(file) }
}

/// How a file is read, as the server tells it.
fn facts(t: Texts, file: &Value) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(delimiter) = file["delimiter"].as_str() {
        facts.push((t.say("files.delimiter"), reading_form::sign(t, delimiter)));
    }
    if let Some(encoding) = file["encoding"].as_str() {
        facts.push((t.say("files.encoding"), encoding.to_owned()));
    }
    if let Some(header) = file["header"].as_bool() {
        facts.push((t.say("files.header"), t.say(if header { "files.first_line.yes" } else { "files.first_line.no" })));
    }
    if file["quoted"] == false {
        facts.push((t.say("files.quotes"), t.say("files.quoting.none")));
    }
    if let Some(columns) = file["columns"].as_array().filter(|columns| !columns.is_empty()) {
        facts.push((t.say("files.columns"), t.number(columns.len() as u64)));
    }
    facts
}

fn fault_of(visit: &Visit, file: &Value) -> Option<String> {
    file["fault"].as_str().map(|why| shown(&visit.t.translated(why)))
}

/// What is said of a file as the source keeps it.
fn kept(view: &View, file: &str) -> Value {
    let place = format!("/config/{OPTIONS}/{CORRECTIONS}");
    let said = view.field("connection").and_then(|connection| connection.pointer(&place));
    let said: Option<Value> = said.and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    said.and_then(|said| said.get(file).cloned()).unwrap_or_default()
}

fn in_words(visit: &Visit, refusal: Refusal) -> Result<(u16, Vec<String>), Fault> {
    match refusal.status {
        400 if !refusal.faults.is_empty() => {
            Ok((400, refusal.faults.iter().map(|(_, rule)| shown_prose(rule)).collect()))
        }
        _ => refusal.in_form(visit.t),
    }
}

/// What is said above the form of a file.
struct Notes {
    status: u16,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    /// What was said of it when the form was made that was sent; `None`: it is made anew.
    seen: Option<String>,
}

impl Default for Notes {
    fn default() -> Notes {
        Notes { status: 200, faults: Vec::new(), conflict: None, seen: None }
    }
}

/// The form of one, as it is read now or by what was `sent`.
async fn one(here: Here<'_>, file: &str, sent: Option<ReadingForm>, notes: Notes) -> Shown {
    let Here { visit, view, .. } = here;
    let (t, kept) = (visit.t, kept(view, file));
    let Notes { mut status, mut faults, conflict, seen } = notes;
    let said = sent.as_ref().map(|sent| sent.said(&kept));
    let body = match &said {
        Some(said) => json!({"file": file, "said": said}),
        None => json!({"file": file}),
    };
    let tried = match file {
        ALL => Ok(told_of_all(view)),
        _ => visit.of_management(Method::POST, &path(view, "/files/trial"), Some(&body)).await?,
    };
    let told = match tried {
        Ok(told) => told,
        Err(refusal) => {
            let (refused, why) = in_words(visit, refusal)?;
            status = refused;
            faults.extend(why.into_iter().filter(|why| !faults.contains(why)).collect::<Vec<_>>());
            Value::Null
        }
    };
    let mut form = match &sent {
        Some(sent) => sent.clone(),
        None => ReadingForm::of_said(&told["said"]),
    };
    let said = said.as_ref().unwrap_or(&told["said"]);
    if let Some(columns) = told["columns"].as_array() {
        let shown = columns.iter().take(reading_form::MOST_COLUMNS);
        form.columns = shown.map(|column| Column::of(column, said)).collect();
    }
    let rows: Vec<Vec<Option<String>>> = told["rows"].as_array().into_iter().flatten().map(row).collect();
    let figures = |column: &Column| matches!(column.taken.split(' ').next(), Some("integer" | "number"));
    let at = here.address();
    let page = One {
        p: here.shell().below(called(t, file), None),
        top: here.top_of(TAB).await?,
        name: called(t, file),
        is_all: file == ALL,
        file: file.to_owned(),
        action: format!("{at}/files"),
        back: address::with_query(&at, &[("tab", TAB)]),
        facts: facts(t, &told),
        delimiters: form.delimiters(t),
        headers: form.headers(t),
        quotes: form.quotes(t),
        types: form.columns.iter().map(|column| column.types(t)).collect(),
        encodings: reading_form::ENCODINGS,
        broken: fault_of(visit, &told),
        heads: form.columns.iter().map(|column| (shown(&column.called()), figures(column))).collect(),
        rows,
        faults,
        conflict,
        seen: seen.unwrap_or_else(|| kept.to_string()),
        form,
        is_cut: told["isCut"] == true,
        is_corrected: !kept.is_null(),
    };
    Ok(headers::page(status, &page))
}

fn row(row: &Value) -> Vec<Option<String>> {
    let cell = |cell: &Value| cell.as_str().map(shown_prose);
    row.as_array().into_iter().flatten().map(cell).collect()
}

/// What somebody else has said of a file since the form was made, in words.
async fn conflict(visit: &Visit, view: &View, file: &str, seen: &Value) -> Result<Conflict, Fault> {
    let (old, new) = (reading_form::in_words(visit.t, seen), reading_form::in_words(visit.t, &kept(view, file)));
    let differences = difference::lines(visit.t, &old, &new).await?;
    Ok(Conflict { theirs: Some(new), ..Conflict::of(visit, Some(&view.record.updated), differences) })
}

async fn sent(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    if !has(&visit, &view).await? {
        return Err(Fault::NoSuchPage);
    }
    let form = visit.form();
    let file = form.text("file").to_owned();
    let mut sent = Some(ReadingForm::sent(&form));
    let mut notes = Notes { seen: Some(form.text("seen").to_owned()), ..Notes::default() };
    let mut view = view;
    if matches!(form.text("do"), "save" | "guess") {
        let said = match form.text("do") {
            "guess" => Value::Null,
            _ => sent.as_ref().map(|sent| sent.said(&kept(&view, &file))).unwrap_or_default(),
        };
        let seen: Value = serde_json::from_str(form.text("seen")).unwrap_or_default();
        let body = json!({"file": file, "said": said, "was": seen});
        match visit.of_management(Method::PUT, &path(&view, "/files"), Some(&body)).await? {
            Ok(_) => return runs::start(page, visit, view).await,
            Err(refusal) if refusal.status == 412 => {
                view = resolver::sent_to(&visit, &visit.reading().await?, page.folder).await?;
                let conflict = Some(conflict(&visit, &view, &file, &seen).await?);
                notes = Notes { status: 409, conflict, ..Notes::default() };
            }
            Err(refusal) => (notes.status, notes.faults) = in_words(&visit, refusal)?,
        }
        if form.text("do") == "guess" {
            sent = None;
        }
    }
    let reading = visit.reading().await?;
    one(Here { page, visit: &visit, reading: &reading, view: &view }, &file, sent, notes).await
}
