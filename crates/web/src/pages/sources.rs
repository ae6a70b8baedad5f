//! Sources, and what stands below them: databases, schemas, tables, pipelines, dashboards.

mod adding;
mod connection;
pub mod files;
pub mod freshness;
mod reading_form;
pub mod recurrence;
pub mod run;
mod runs;
pub mod schedule;
mod system;

use std::ops::Add;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::text::folded_words;
use emporion_edge::route::Route;
use serde_json::Value;

use self::system::System;
use crate::access::own::Products;
use crate::access::who_may::WhoMay;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::edit_menu::{Group, Offer};
use crate::layout::paging::Paged;
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::records::address;
use crate::records::head::Head;
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::handlers::page;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;

pub use adding::may as may_add;
pub use freshness::{Freshness, Troubled, may_run};

/// What the list holds, in its order: each with what is looked for in it, and how that is counted.
const SOURCES: &[(&str, &str, &str)] = &[
    ("database_service", "table", "count.tables"),
    ("pipeline_service", "pipeline", "count.pipelines"),
    ("dashboard_service", "dashboard", "count.dashboards"),
];
const PAGE: u32 = 100;
/// Products of the visitor's that a schema's tables are offered to.
const MOST_PRODUCTS: u32 = 20;

#[derive(Template)]
#[template(path = "sources.html")]
struct Sources {
    p: Shell,
    total: String,
    rows: Vec<Row>,
    next: Option<String>,
    new: Option<Offer>,
    /// Who may add one, where the visitor may not.
    others: Option<WhoMay>,
}

pub struct Row {
    pub head: Head,
    pub system: String,
    pub holds: String,
    /// In the list of sources.
    pub freshness: Option<Freshness>,
}

#[derive(Template)]
#[template(path = "place.html")]
struct Place {
    p: Shell,
    top: Top,
    description: Option<String>,
    system: Option<String>,
    total: String,
    /// Where a long list is narrowed to words, and those that it is narrowed to.
    narrowed_at: Option<String>,
    words: String,
    rows: Vec<Row>,
    next: Option<String>,
    /// Products of the visitor's that tables of it can be put into.
    products: Vec<Link>,
    /// The last run of a source, and where another is started by who may.
    last: Option<runs::Row>,
    start: Option<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = vec![page("/sources", "sources", list)];
    rows.extend(SERVICE.routes());
    rows.extend(DATABASE.routes());
    rows.extend(SCHEMA.routes());
    rows.extend(adding::routes());
    rows.extend(connection::routes(&SERVICE));
    rows.extend(files::routes(&SERVICE));
    rows.extend(runs::routes(&SERVICE));
    rows.extend(schedule::routes(&SERVICE));
    rows
}

static SERVICE: RecordPage = RecordPage {
    name: "service",
    folder: "services",
    section: "sources",
    tabs: Tabs { noun: "place", names: &["contents", "activity"] },
    tabs_of: |here| Box::pin(tabs_of(here)),
    tab: |here, tab| match tab {
        "runs" => Box::pin(runs::tab(here)),
        "connection" => Box::pin(connection::tab(here)),
        files::TAB => Box::pin(files::tab(here)),
        _ => Box::pin(contents(here)),
    },
    is_edited: true,
    ..RecordPage::PLAIN
};

static DATABASE: RecordPage = RecordPage { name: "database", folder: "databases", ..SERVICE };

static SCHEMA: RecordPage = RecordPage { name: "schema", folder: "schemas", ..SERVICE };

/// What is crawled has runs. Where it is, is a matter of those who may say it.
async fn tabs_of(here: Here<'_>) -> Result<Tabs, Fault> {
    if !here.view.record.kind.is("database_service") {
        return Ok(here.page.tabs);
    }
    let is_keeper = connection::may(here.reading, here.view).await?;
    let names: &[&str] = match is_keeper {
        true if files::has(here.visit, here.view).await? => &["contents", "files", "runs", "connection", "activity"],
        true => &["contents", "runs", "connection", "activity"],
        false => &["contents", "runs", "activity"],
    };
    Ok(Tabs { noun: "service", names })
}

