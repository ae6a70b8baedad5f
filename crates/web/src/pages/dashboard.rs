//! Dashboards, and what they are put together of, charts and data models: what each shows, where it is shown, what it reads.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenCard;
use emporion_catalog::relation::{HAS_CHART, Relation, SHOWS, USES_DATA_MODEL};
use emporion_edge::route::Route;
use serde_json::Value;

use crate::door::Door;
use crate::fault::Fault;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::lineage;
use crate::pages::sources;
use crate::records::column_type;
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;
use crate::text::plain::{first_line, shown, shown_prose};

/// So much is listed of each sort.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    p: Shell,
    top: Top,
    description: Option<String>,
    lists: Vec<List>,
    columns: Vec<Column>,
    columns_rest: Option<Rest>,
    code: Option<String>,
    facts: Vec<(String, String)>,
    /// Where what it reads is put into a product.
    products: Vec<Link>,
}

struct List {
    id: &'static str,
    title: String,
    /// What is said where there is nothing.
    empty: String,
    links: Vec<Link>,
    rest: Option<Rest>,
}

struct Column {
    name: String,
    ty: String,
    line: String,
}

const PAGE: RecordPage = RecordPage {
    section: "sources",
    tabs: Tabs { noun: "dashboard", names: &["overview", "lineage", "activity"] },
    tab: |here, tab| match tab {
        "lineage" => Box::pin(lineage::tab(here)),
        _ => Box::pin(overview(here)),
    },
    is_edited: true,
    ..RecordPage::PLAIN
};

static PAGES: &[RecordPage] = &[
    RecordPage { name: "dashboard", folder: "dashboards", ..PAGE },
    RecordPage { name: "chart", folder: "charts", ..PAGE },
    RecordPage { name: "dashboard_data_model", folder: "dashboard-models", ..PAGE },
];

pub fn routes() -> Vec<Route<Door>> {
    PAGES.iter().flat_map(RecordPage::routes).collect()
}

async fn overview(here: Here<'_>) -> Shown {
    let Here { visit, view, .. } = here;
    let top = here.top().await?;
    let fact = |field: &str| {
        let name = visit.t.find(&format!("fact.{field}"))?;
        Some((name.to_owned(), shown(view.text(field)?)))
    };
    let columns = view.field("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    answer(&Dashboard {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        lists: lists(here).await?,
        columns: columns.iter().take(MOST).map(Column::of).collect(),
        columns_rest: Rest::of_all(visit.t, MOST, columns.len()),
        code: view.text("sql").map(shown_prose),
        facts: view.record.kind.fields().filter_map(|field| fact(field.name)).collect(),
        products: sources::products(here).await?,
        top,
    })
}

impl Column {
    fn of(column: &Value) -> Column {
        let text = |field: &str| column.get(field).and_then(Value::as_str).unwrap_or_default();
        let line = first_line(text("description"));
        Column { name: shown(text("name")), ty: shown(&column_type::rendered(column)), line }
    }
}

/// What it shows or is shown by, and the tables that it reads.
async fn lists(here: Here<'_>) -> Result<Vec<List>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let mut lists = Vec::new();
    match view.record.kind.has(HAS_CHART) {
        true => {
            let charts = of_dashboard(here, HAS_CHART).await?;
            lists.push(list(visit, "charts", "dashboard.no_charts", charts, false));
            let models = of_dashboard(here, USES_DATA_MODEL).await?;
            lists.push(list(visit, "models", "", models, false));
        }
        false => {
            let sources = reading.sources(&[view], SHOWS, MOST as u32).await?;
            let dashboards = sources.edges.iter().filter_map(|edge| sources.records.get(&edge.from));
            let dashboards = dashboards.map(Link::of_record).collect();
            lists.push(list(visit, "on", "", dashboards, sources.is_cut));
        }
    }
    let (tables, is_cut) = lineage::tables_read(reading, &SeenCard::from(&view.record)).await?;
    let tables = tables.iter().map(|card| Link::of(card)).collect();
    lists.push(list(visit, "reads", "dashboard.reads_nothing", tables, is_cut));
    lists.retain(|list| !list.links.is_empty() || !list.empty.is_empty());
    Ok(lists)
}

async fn of_dashboard(here: Here<'_>, relation: Relation) -> Result<Vec<Link>, Fault> {
    let ids: Vec<RecordId> = here.view.targets(relation).map(|(edge, _)| edge.to).collect();
    Ok(here.reading.cards(&ids).await?.iter().map(|card| Link::of(card)).collect())
}

fn list(visit: &Visit, id: &'static str, empty: &str, mut links: Vec<Link>, is_cut: bool) -> List {
    let t = visit.t;
    let rest = match is_cut {
        true => Rest::of_more(t, links.len().min(MOST), true),
        false => Rest::of_all(t, MOST, links.len()),
    };
    links.truncate(MOST);
    let empty = if empty.is_empty() { String::new() } else { t.say(empty) };
    List { id, title: t.say(&format!("dashboard.{id}")), empty, links, rest }
}
