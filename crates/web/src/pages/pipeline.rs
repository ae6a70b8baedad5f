//! A pipeline: its tasks, when it runs, what it makes.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::reading::SeenCard;
use emporion_edge::route::Route;
use serde_json::Value;

use crate::door::Door;
use crate::edit;
use crate::found::{self, Found, Top};
use crate::history::History;
use crate::lineage::Lineage;
use crate::plain::{first_line, shown};
use crate::shell::Shell;
use crate::visit::{Shown, Visit, page};
use crate::{headers, markdown, tabs};

const TABS: &[&str] = &["overview", "lineage", "activity"];

#[derive(Template)]
#[template(path = "pipeline.html")]
struct Pipeline {
    p: Shell,
    top: Top,
    description: Option<String>,
    tasks: Vec<Task>,
    facts: Vec<(String, String)>,
}

struct Task {
    name: String,
    line: String,
    next: String,
}

#[derive(Template)]
#[template(path = "lineage.html")]
struct Origins {
    p: Shell,
    top: Top,
    lineage: Lineage,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    p: Shell,
    top: Top,
    history: History,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page("/pipelines/{fqn}", "pipeline", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let view = match found::find(&visit, &reading, &["pipeline"]).await? {
        Found::Here(view) => view,
        Found::Elsewhere(answer) => return Ok(answer),
    };
    if let Some(form) = edit::asked(&visit, &reading, &view).await? {
        return Ok(form);
    }
    let (p, top) = (
        found::shell(&visit, &view, "sources"),
        Top::of(&visit, &view, "pipeline", TABS).with_offers(&visit, &reading, &view).await?,
    );
    match tabs::chosen(&visit, TABS) {
        "lineage" => {
            let lineage = Lineage::around(&visit, &reading, &[SeenCard::from(&view.record)], None).await?;
            Ok(headers::page(200, &Origins { p, top, lineage }))
        }
        "activity" => {
            let history = History::of(&visit, &reading, &view, &top.head.address).await?;
            Ok(headers::page(200, &Activity { p, top, history }))
        }
        _ => {
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
            Ok(headers::page(
                200,
                &Pipeline {
                    p,
                    description: markdown::beyond(view.text("description"), &top.head.line),
                    tasks: tasks.collect(),
                    facts: facts.into_iter().filter_map(fact).collect(),
                    top,
                },
            ))
        }
    }
}
