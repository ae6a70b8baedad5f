//! What is shown of one run: how far it is, or what came of it.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::name;
use serde_json::Value;

use crate::forms::bound::Bound;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Lines of each list that are shown.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "parts/run.html")]
pub struct Run {
    t: Texts,
    pub state: State,
    began: Option<Moment>,
    by: String,
    took: Option<String>,
    progress: Option<Progress>,
    /// Where it is ended, with what the form bears.
    stop: Option<(String, Bound)>,
    figures: Option<String>,
    counts: Vec<Counted>,
    changes: Vec<Change>,
    changes_more: Option<String>,
    left_out: Vec<(String, String)>,
    missing: Vec<String>,
    notes: Vec<String>,
    error: Option<(String, String)>,
    /// Where tables that went may go after all.
    pub force: Option<(String, Bound)>,
    found: Option<String>,
    is_dry: bool,
}

impl HtmlSafe for Run {}

pub struct State {
    pub rendered: String,
    /// `good`, `fair`, `bad` or nothing.
    pub mood: &'static str,
    pub is_running: bool,
}

struct Progress {
    rendered: String,
    rate: Option<String>,
    done: u64,
    all: u64,
}

/// How many of one sort were changed, and how.
struct Counted {
    name: String,
    numbers: Vec<String>,
}

struct Change {
    table: String,
    address: String,
    rendered: Vec<String>,
}

/// What a run is told from: what its service keeps of it, and what the server knows of it now.
pub struct RunState<'a> {
    pub kept: Option<&'a Value>,
    pub live: Option<&'a Value>,
}

/// What happens to records, in the order of the columns.
pub const TALLIES: &[&str] = &["created", "updated", "observed", "restored", "removed", "unchanged", "failed"];

impl RunState<'_> {
    /// Its state in a word: that of the kept one, unless that was never ended. It runs until another may begin, which is a moment
    /// after its service was told how it ended.
    pub fn state(&self) -> &str {
        let kept = self.kept.and_then(|kept| kept["pipelineState"].as_str());
        match (kept, self.live.and_then(|live| live["state"].as_str())) {
            (_, Some("running")) => "running",
            (Some(ended), _) if ended != "running" => ended,
            (_, Some("finished")) => "success",
            (_, Some("failed")) => match self.live.and_then(|live| live["reason"].as_str()) {
                Some("STOPPED") => "stopped",
                _ => "failed",
            },
            _ => "interrupted",
        }
    }

    fn member(&self, name: &str) -> &Value {
        let kept = self.kept.map(|kept| &kept[name]).filter(|value| !value.is_null());
        kept.or_else(|| self.live.map(|live| &live[name])).unwrap_or(&Value::Null)
    }
}

pub fn state(t: Texts, state: &str) -> State {
    let mood = match state {
        "success" => "good",
        "partialSuccess" | "stopped" | "interrupted" => "fair",
        "failed" => "bad",
        _ => "",
    };
    let rendered = t.find(&format!("run.state.{state}")).map_or_else(|| shown(state), str::to_owned);
    State { rendered, mood, is_running: state == "running" }
}

/// Who has started it.
pub fn by(t: Texts, run: &Value) -> String {
    let name = shown(run["by"].as_str().unwrap_or_default());
    if run["bySchedule"] == true { t.with("run.by_schedule", &[("name", &name)]) } else { name }
}

/// Seconds as people say them.
pub fn lasted(t: Texts, millis: u64) -> String {
    match millis {
        ..1_000 => t.with("run.millis", &[("n", &t.number(millis))]),
        1_000..60_000 => t.with("run.seconds", &[("n", &format!("{}.{}", millis / 1_000, millis % 1_000 / 100))]),
        _ => {
            let (minutes, seconds) = (millis / 60_000, millis / 1_000 % 60);
            t.with("run.minutes", &[("m", &t.number(minutes)), ("s", &seconds.to_string())])
        }
    }
}

/// Tables that were looked at.
fn tables(report: &Value) -> u64 {
    TALLIES.iter().filter_map(|tally| report["tables"][tally].as_u64()).sum()
}

/// How many records a run changed.
pub fn written(run: &Value) -> u64 {
    let of =
        |level: &str| ["created", "updated", "restored", "removed"].map(|tally| run["report"][level][tally].as_u64());
    ["schemas", "tables", "lineage"].into_iter().flat_map(of).flatten().sum()
}

/// What a run came to, in a line.
pub fn line(t: Texts, run: &Value) -> String {
    let report = &run["report"];
    if report.is_null() {
        return shown(&t.translated(run["error"].as_str().unwrap_or_default()));
    }
    let counted = TALLIES.iter().filter(|tally| !matches!(**tally, "unchanged" | "observed"));
    let rendered: Vec<String> = counted
        .filter_map(|tally| {
            let number = report["tables"][tally].as_u64().filter(|number| *number > 0)?;
            Some(t.with(&format!("run.line.{tally}"), &[("n", &t.number(number))]))
        })
        .collect();
    let all = t.count("count.tables", tables(report));
    if rendered.is_empty() {
        format!("{all}, {}", t.say("run.line.nothing"))
    } else {
        format!("{all}: {}", rendered.join(", "))
    }
}

