//! What nothing lists, and searches, labels and other records lead to: a plain page of each kind that has no other, and the
//! way on from those that are looked at on the page of another record.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::link::Link;
use crate::paging::Paged;
use crate::plain::{shown, shown_prose};
use crate::record::{Here, RecordPage, Top};
use crate::shell::Shell;
use crate::tabs::Tabs;
use crate::visit::{Shown, Visit, answer, page};
use crate::{address, found, headers, kinds, lineage, markdown};

/// What stands below a record, on one page.
const PAGE: u32 = 200;
/// Fields with code in them.
const CODE: [&str; 2] = ["metric_expression", "stored_procedure_code"];

#[derive(Template)]
#[template(path = "unlisted.html")]
struct Plain {
    p: Shell,
    top: Top,
    description: Option<String>,
    code: Option<String>,
    facts: Vec<(String, String)>,
    below: Option<Below>,
}

/// What stands below the record.
struct Below {
    title: String,
    links: Vec<Link>,
    next: Option<String>,
}

const PLAIN: RecordPage = RecordPage {
    tabs: Tabs { noun: "unlisted", names: &["overview", "activity"] },
    tab: |here, _| Box::pin(overview(here)),
    ..RecordPage::PLAIN
};

/// The same of what has a lineage.
const FLOWING: RecordPage = RecordPage {
    tabs: Tabs { noun: "unlisted", names: &["overview", "lineage", "activity"] },
    tab: |here, tab| match tab {
        "lineage" => Box::pin(lineage::tab(here)),
        _ => Box::pin(overview(here)),
    },
    ..PLAIN
};

static PAGES: &[RecordPage] = &[
    RecordPage { name: "metric", folder: "measures", is_edited: true, ..FLOWING },
    RecordPage { name: "stored_procedure", folder: "procedures", section: "sources", is_edited: true, ..FLOWING },
    // What is said of one comes in revisions, which its own interface makes.
    RecordPage { name: "generic_asset", folder: "assets", ..FLOWING },
    RecordPage { name: "classification", folder: "classifications", ..PLAIN },
    RecordPage { name: "asset_type", folder: "asset-types", ..PLAIN },
    RecordPage { name: "form_type", folder: "form-types", ..PLAIN },
    RecordPage { name: "skill", folder: "skills", ..PLAIN },
    RecordPage { name: "event_subscription", folder: "subscriptions", ..PLAIN },
];

pub fn routes() -> Vec<Route<Door>> {
    let mut rows: Vec<Route<Door>> = PAGES.iter().flat_map(RecordPage::routes).collect();
    rows.push(page("/queries/{fqn}", "query", query));
    rows.push(page("/bots/{fqn}", "bot", bot));
    rows.push(page("/ingestions/{fqn}", "ingestion_pipeline", ingestion));
    rows
}

async fn overview(here: Here<'_>) -> Shown {
    let Here { visit, view, .. } = here;
    let top = here.top().await?;
    let fact = |field: &str| {
        let name = visit.t.find(&format!("fact.{field}"))?;
        Some((name.to_owned(), shown(view.text(field)?)))
    };
    let code = CODE.iter().find_map(|field| view.field(field)?.get("code")?.as_str());
    answer(&Plain {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line),
        code: code.map(shown_prose),
        facts: view.record.kind.fields().filter_map(|field| fact(field.name)).collect(),
        below: below(here).await?,
        top,
    })
}

async fn below(here: Here<'_>) -> Result<Option<Below>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let stands = |kind: &Kind| kind.0.parents.contains(&view.record.kind.name()) && !kind.0.part;
    let Some(kind) = reading.catalog().registry().iter().find(stands) else { return Ok(None) };
    let query =
        ListQuery { within: Some(view.record.fqn.clone()), limit: PAGE, ..ListQuery::of(reading.account(), kind) };
    let at = |after: &str| address::with_query(&here.address(), &[("after", after)]);
    let found = Paged::of(visit, reading, query, &Depth::bare(), at).await?;
    let links: Vec<Link> = found.views.iter().map(|view| Link::of_record(&view.record)).collect();
    let below = Below { title: kinds::many(visit.t, kind.name()), links, next: found.next };
    Ok((!below.links.is_empty()).then_some(below))
}

/// A query is looked at on the page of a table that it used, as far as the visitor sees one; else on that of its source.
async fn query(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let (view, used) = leading(&visit, &reading, "query", relation::USED_IN).await?;
    let table = used.iter().find(|card| card.kind.is("table")).and_then(|table| address::of(table.kind, &table.fqn));
    let source = || view.parent().and_then(|source| address::of(source.kind, &source.fqn));
    let id = view.id().to_string();
    let at = table.map(|table| address::with_query(&table, &[("tab", "queries"), ("query", &id)])).or_else(source);
    Ok(headers::see_other(&at.ok_or(Fault::NoSuchPage)?))
}

/// A program is looked at as the user that it acts as.
async fn bot(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let (_, users) = leading(&visit, &reading, "bot", relation::BOT_USER).await?;
    let at = users.first().and_then(|user| address::of(user.kind, &user.fqn));
    Ok(headers::see_other(&at.ok_or(Fault::NoSuchPage)?))
}

/// What another program reads of a source is looked at beside the source's runs; where it has no such tab, on its page.
async fn ingestion(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let target = found::target(reading.catalog().kind("ingestion_pipeline"), visit.param("fqn"));
    let view = reading.get(&target, States::Alive, &Depth::bare()).await?;
    let source = view.parent().ok_or(Fault::NoSuchPage)?;
    let at = address::of(source.kind, &source.fqn).ok_or(Fault::NoSuchPage)?;
    let tab = if source.kind.is("database_service") { "runs" } else { "" };
    Ok(headers::see_other(&address::with_query(&at, &[("tab", tab)])))
}

/// The record that the address names, and what of that which a relation leads to the visitor sees.
async fn leading(
    visit: &Visit,
    reading: &Reading<'_>,
    kind: &str,
    relation: Relation,
) -> Result<(View, Vec<SeenCard>), Fault> {
    let target = found::target(reading.catalog().kind(kind), visit.param("fqn"));
    let view = reading.get(&target, States::Alive, &Depth::of(&[relation], false)).await?;
    let ids: Vec<RecordId> = view.targets(relation).map(|(edge, _)| edge.to).collect();
    let cards = reading.cards(&ids).await?;
    Ok((view, cards))
}
