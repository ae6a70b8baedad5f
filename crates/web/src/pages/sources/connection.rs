//! The connection of a source, for those who may change it: where it leads, whether it works, another one.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::rules::source_place;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::adding;
use super::system::System;
use crate::door::Door;
use crate::fault::{self, Fault};
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::record::{Here, RecordPage, Top, back, change};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::shown;

#[derive(Template)]
#[template(path = "source/connection.html")]
struct Page {
    p: Shell,
    top: Top,
    facts: Vec<(String, String)>,
    /// It can be crawled from here.
    is_ours: bool,
    has_one: bool,
    has_password: bool,
    tried: Option<Tried>,
    /// What is to be done next, after what came of the test.
    next: &'static str,
    at: String,
    /// Where another one is given, by who may.
    change: Option<String>,
    /// Who that is, for all others.
    by_whom: &'static str,
}

/// What came of a test.
struct Tried {
    works: bool,
    rendered: String,
    steps: Vec<Step>,
    facts: Vec<(String, String)>,
    /// The source's own words, and what to look at.
    error: Option<(String, String)>,
}

/// One of the steps on the way to a source.
struct Step {
    rendered: String,
    state: String,
    /// `good`, `bad` or nothing.
    mood: &'static str,
}

/// Steps, and the reasons that end a test at each; what is not named ends it at the last.
const STEPS: &[(&str, &[&str])] = &[
    ("settings", &["CONFIGURATION"]),
    ("allowed", &["FORBIDDEN"]),
    ("reached", &["UNREACHABLE", "TIMEOUT"]),
    ("signed_in", &["UNAUTHORISED"]),
    ("looked", &[]),
];
/// Of a file.
const STEPS_OF_FILES: &[(&str, &[&str])] =
    &[("settings", &["CONFIGURATION"]), ("file", &["FORBIDDEN"]), ("looked", &[])];

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        back(page, "connection", "service_connection", "connection"),
        change(page, "connection", "change_connection", move |visit, view| sent(page, visit, view)),
    ]
}

/// Whether the visitor may say where a source is, and ingest it.
pub async fn may(reading: &Reading<'_>, view: &View) -> Result<bool, Fault> {
    if !view.record.kind.is("database_service") {
        return Ok(false);
    }
    fault::is_allowed(reading.ask_change(&view.record, &["connection"]).await)
}

/// Errors: the visitor may not; or it is no source that is read from here.
pub async fn ask(visit: &Visit, view: &View) -> Result<(), Fault> {
    if !view.record.kind.is("database_service") {
        return Err(Fault::NoSuchPage);
    }
    Ok(visit.reading().await?.ask_change(&view.record, &["connection"]).await?)
}

pub async fn tab(here: Here<'_>) -> Shown {
    let asks = !here.visit.query("change").is_empty();
    match System::of(here.view).filter(|_| asks) {
        Some(system) if is_his(&here, Some(system)).await? => Ok(adding::another(here, system, 200, &[], false)),
        _ => shown_with(here, None).await,
    }
}

/// Whether the visitor may say where the source lies.
async fn is_his(here: &Here<'_>, system: Option<&System>) -> Result<bool, Fault> {
    let is_offered = system.is_none_or(|system| adding::is_offered(here.visit, system));
    Ok(is_offered && source_place::may_say(&here.reading.rows(), &here.view.record).await?)
}

