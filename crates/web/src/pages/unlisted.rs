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
use http::Method;

use crate::door::Door;
use crate::fault::Fault;
use crate::layout::paging::{Paged, on_page_of};
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::lineage;
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::records::{address, kind_names, resolver};
use crate::request::handlers::page;
use crate::request::headers;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;
use crate::text::plain::{shown, shown_prose};

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
    /// Why the page says no more.
    note: Option<String>,
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
    RecordPage { name: "asset_type", folder: "asset-types", ..PLAIN },
    RecordPage { name: "form_type", folder: "form-types", ..PLAIN },
    RecordPage { name: "skill", folder: "skills", ..PLAIN },
    RecordPage { name: "event_subscription", folder: "subscriptions", ..PLAIN },
    // What its text was before is as little for everybody as what it is.
    RecordPage {
        name: "query",
        folder: "queries",
        tabs: Tabs { noun: "unlisted", names: &["overview"] },
        tab: |here, _| Box::pin(query(here)),
        ..PLAIN
    },
];

pub fn routes() -> Vec<Route<Door>> {
    let mut rows: Vec<Route<Door>> = PAGES.iter().flat_map(RecordPage::routes).collect();
    rows.push(page("/bots/{fqn}", "bot", bot));
    rows.push(page("/ingestions/{fqn}", "ingestion_pipeline", ingestion));
    rows
}

async fn overview(here: Here<'_>) -> Shown {
    let code = CODE.iter().find_map(|field| here.view.field(field)?.get("code")?.as_str());
    noted(here, code.map(shown_prose), None).await
}

async fn noted(here: Here<'_>, code: Option<String>, note: Option<String>) -> Shown {
    let Here { visit, view, .. } = here;
    let top = here.top().await?;
    let fact = |field: &str| {
        let name = visit.t.find(&format!("fact.{field}"))?;
        Some((name.to_owned(), shown(view.text(field)?)))
    };
    answer(&Plain {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        code,
        facts: view.record.kind.fields().filter_map(|field| fact(field.name)).collect(),
        note,
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
    let found = Paged::of(visit, reading, query, &Depth::bare(), on_page_of(view)).await?;
    let links: Vec<Link> = found.views.iter().map(|view| Link::of_record(&view.record)).collect();
    let below = Below { title: kind_names::many(visit.t, kind.name()), links, next: found.next };
    Ok((!below.links.is_empty()).then_some(below))
}

/// A query is looked at on the page of a table that it used, where the visitor sees one. Where no table is known,
/// its text is for who sees the values in it, and for who told of it; else there is little to show.
async fn query(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let used = led_to(reading, view, relation::USED_IN).await?;
    let table = used.iter().find(|card| card.kind.is("table")).and_then(|table| address::of(table.kind, &table.fqn));
    let id = view.id().to_string();
    if let Some(table) = table {
        return Ok(headers::see_other(&address::with_query(&table, &[("tab", "queries"), ("query", &id)])));
    }
    let is_known = view.targets(relation::USED_IN).any(|(_, card)| card.kind.is("table"));
    let text = if is_known { None } else { text_of(visit, view).await? };
    let Some((text, hides_values)) = text else {
        return noted(here, None, Some(visit.t.say("unlisted.query_alone"))).await;
    };
    let hidden = hides_values.then(|| visit.t.say("queries.hidden"));
    let note = std::iter::once(visit.t.say("unlisted.query_of_none")).chain(hidden).collect::<Vec<_>>().join(" ");
    noted(here, Some(shown_prose(&text)), Some(note)).await
}

/// The text of a query as the metadata interface tells it to the visitor, and whether values are hidden in it; `None`
/// where he neither sees them nor made the query.
async fn text_of(visit: &Visit, view: &View) -> Result<Option<(String, bool)>, Fault> {
    let reply = visit.of_metadata(Method::GET, &format!("/queries/{}", view.id()), None).await?;
    let reply = reply.map_err(Fault::Refused)?;
    // Who may see the values is told a checksum of the text as well.
    let hides_values = reply["checksum"].is_null();
    let is_his = view.record.created.by.id == visit.caller().principal.user;
    let text = reply["query"].as_str().filter(|_| is_his || !hides_values);
    Ok(text.map(|text| (text.to_owned(), hides_values)))
}

/// A program is looked at as the user that it acts as.
async fn bot(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let target = resolver::target(reading.catalog().kind("bot"), visit.param("fqn"));
    let view = reading.get(&target, States::Alive, &Depth::of(&[relation::BOT_USER], false)).await?;
    let users = led_to(&reading, &view, relation::BOT_USER).await?;
    let at = users.first().and_then(|user| address::of(user.kind, &user.fqn));
    Ok(headers::see_other(&at.ok_or(Fault::NoSuchPage)?))
}

/// What another program reads of a source is looked at beside the source's runs; where it has no such tab, on its page.
async fn ingestion(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let target = resolver::target(reading.catalog().kind("ingestion_pipeline"), visit.param("fqn"));
    let view = reading.get(&target, States::Alive, &Depth::bare()).await?;
    let source = view.parent().ok_or(Fault::NoSuchPage)?;
    let at = address::of(source.kind, &source.fqn).ok_or(Fault::NoSuchPage)?;
    let tab = if source.kind.is("database_service") { "runs" } else { "" };
    Ok(headers::see_other(&address::with_query(&at, &[("tab", tab)])))
}

/// What a relation of the record leads to, as far as the visitor sees it.
async fn led_to(reading: &Reading<'_>, view: &View, relation: Relation) -> Result<Vec<SeenCard>, Fault> {
    let ids: Vec<RecordId> = view.targets(relation).map(|(edge, _)| edge.to).collect();
    Ok(reading.cards(&ids).await?)
}