async fn list(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    if let Some(form) = adding::asked(&visit, &reading).await? {
        return Ok(form);
    }
    let after = match visit.query("after").parse() {
        Ok(id) => reading.record(id).await?,
        Err(_) => None,
    };
    let of = |kind: &str| ListQuery::of(reading.account(), reading.catalog().kind(kind));
    let totals = reading.counts(SOURCES.iter().map(|(kind, ..)| of(kind)).collect()).await?;
    // One kind after the other: a page begins within the one that the last page has ended in.
    let first = after.as_ref().and_then(|after| SOURCES.iter().position(|(kind, ..)| after.kind.is(kind)));
    let (mut rows, mut next) = (Vec::new(), None);
    for (index, (kind, held, counted)) in SOURCES.iter().copied().enumerate().skip(first.unwrap_or(0)) {
        let depth = Depth::of(Head::IN_A_LIST, true);
        let mut query = ListQuery { limit: PAGE - rows.len() as u32, ..of(kind) };
        query.after = after.as_ref().filter(|after| after.kind.is(kind)).map(|after| query.keyset(after));
        let page = reading.list(query, &depth).await?;
        let below = |view: &View| ListQuery {
            within: Some(view.record.fqn.clone()),
            ..ListQuery::of(reading.account(), reading.catalog().kind(held))
        };
        let numbers = reading.counts(page.views.iter().map(below).collect()).await?;
        let freshness = Freshness::of(&visit, &reading, &page.views).await?;
        for ((view, number), freshness) in page.views.iter().zip(numbers).zip(freshness) {
            let system = system_of(view).unwrap_or_default();
            rows.push(Row { head: Head::of(&visit, view), system, holds: visit.t.counted(counted, number), freshness });
        }
        if rows.len() as u32 == PAGE {
            let is_more = page.more || totals[index + 1..].iter().any(|total| *total != Count::NONE);
            let last = page.views.last().filter(|_| is_more);
            next = last.map(|last| address::with_query("/sources", &[("after", &last.id().to_string())]));
            break;
        }
    }
    let offer = || Offer {
        what: "source",
        name: visit.t.say("source.add"),
        address: "/sources?add=postgres".to_owned(),
        group: Group::Contents,
        is_gathered: false,
    };
    let new = adding::may(&reading).await?.then(offer);
    answer(&Sources {
        p: visit.shell("sources").below(visit.t.say("place.sources"), None),
        total: visit.t.counted("count.sources", totals.iter().copied().fold(Count::NONE, Count::add)),
        rows,
        next,
        others: match new.is_some() {
            true => None,
            false => Some(WhoMay::by_account(visit.t, &reading, "who.adding").await?),
        },
        new,
    })
}

/// What a place holds directly, and how that is counted.
fn below(reading: &Reading<'_>, kind: Kind) -> Option<(Kind, &'static str)> {
    let (below, key) = match kind.name() {
        "database_service" => ("database", "count.databases"),
        "database" => ("database_schema", "count.schemas"),
        "database_schema" => ("table", "count.tables"),
        other => SOURCES.iter().find(|(source, ..)| *source == other).map(|(_, held, key)| (*held, *key))?,
    };
    Some((reading.catalog().kind(below), key))
}

async fn contents(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let Some((kind, key)) = below(reading, view.record.kind) else { return Err(Fault::NoSuchPage) };
    let (at, words) = (address::of_record(&view.record), visit.query("q"));
    // What stands in one place is read for the words: a crawl that has just ended is not in the index yet.
    let containing = folded_words(&words);
    let all = ListQuery::of(reading.account(), kind);
    let query = ListQuery { parent: Some(view.id()), limit: PAGE, containing, ..all };
    let next = |after: &str| match words.is_empty() {
        true => address::with_query(&at, &[("after", after)]),
        false => address::with_query(&at, &[("q", &words), ("after", after)]),
    };
    let page = Paged::of(visit, reading, query, &Depth::of(Head::IN_A_LIST, true), next).await?;
    let is_long = page.next.is_some() || !words.is_empty() || !visit.query("after").is_empty();
    let holds = held(visit, reading, kind, &page.views).await?;
    let rows = page.views.iter().zip(holds).map(|(view, holds)| Row {
        head: Head::of(visit, view),
        system: String::new(),
        holds,
        freshness: None,
    });
    answer(&Place {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        system: system_of(view),
        total: visit.t.counted(key, page.count),
        products: if kind.is("table") { products(here).await? } else { Vec::new() },
        narrowed_at: is_long.then_some(at),
        words,
        rows: rows.collect(),
        next: page.next,
        last: runs::last(here).await?,
        start: runs::start_at(here).await?,
        top,
    })
}

/// Products of the visitor's that he may put tables into, those of the place or what the record reads, each by the form in which
/// he ticks them.
pub async fn products(here: Here<'_>) -> Result<Vec<Link>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let mut links = Vec::new();
    for product in Products::of(visit, reading, MOST_PRODUCTS, &Depth::bare()).await?.views {
        if reading.may(Action::for_field(relation::HAS_ASSET.name()), &product.record).await? {
            let at = address::of_record(&product.record);
            let form = address::with_query(&at, &[("edit", "assets"), ("from", &view.record.fqn)]);
            links.push(Link { address: Some(form), ..Link::of_record(&product.record) });
        }
    }
    Ok(links)
}

/// How much each of the records of a kind holds itself.
async fn held(visit: &Visit, reading: &Reading<'_>, kind: Kind, views: &[View]) -> Result<Vec<String>, Fault> {
    if kind.is("table") {
        let columns = |view: &View| view.field("columns").and_then(Value::as_array).map_or(0, Vec::len);
        return Ok(views.iter().map(|view| visit.t.count("count.columns", columns(view))).collect());
    }
    let Some((below, key)) = below(reading, kind) else { return Ok(views.iter().map(|_| String::new()).collect()) };
    let query = |view: &View| ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), below) };
    let totals = reading.counts(views.iter().map(query).collect()).await?;
    Ok(totals.into_iter().map(|total| visit.t.counted(key, total)).collect())
}

/// What sort of system a service is. One that reads files tells by its type alone not of which sort they are.
fn system_of(service: &View) -> Option<String> {
    match System::of(service).filter(|system| system.reads_files) {
        Some(system) => Some(system.title.to_owned()),
        None => service.text("service_type").map(crate::text::plain::shown),
    }
}
