//! What is read from sources and done by pipelines: when, how far it is, and what came of it.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::observation::{Observation, PIPELINE_STATUS};
use emporion_web::pages::pipeline::runs::Runs;
use emporion_web::pages::sources::Freshness;
use emporion_web::pages::sources::freshness::Times;
use emporion_web::pages::sources::recurrence::Recurrence;
use emporion_web::pages::sources::run::{Run, RunState};
use emporion_web::pages::sources::schedule::Schedule;
use emporion_web::request::visit::Visit;
use serde_json::{Value, json};

use crate::part::{Part, State};
use crate::samples::{AT, LONG, ago};

pub const PARTS: &[Part] = &[
    Part { name: "freshness", states: freshness },
    Part { name: "pipeline_runs", states: pipeline_runs },
    Part { name: "run", states: run },
    Part { name: "schedule", states: schedule },
];

/// In a cell, where it stands on the pages.
#[derive(Template)]
#[template(
    source = r#"<div class="scroll" tabindex="0" role="group" aria-label="cell">
<table class="grid"><tbody><tr><td>{{ freshness }}</td></tr></tbody></table></div>"#,
    ext = "html"
)]
struct Cell {
    freshness: Freshness,
}

fn freshness(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let of = |state: Option<&str>, failing: &[&str], times: Option<Times>| {
        let ended = state.map(|state| (state.to_owned(), ago(visit, 90)));
        let failing = failing.iter().map(|name| t.with("waiting.failed_of", &[("name", *name)])).collect();
        let times = times.map(|times| (times, "Europe/Berlin".to_owned()));
        Cell { freshness: Freshness::reported(visit, ended, failing, times) }
    };
    vec![
        State::of("never read", &of(None, &[], None)),
        State::of("read well, and when it is read next", &of(Some("success"), &[], Some(Times::Next(ago(visit, -60))))),
        State::of("being read", &of(Some("running"), &[], None)),
        State::of(
            "some was refused, and it is late",
            &of(Some("partialSuccess"), &[], Some(Times::Late(ago(visit, 60)))),
        ),
        State::of("failed, and read no more", &of(Some("failed"), &[], Some(Times::Stopped(ago(visit, 30))))),
        State::of("interrupted", &of(Some("interrupted"), &[], None)),
        State::of("what others read of it failed", &of(Some("success"), &["usage", LONG], None)),
    ]
}

fn pipeline_runs(visit: &Visit) -> Vec<State> {
    let task = |name: &str, status: &str, minutes: i64| {
        let began = ago(visit, 90).0;
        json!({"name": name, "executionStatus": status, "startTime": began, "endTime": began + minutes * 60_000})
    };
    let run = |status: &str, tasks: Vec<Value>| Observation {
        record: RecordId::fresh(),
        series: PIPELINE_STATUS,
        item: String::new(),
        at: ago(visit, 90),
        value: json!({"executionStatus": status, "taskStatus": tasks}),
    };
    let tasks = vec![task("load", "Successful", 3), task(LONG, "Failed", 1), task("publish", "Skipped", 0)];
    let many = (0..40).map(|at| task(&format!("step {at}"), "Successful", at)).collect();
    let every = [run("Failed", tasks), run("Pending", Vec::new()), run("Successful", many)];
    let at = || Some(AT.to_owned());
    vec![
        State::of("none", &Runs::reported(visit, &[], None, None)),
        State::of("one, without tasks or end", &Runs::reported(visit, &every[1..2], None, None)),
        State::of("several, with older and newer ones", &Runs::reported(visit, &every, at(), at())),
    ]
}

/// In the place that it has on its page.
#[derive(Template)]
#[template(source = r#"<div class="run">{{ run }}</div>"#, ext = "html")]
struct Shown {
    run: Run,
}

fn run(visit: &Visit) -> Vec<State> {
    let of = |kept: Value, live: Value| {
        let live = Some(&live).filter(|live| live.is_object());
        Shown {
            run: Run::of(visit, &RunState { kept: Some(&kept), live }, (&format!("{AT}/runs/1"), RecordId::fresh())),
        }
    };
    let (began, ended) = (ago(visit, 3).0, ago(visit, 1).0);
    let ended = |state: &str, more: Value| {
        let kept = json!({"pipelineState": state, "startDate": began, "endDate": ended, "by": "ann"});
        of(with(kept, more), Value::Null)
    };
    let going = |live: Value| {
        of(json!({"pipelineState": "running", "startDate": began, "bySchedule": true, "by": "ann"}), live)
    };
    let counts = json!({"created": 2, "updated": 1, "unchanged": 40});
    let mut report = json!({"source": "Postgres", "crawlMs": 900, "writeMs": 300, "columns": 310});
    report["tables"] = counts.clone();
    report["schemas"] = counts;
    let mut all = report.clone();
    all["changed"] = json!([
        {"name": "shop.main.public.orders", "added": ["at"], "removed": ["on"],
         "columns": [{"name": "id", "before": "INT", "after": "BIGINT"}]},
        {"name": LONG},
    ]);
    all["more"] = json!({"changed": 3});
    all["missing"] = json!(["shop.main.public.returns", LONG]);
    all["skipped"] = json!([{"name": "shop.main.audit", "reason": "no right to read it"}]);
    all["failed"] = json!([{"name": LONG, "reason": "its name is too long"}]);
    all["notes"] = json!(["The source has no comments."]);
    let mut dry = report.clone();
    dry["dryRun"] = true.into();
    let failed = |reason: &str| json!({"error": "the source is gone", "reason": reason});
    vec![
        State::of("it begins", &going(json!({"state": "running", "elapsedMs": 400}))),
        State::of("it looks", &going(json!({"state": "running", "step": "columns", "done": 310, "elapsedMs": 2_400}))),
        State::of(
            "it writes",
            &going(json!({"state": "running", "step": "written", "done": 12, "all": 43, "stepMs": 900})),
        ),
        State::of("it succeeded", &ended("success", json!({"report": report}))),
        State::of("it only said what would change", &ended("success", json!({"report": dry}))),
        State::of("some was refused, left out, gone", &ended("partialSuccess", json!({"report": all}))),
        State::of("it was stopped", &ended("stopped", json!({}))),
        State::of("it was interrupted", &going(Value::Null)),
        State::of("it failed", &ended("failed", failed("UNREACHABLE"))),
        State::of("it failed, and can be forced", &ended("failed", failed("BRAKE"))),
    ]
}

/// The members of both.
fn with(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn schedule(visit: &Visit) -> Vec<State> {
    let at = |minutes| ago(visit, minutes).0;
    let set = |more: Value| {
        let reported = json!({"cron": "0 3 * * *", "by": "ann", "setAt": at(9_000)});
        Schedule::of_reply(visit, (AT, RecordId::fresh()), &with(reported, more), None)
    };
    let last = |state: &str, error: &str| json!({"at": at(600), "id": "1", "state": state, "error": error});
    let refused = Some((Recurrence::of("every day"), LONG.to_owned()));
    vec![
        State::of("none", &Schedule::of_reply(visit, (AT, RecordId::fresh()), &json!({}), None)),
        State::of("set", &set(json!({"next": at(-600)}))),
        State::of("read well", &set(json!({"next": at(-600), "last": last("success", "")}))),
        State::of("failed", &set(json!({"next": at(-600), "last": last("failed", "the source is gone")}))),
        State::of("stopped", &set(json!({"stopped": {"at": at(60), "why": LONG}}))),
        State::of("typed, and not taken", &Schedule::of_reply(visit, (AT, RecordId::fresh()), &json!({}), refused)),
    ]
}
