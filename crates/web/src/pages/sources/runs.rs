//! The runs of a source: started here, watched while they go, kept when they are over.
//!
//! Who may ingest a source sees all of a run. Who only sees the source learns when it was read, and whether that went well:
//! reports name tables.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::Millis;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{INGESTION_RUN, Observation};
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::connection;
use super::recurrence::Recurrence;
use super::run::{self, Run, RunState, State};
use super::schedule::{self, Schedule};
use super::system::System;
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::records::record::{Here, RecordPage, Top, back, below, change, piece};
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::moment::Moment;
use crate::text::plain::shown;

/// Runs on a page.
const PAGE: u32 = 20;
const ALWAYS: (Millis, Millis) = (Millis(0), Millis(i64::MAX));

#[derive(Template)]
#[template(path = "source/runs.html")]
struct Page {
    p: Shell,
    top: Top,
    rows: Vec<Row>,
    older: Option<String>,
    others: Vec<Other>,
    /// Something was put here, by whatever way.
    is_filled: bool,
    /// Where one is started, by who may.
    start: Option<String>,
    /// When one starts by itself, for who may say so.
    schedule: Option<Schedule>,
    fault: Option<String>,
}

/// The last run of what another program reads of the source.
struct Other {
    at: Millis,
    name: String,
    began: Moment,
    took: String,
    state: State,
}

/// A run in a line.
pub struct Row {
    pub address: Option<String>,
    pub began: Moment,
    pub by: String,
    pub took: String,
    pub state: State,
    pub line: String,
}

#[derive(Template)]
#[template(path = "source/run.html")]
struct One {
    p: Shell,
    title: String,
    run: Run,
    at: String,
    back: String,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        back(page, "runs", "service_runs", "runs"),
        change(page, "runs", "ingest_service", move |visit, view| start(page, visit, view)),
        below(page, "runs/{id}", "service_run", one),
        piece(page, "runs/{id}/progress", "service_run_progress", progress),
        change(page, "runs/{id}/stop", "stop_service_run", stop),
        back(page, "runs/{id}/stop", "stopped_service_run", "runs"),
    ]
}

pub async fn tab(here: Here<'_>) -> Shown {
    list(here, 200, None, None).await
}

/// The same, with times that were not taken and why.
pub async fn with_refused_schedule(here: Here<'_>, status: u16, refused: (Recurrence, String)) -> Shown {
    list(here, status, None, Some(refused)).await
}

async fn list(here: Here<'_>, status: u16, fault: Option<String>, refused: Option<(Recurrence, String)>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let may = connection::may(reading, view).await?;
    let until = visit.query("before").parse().map_or(ALWAYS.1, |before: i64| Millis(before.saturating_sub(1)));
    let observed = reading.observations(&view.record, (INGESTION_RUN, ""), (ALWAYS.0, until), PAGE).await?;
    let older = observed
        .found
        .last()
        .filter(|_| observed.total > u64::from(PAGE))
        .map(|last| address::with_query(&here.address(), &[("tab", "runs"), ("before", &last.at.0.to_string())]));
    let mut rows = Vec::new();
    for kept in &observed.found {
        rows.extend(row(visit, view, kept, may).await?);
    }
    let start = start_at(here).await?;
    let schedule = match &start {
        Some(_) => Some(schedule::of(visit, view, refused).await?),
        None => None,
    };
    let database = reading.catalog().kind("database");
    let held = ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), database) };
    let page = Page {
        p: here.shell(),
        top: here.top_of("runs").await?,
        is_filled: rows.is_empty() && reading.count(held).await? > 0,
        rows,
        older,
        others: others(visit, reading, view).await?,
        start,
        schedule,
        fault,
    };
    Ok(headers::page(status, &page))
}

/// Where a run is started, by who may.
pub async fn start_at(here: Here<'_>) -> Result<Option<String>, Fault> {
    let may = System::of(here.view).is_some() && connection::may(here.reading, here.view).await?;
    Ok(may.then(|| format!("{}/runs", here.address())))
}

/// What programs say of their own runs, which they keep with the ingestion pipelines of the source.
async fn others(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Vec<Other>, Fault> {
    let kind = reading.catalog().kind("ingestion_pipeline");
    let query = ListQuery { parent: Some(view.id()), limit: PAGE, ..ListQuery::of(reading.account(), kind) };
    let pipelines = reading.list(query, &Depth::bare()).await?.views;
    let newest = reading.newest_observations(&pipelines, &[INGESTION_RUN]).await?;
    let other = |run: Observation| {
        let pipeline = pipelines.iter().find(|pipeline| pipeline.id() == run.record)?;
        let took = run.value["endDate"].as_i64().and_then(|ended| u64::try_from(ended.saturating_sub(run.at.0)).ok());
        Some(Other {
            at: run.at,
            name: naming::rendered_of(&pipeline.record),
            began: visit.moment(run.at),
            took: took.map(|millis| run::lasted(visit.t, millis)).unwrap_or_default(),
            state: run::state(visit.t, run.value["pipelineState"].as_str().unwrap_or_default()),
        })
    };
    let mut others: Vec<Other> = newest.into_iter().filter_map(other).collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.at));
    Ok(others)
}