impl Run {
    /// `at` is the address of the run, `of` its source.
    pub fn of(visit: &Visit, reported: &RunState<'_>, (at, of): (&str, RecordId)) -> Run {
        let t = visit.t;
        let state = state(t, reported.state());
        let report = reported.member("report");
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let began = reported.member("startDate").as_i64();
        let ended = reported.member("endDate").as_i64();
        let took = match (began, ended) {
            (Some(began), Some(ended)) => u64::try_from(ended - began).ok(),
            _ if state.is_running => reported.member("elapsedMs").as_u64(),
            _ => None,
        };
        let progress = reported.live.filter(|_| state.is_running).map(|live| progress(t, live));
        let mut figures = None;
        let mut counts = Vec::new();
        if report.is_object() {
            let (spent, looked) = (number(&report["crawlMs"]) + number(&report["writeMs"]), tables(report));
            let rate = looked * 1_000 / spent.max(1);
            figures = Some(t.with(
                "run.figures",
                &[
                    ("tables", &t.count("count.tables", looked)),
                    ("columns", &t.count("count.columns", number(&report["columns"]))),
                    ("rate", &t.number(rate)),
                    ("source", &shown(report["source"].as_str().unwrap_or_default())),
                ],
            ));
            for level in ["schemas", "tables", "lineage"] {
                let numbers = TALLIES.iter().map(|tally| t.number(number(&report[level][tally]))).collect();
                counts.push(Counted { name: t.say(&format!("run.level.{level}")), numbers });
            }
        }
        let list = |name: &str| report[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let changes: Vec<Change> = list("changed").iter().take(MOST).map(|change| Change::of(t, change)).collect();
        let changed = list("changed").len() + number(&report["more"]["changed"]) as usize;
        let fault = |fault: &Value| {
            let text = |member: &str| shown(fault[member].as_str().unwrap_or_default());
            (text("name"), text("reason"))
        };
        let left_out = list("skipped").iter().chain(list("failed")).take(2 * MOST).map(fault).collect();
        let texts = |name: &str| list(name).iter().filter_map(Value::as_str).take(MOST).map(shown).collect();
        let reason = reported.member("reason").as_str().unwrap_or_default();
        let is_stopped = reported.state() == "stopped";
        let error = reported.member("error").as_str().filter(|_| !is_stopped).map(|error| {
            (shown(&t.translated(error)), t.find(&format!("source.advice.{reason}")).unwrap_or_default().to_owned())
        });
        let bound = visit.bound_to(of);
        let service = at.split("/runs/").next().unwrap_or_default().to_owned();
        Run {
            t,
            began: began.map(|at| visit.moment(Millis(at))),
            by: reported.kept.map(|run| by(t, run)).unwrap_or_default(),
            took: took.map(|millis| lasted(t, millis)),
            progress,
            stop: state.is_running.then(|| (format!("{at}/stop"), bound.clone())),
            figures,
            counts,
            changes_more: Some(changed - changes.len())
                .filter(|more| *more > 0)
                .map(|more| t.count("run.more", more as u64)),
            changes,
            left_out,
            missing: texts("missing"),
            notes: texts("notes"),
            error,
            force: (reason == "BRAKE").then(|| (format!("{service}/runs"), bound)),
            found: report.is_object().then_some(service),
            is_dry: report["dryRun"] == true,
            state,
        }
    }
}

fn progress(t: Texts, live: &Value) -> Progress {
    let number = |member: &str| live[member].as_u64().unwrap_or(0);
    let (done, all) = (number("done"), number("all"));
    let step = live["step"].as_str().unwrap_or_default();
    let rendered = match t.find(&format!("run.step.{step}")) {
        Some(_) => t.with(&format!("run.step.{step}"), &[("done", &t.number(done)), ("all", &t.number(all))]),
        None => t.say("run.connecting"),
    };
    // What the source tells at once has no speed.
    let is_written = step == "written" && done > 0;
    let rate = is_written.then(|| t.with("run.rate", &[("n", &t.number(done * 1_000 / number("stepMs").max(1)))]));
    Progress { rendered, rate, done, all: if step == "written" { all } else { 0 } }
}

impl Change {
    fn of(t: Texts, change: &Value) -> Change {
        let fqn = change["name"].as_str().unwrap_or_default();
        let names = |member: &str| {
            let names = change[member].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.map(shown).collect::<Vec<_>>().join(", ")
        };
        let mut rendered = Vec::new();
        for (member, key) in [("added", "run.added"), ("removed", "run.gone")] {
            let names = names(member);
            if !names.is_empty() {
                rendered.push(t.with(key, &[("names", &names)]));
            }
        }
        for column in change["columns"].as_array().into_iter().flatten() {
            let text = |member: &str| shown(column[member].as_str().unwrap_or_default());
            let parts = [("name", text("name")), ("before", text("before")), ("after", text("after"))];
            rendered.push(t.with("run.column", &parts.each_ref().map(|(key, value)| (*key, value.as_str()))));
        }
        if rendered.is_empty() {
            rendered.push(t.say("run.otherwise"));
        }
        let last = name::split(fqn).and_then(|names| names.last().cloned()).unwrap_or_else(|| fqn.to_owned());
        Change { table: shown(&last), address: format!("/tables/{}", crate::records::address::segment(fqn)), rendered }
    }
}