async fn shown_with(here: Here<'_>, tried: Option<Tried>) -> Shown {
    let Here { visit, view, .. } = here;
    let t = visit.t;
    let system = System::of(view);
    let kind = system.filter(|system| system.reads_files).map(|system| system.title.to_owned());
    let kind = kind.unwrap_or_else(|| shown(view.text("service_type").unwrap_or_default()));
    let mut facts = vec![(t.say("source.system"), kind)];
    for name in ["path", "host", "port", "database", "user", "schema", "sslMode"] {
        if let Some(value) = system.and_then(|system| system.kept(view, name)) {
            facts.push((t.say(&format!("source.{name}")), shown(&value)));
        }
    }
    let at = here.address();
    answer(&Page {
        p: here.shell(),
        top: here.top_of("connection").await?,
        is_ours: system.is_some(),
        has_one: view.field("connection").and_then(|connection| connection.get("config")).is_some(),
        has_password: system.is_some_and(|system| !system.reads_files),
        change: is_his(&here, system)
            .await?
            .then(|| address::with_query(&at, &[("tab", "connection"), ("change", "1")])),
        by_whom: match system.is_some_and(|system| system.reads_files) {
            true => "source.file_by_admin",
            false => "source.place_by_holder",
        },
        next: match &tried {
            None => "test",
            Some(tried) if tried.works => "ingest",
            Some(_) => "change",
        },
        at,
        facts,
        tried,
    })
}

async fn sent(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    ask(&visit, &view).await?;
    let system = System::of(&view).ok_or(Fault::NoSuchPage)?;
    if visit.form().text("do") == "replace" {
        return adding::replace(page, &visit, &view, system).await;
    }
    let body = json!({"service": view.record.name});
    let reply = visit.of_management(Method::POST, "/sources/test", Some(&body)).await?;
    let tried = match reply {
        Ok(reply) => tried(&visit, system, &reply),
        // Nothing was tried: too many are being, or there is nothing to try.
        Err(refusal) if matches!(refusal.status, 400 | 409) => Tried {
            works: false,
            rendered: visit.t.say("source.not_tried"),
            steps: Vec::new(),
            facts: Vec::new(),
            error: Some((shown(&refusal.message), String::new())),
        },
        Err(refusal) => return Err(refusal.into()),
    };
    let reading = visit.reading().await?;
    shown_with(Here { page, visit: &visit, reading: &reading, view: &view }, Some(tried)).await
}

fn tried(visit: &Visit, system: &System, reply: &Value) -> Tried {
    let t = visit.t;
    let text = |member: &str| shown(reply[member].as_str().unwrap_or_default());
    let works = reply["works"] == true;
    let reason = reply["reason"].as_str().unwrap_or_default();
    let steps = if system.reads_files { STEPS_OF_FILES } else { STEPS };
    let last = steps.len() - 1;
    let ended = steps.iter().position(|(_, reasons)| reasons.contains(&reason)).unwrap_or(last);
    let step = |(index, (name, _)): (usize, &(&str, &[&str]))| {
        let (state, mood) = match index.cmp(&ended) {
            _ if works => ("done", "good"),
            std::cmp::Ordering::Less => ("done", "good"),
            std::cmp::Ordering::Equal => ("failed", "bad"),
            std::cmp::Ordering::Greater => ("not_tried", ""),
        };
        Step { rendered: t.say(&format!("source.step.{name}")), state: t.say(&format!("source.state.{state}")), mood }
    };
    let mut facts = Vec::new();
    if works {
        let schemas: Vec<String> =
            reply["schemas"].as_array().into_iter().flatten().filter_map(Value::as_str).map(shown).collect();
        let count = reply["schemaCount"].as_u64().unwrap_or(0);
        let more = if schemas.len() as u64 == count { "" } else { " …" };
        facts = vec![
            (t.say("source.is"), text("source")),
            (t.say("source.database"), text("database")),
            (t.count("count.schemas", count), format!("{}{more}", schemas.join(", "))),
            (
                t.say("source.answered"),
                t.with("source.millis", &[("n", &t.number(reply["latencyMs"].as_u64().unwrap_or(0)))]),
            ),
        ];
        if !system.reads_files {
            facts.insert(1, (t.say("source.user"), text("user")));
        }
    }
    let advice = t.find(&format!("source.advice.{reason}")).unwrap_or_default().to_owned();
    Tried {
        works,
        rendered: t.say(if works { "source.works" } else { "source.works_not" }),
        steps: steps.iter().enumerate().map(step).collect(),
        facts,
        error: (!works).then(|| (t.translated(&text("error")), advice)),
    }
}