/// The last run of a source, for its own page.
pub async fn last(here: Here<'_>) -> Result<Option<Row>, Fault> {
    let Here { visit, reading, view, .. } = here;
    if !view.record.kind.is("database_service") {
        return Ok(None);
    }
    let may = connection::may(reading, view).await?;
    let newest = reading.observations(&view.record, (INGESTION_RUN, ""), ALWAYS, 1).await?.found;
    match newest.first() {
        Some(kept) => row(visit, view, kept, may).await,
        None => Ok(None),
    }
}

/// `None` for a run that goes on and is none of the visitor's business.
async fn row(visit: &Visit, view: &View, kept: &Observation, may: bool) -> Result<Option<Row>, Fault> {
    let (t, run) = (visit.t, &kept.value);
    let id = run["runId"].as_str().unwrap_or_default();
    let live = match run["pipelineState"] == "running" {
        true if !may => return Ok(None),
        true => live(visit, id).await?,
        false => None,
    };
    let reply = RunState { kept: Some(run), live: live.as_ref() };
    let took = run["endDate"].as_i64().and_then(|ended| u64::try_from(ended - kept.at.0).ok());
    Ok(Some(Row {
        address: may.then(|| run_address(view, id)),
        began: visit.moment(kept.at),
        by: if may { run::by(t, run) } else { String::new() },
        took: took.map(|millis| run::lasted(t, millis)).unwrap_or_default(),
        state: run::state(t, reply.state()),
        line: if may { run::line(t, run) } else { String::new() },
    }))
}

fn run_address(view: &View, id: &str) -> String {
    format!("{}/runs/{}", address::of_record(&view.record), address::segment(id))
}

/// What the server knows of a run since its start; `None` where it knows none of that name.
pub async fn live(visit: &Visit, id: &str) -> Result<Option<Value>, Fault> {
    let path = format!("/ingestions/{}", address::segment(id));
    match visit.of_management(Method::GET, &path, None).await? {
        Ok(reply) => Ok(Some(reply)),
        Err(refusal) if matches!(refusal.status, 403 | 404) => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Starts a run as a form asks for it.
pub async fn start(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    let sent = visit.form();
    let order = json!({
        "service": view.record.name,
        "dryRun": !sent.text("dry").is_empty(),
        "force": !sent.text("force").is_empty(),
    });
    match visit.of_management(Method::POST, "/ingestions", Some(&order)).await? {
        Ok(started) => Ok(headers::see_other(&run_address(&view, started["id"].as_str().unwrap_or_default()))),
        // Another one runs, or too many do.
        Err(refusal) if refusal.status == 409 => {
            let reading = visit.reading().await?;
            let here = Here { page, visit: &visit, reading: &reading, view: &view };
            list(here, 409, Some(shown(&refusal.message)), None).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// A run of the source that the address names, and where it is.
async fn read_run(visit: &Visit, view: &View) -> Result<(Run, String), Fault> {
    let id = visit.param("id");
    let reading = visit.reading().await?;
    let runs = reading.observations(&view.record, (INGESTION_RUN, ""), ALWAYS, INGESTION_RUN.0.kept).await?.found;
    drop(reading);
    let kept = runs.into_iter().map(|run| run.value).find(|run| run["runId"] == id);
    let live = live(visit, id).await?.filter(|live| live["service"] == view.record.name.as_str());
    if kept.is_none() && live.is_none() {
        return Err(Fault::NoSuchPage);
    }
    let at = run_address(view, id);
    Ok((Run::of(visit, &RunState { kept: kept.as_ref(), live: live.as_ref() }, (&at, view.id())), at))
}

async fn one(visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    let (run, at) = read_run(&visit, &view).await?;
    let name = naming::rendered_of(&view.record);
    let service = address::of_record(&view.record);
    answer(&One {
        p: visit
            .shell("sources")
            .below(visit.t.say("place.sources"), Some("/sources".into()))
            .below(name.clone(), Some(service.clone()))
            .below(visit.t.say("run.one"), None),
        title: visit.t.with("run.of", &[("name", &name)]),
        run,
        at,
        back: address::with_query(&service, &[("tab", "runs")]),
    })
}

async fn progress(visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    let (run, _) = read_run(&visit, &view).await?;
    answer(&run)
}

async fn stop(visit: Arc<Visit>, view: Box<View>) -> Shown {
    connection::ask(&visit, &view).await?;
    let id = visit.param("id");
    // Only of this source: the address says whose run it is.
    if live(&visit, id).await?.is_none_or(|live| live["service"] != view.record.name.as_str()) {
        return Err(Fault::NoSuchPage);
    }
    visit.of_management(Method::DELETE, &format!("/ingestions/{}", address::segment(id)), None).await??;
    Ok(headers::see_other(&run_address(&view, id)))
}
