//! Sources, and what stands below them: databases, schemas, tables, pipelines.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_edge::route::Route;
use serde_json::Value;

use crate::door::Door;
use crate::edit;
use crate::fault::Fault;
use crate::found::{self, Found, Top};
use crate::head::Head;
use crate::history::History;
use crate::shell::Shell;
use crate::visit::{Shown, Visit, page};
use crate::{address, headers, markdown, tabs};

const TABS: &[&str] = &["contents", "activity"];
const MOST: u32 = 200;
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "sources.html")]
struct Sources {
    p: Shell,
    total: String,
    rows: Vec<Row>,
}

struct Row {
    head: Head,
    system: String,
    holds: String,
}

#[derive(Template)]
#[template(path = "place.html")]
struct Place {
    p: Shell,
    top: Top,
    description: Option<String>,
    system: Option<String>,
    total: String,
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    p: Shell,
    top: Top,
    history: History,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page("/sources", "sources", list),
        page("/services/{fqn}", "service", |visit| place(visit, &["database_service", "pipeline_service"])),
        page("/databases/{fqn}", "database", |visit| place(visit, &["database"])),
        page("/schemas/{fqn}", "schema", |visit| place(visit, &["database_schema"])),
    ]
}

async fn list(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let (mut rows, mut total) = (Vec::new(), 0);
    for kind in ["database_service", "pipeline_service"] {
        let query = ListQuery { limit: MOST, ..ListQuery::of(reading.account(), reading.catalog().kind(kind)) };
        let page =
            reading.list(query, &Depth::of(&[relation::OWNER, relation::IN_DOMAIN, relation::TAGGED], true)).await?;
        total += page.total;
        let holds =
            if kind == "database_service" { ("table", "count.tables") } else { ("pipeline", "count.pipelines") };
        let below = |view: &View| ListQuery {
            within: Some(view.record.fqn.clone()),
            ..ListQuery::of(reading.account(), reading.catalog().kind(holds.0))
        };
        let totals = reading.totals(page.views.iter().map(below).collect()).await?;
        for (view, number) in page.views.iter().zip(totals) {
            let system = crate::plain::shown(view.text("service_type").unwrap_or_default());
            rows.push(Row { head: Head::of(&visit, view), system, holds: visit.t.count(holds.1, number) });
        }
    }
    Ok(headers::page(
        200,
        &Sources {
            p: visit.shell("sources").below(visit.t.say("place.sources"), None),
            total: visit.t.count("count.sources", total),
            rows,
        },
    ))
}

/// What a place holds directly, and how that is counted.
fn below(reading: &Reading<'_>, kind: Kind) -> Option<(Kind, &'static str)> {
    let (below, key) = match kind.name() {
        "database_service" => ("database", "count.databases"),
        "pipeline_service" => ("pipeline", "count.pipelines"),
        "database" => ("database_schema", "count.schemas"),
        "database_schema" => ("table", "count.tables"),
        _ => return None,
    };
    Some((reading.catalog().kind(below), key))
}

async fn place(visit: Arc<Visit>, kinds: &'static [&'static str]) -> Shown {
    let reading = visit.reading().await?;
    let view = match found::find(&visit, &reading, kinds).await? {
        Found::Here(view) => view,
        Found::Elsewhere(answer) => return Ok(answer),
    };
    if let Some(form) = edit::asked(&visit, &reading, &view).await? {
        return Ok(form);
    }
    let (p, top) = (
        found::shell(&visit, &view, "sources"),
        Top::of(&visit, &view, "place", TABS).with_offers(&visit, &reading, &view).await?,
    );
    if tabs::chosen(&visit, TABS) == "activity" {
        let history = History::of(&visit, &reading, &view, &top.head.address).await?;
        return Ok(headers::page(200, &Activity { p, top, history }));
    }
    let Some((kind, key)) = below(&reading, view.record.kind) else { return Err(Fault::NoSuchPage) };
    let mut query = ListQuery { parent: Some(view.id()), limit: PAGE, ..ListQuery::of(reading.account(), kind) };
    if let Ok(id) = visit.query("after").parse()
        && let Some(record) = reading.record(id).await?
    {
        query.after = Some(query.keyset(&record));
    }
    let page = reading.list(query, &Depth::of(&[relation::OWNER, relation::TAGGED], true)).await?;
    let next = page.views.last().filter(|_| page.more);
    let next = next.map(|last| address::with_query(&top.head.address, &[("after", &last.id().to_string())]));
    let holds = held(&visit, &reading, kind, &page.views).await?;
    let rows = page.views.iter().zip(holds).map(|(view, holds)| Row {
        head: Head::of(&visit, view),
        system: String::new(),
        holds,
    });
    Ok(headers::page(
        200,
        &Place {
            p,
            description: markdown::beyond(view.text("description"), &top.head.line),
            system: view.text("service_type").map(crate::plain::shown),
            total: visit.t.count(key, page.total),
            rows: rows.collect(),
            next,
            top,
        },
    ))
}

/// How much each of the records of a kind holds itself.
async fn held(visit: &Visit, reading: &Reading<'_>, kind: Kind, views: &[View]) -> Result<Vec<String>, Fault> {
    if kind.is("table") {
        let columns = |view: &View| view.field("columns").and_then(Value::as_array).map_or(0, Vec::len);
        return Ok(views.iter().map(|view| visit.t.count("count.columns", columns(view))).collect());
    }
    let Some((below, key)) = below(reading, kind) else { return Ok(views.iter().map(|_| String::new()).collect()) };
    let query = |view: &View| ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), below) };
    let totals = reading.totals(views.iter().map(query).collect()).await?;
    Ok(totals.into_iter().map(|total| visit.t.count(key, total)).collect())
}
