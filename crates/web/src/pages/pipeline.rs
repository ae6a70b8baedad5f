//! A pipeline: its tasks, when it runs, how its runs went, what it makes.

pub mod runs;

use askama::Template;
use runs::Runs;
use serde_json::Value;

use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::lineage;
use crate::pages::sources;
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::visit::{Shown, answer};
use crate::text::markdown;
use crate::text::plain::{first_line, shown};

#[derive(Template)]
#[template(path = "pipeline.html")]
struct Pipeline {
    p: Shell,
    top: Top,
    description: Option<String>,
    tasks: Vec<Task>,
    runs: Runs,
    facts: Vec<(String, String)>,
    /// Where what it reads is put into a product.
    products: Vec<Link>,
}

struct Task {
    name: String,
    line: String,
    next: String,
}

pub static PAGE: RecordPage = RecordPage {
    name: "pipeline",
    folder: "pipelines",
    section: "sources",
    tabs: Tabs { noun: "pipeline", names: &["overview", "lineage", "activity"] },
    tab: |here, tab| match tab {
        "lineage" => Box::pin(lineage::tab(here)),
        _ => Box::pin(overview(here)),
    },
    is_edited: true,
    ..RecordPage::PLAIN
};

async fn overview(here: Here<'_>) -> Shown {
    let Here { visit, view, .. } = here;
    let top = here.top().await?;
    let tasks = view.field("tasks").and_then(Value::as_array).into_iter().flatten().map(|task| {
        let text = |field: &str| task.get(field).and_then(Value::as_str).unwrap_or_default();
        let next = task.get("downstream_tasks").and_then(Value::as_array).into_iter().flatten();
        Task {
            name: shown(text("name")),
            line: first_line(text("description")),
            next: shown(&next.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
        }
    });
    let fact = |field: &str| Some((visit.t.say(&format!("fact.{field}")), shown(view.text(field)?)));
    let facts = ["schedule_interval", "state", "pipeline_location"];
    answer(&Pipeline {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        tasks: tasks.collect(),
        runs: Runs::of(here).await?,
        products: sources::products(here).await?,
        facts: facts.into_iter().filter_map(fact).collect(),
        top,
    })
}
