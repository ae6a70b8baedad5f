//! How the runs of a pipeline went, newest first: when each began, how long it took, what came of its tasks.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::Millis;
use emporion_catalog::observation::{Observation, PIPELINE_STATUS};
use serde_json::Value;

use crate::fault::Fault;
use crate::pages::sources::run::{self, State};
use crate::records::address;
use crate::records::record::Here;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Runs on a page.
const PAGE: u32 = 20;
const ALWAYS: (Millis, Millis) = (Millis(i64::MIN), Millis(i64::MAX));
/// Tasks of a run that are named.
const MOST_TASKS: usize = 30;

#[derive(Template)]
#[template(path = "parts/pipeline_runs.html")]
pub struct Runs {
    t: Texts,
    rows: Vec<Run>,
    older: Option<String>,
    /// Where the newest are, from a page of older ones.
    newest: Option<String>,
}

impl HtmlSafe for Runs {}

struct Run {
    began: Moment,
    state: State,
    took: String,
    tasks: Vec<Task>,
    /// The others, and how many they are.
    other_tasks: Vec<Task>,
    more: Option<String>,
}

struct Task {
    name: String,
    state: State,
    took: String,
}

impl Runs {
    /// Those before the time that the address names, or the newest.
    pub async fn of(here: Here<'_>) -> Result<Runs, Fault> {
        let Here { visit, reading, view, .. } = here;
        let before: Option<i64> = visit.query("before").parse().ok();
        let until = before.map_or(ALWAYS.1, |before| Millis(before.saturating_sub(1)));
        let observed = reading.observations(&view.record, (PIPELINE_STATUS, ""), (ALWAYS.0, until), PAGE).await?;
        let last = observed.found.last().filter(|_| observed.total > u64::from(PAGE));
        let older = last.map(|last| address::with_query(&here.address(), &[("before", &last.at.0.to_string())]));
        Ok(Runs::reported(visit, &observed.found, older, before.map(|_| here.address())))
    }

    pub fn reported(visit: &Visit, observed: &[Observation], older: Option<String>, newest: Option<String>) -> Runs {
        Runs { t: visit.t, rows: observed.iter().map(|kept| Run::of(visit, kept)).collect(), older, newest }
    }
}

impl Run {
    fn of(visit: &Visit, kept: &Observation) -> Run {
        let t = visit.t;
        let all: Vec<&Value> = kept.value["taskStatus"].as_array().into_iter().flatten().collect();
        let ended = kept.value["endTime"].as_i64();
        // Where it does not say when it ended, it did with the last of its tasks.
        let ended = ended.or_else(|| all.iter().filter_map(|task| task["endTime"].as_i64()).max());
        let task = |task: &&Value| Task {
            name: shown(task["name"].as_str().unwrap_or_default()),
            state: state(t, task),
            took: took(t, task["startTime"].as_i64(), task["endTime"].as_i64()),
        };
        let more = all.len().saturating_sub(MOST_TASKS);
        Run {
            began: visit.moment(kept.at),
            state: state(t, &kept.value),
            took: took(t, Some(kept.at.0), ended),
            tasks: all.iter().take(MOST_TASKS).map(task).collect(),
            other_tasks: all.iter().skip(MOST_TASKS).map(task).collect(),
            more: (more > 0).then(|| t.count("pipeline.more_tasks", more)),
        }
    }
}

/// Whether a run, or a task in it, failed.
pub fn has_failed(run: &Value) -> bool {
    run["executionStatus"] == "Failed"
}

/// The names of the tasks that a run failed at.
pub fn failed_tasks(run: &Value) -> String {
    let tasks = run["taskStatus"].as_array().into_iter().flatten().filter(|task| has_failed(task));
    shown(&tasks.filter_map(|task| task["name"].as_str()).collect::<Vec<_>>().join(", "))
}

/// Of a run or a task; nothing, where an end is not known.
fn took(t: Texts, began: Option<i64>, ended: Option<i64>) -> String {
    let millis = began.zip(ended).and_then(|(began, ended)| u64::try_from(ended.checked_sub(began)?).ok());
    millis.map(|millis| run::lasted(t, millis)).unwrap_or_default()
}

fn state(t: Texts, rendered: &Value) -> State {
    let rendered = rendered["executionStatus"].as_str().unwrap_or_default();
    let word = match rendered {
        "Successful" => "success",
        "Failed" => "failed",
        "Pending" => "queued",
        "Skipped" => "skipped",
        other => other,
    };
    run::state(t, word)
}
