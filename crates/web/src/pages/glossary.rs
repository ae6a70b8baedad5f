//! What words mean: glossaries, their terms, and where each is used.

mod measures;
mod moving;
pub mod uses;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_edge::route::Route;
use serde_json::Value;

use self::measures::Measures;
use self::uses::Uses;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::new_record;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::paging::{Paged, on_page_of};
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::pages::labels::deleting;
use crate::records::address;
use crate::records::column::ColumnLink;
use crate::records::head::Head;
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::handlers::page;
use crate::request::visit::{Shown, Visit, answer};
use crate::search::query;
use crate::text::markdown;
use crate::text::plain::shown;

const TABS: &[&str] = &["overview", "activity"];
const PAGE: u32 = 100;
const LIST: List = List {
    at: "/glossary",
    kind: "glossary",
    counted: "count.glossaries",
    limit: PAGE,
    new: Some(&new_record::GLOSSARY),
};

#[derive(Template)]
#[template(path = "glossaries.html")]
struct Glossaries {
    p: Shell,
    list: Listed,
    rows: Vec<Row>,
}

pub struct Row {
    pub head: Head,
    pub depth: usize,
    pub rendered: String,
    pub count: String,
}

#[derive(Template)]
#[template(path = "glossary.html")]
struct Glossary {
    p: Shell,
    top: Top,
    description: Option<String>,
    total: String,
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "term.html")]
struct Term {
    p: Shell,
    top: Top,
    description: Option<String>,
    summary: Option<String>,
    synonyms: Vec<String>,
    related: Vec<Link>,
    below: Vec<Row>,
    next: Option<String>,
    measures: Measures,
    uses: Vec<Use>,
    used: String,
    /// Where they are not all: how many these are, and the search for the others.
    rest: Option<(String, String)>,
}

/// A record that bears the term, itself or in parts of it.
struct Use {
    link: Link,
    kind: String,
    path: String,
    places: Vec<ColumnLink>,
}

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = vec![page("/glossary", "glossaries", list)];
    rows.extend(GLOSSARY.routes());
    rows.extend(TERM.routes());
    rows
}

static GLOSSARY: RecordPage = RecordPage {
    name: "glossary",
    folder: "glossary",
    section: "glossary",
    tabs: Tabs { noun: "glossary", names: TABS },
    tab: |here, _| Box::pin(glossary(here)),
    is_edited: true,
    made_in: &[&new_record::TERM],
    forms: &[deleting::FORM],
    ..RecordPage::PLAIN
};

static TERM: RecordPage = RecordPage {
    name: "term",
    folder: "terms",
    tabs: Tabs { noun: "term", names: TABS },
    tab: |here, _| Box::pin(term(here)),
    is_followed: true,
    forms: &[moving::FORM, deleting::FORM],
    ..GLOSSARY
};

async fn list(visit: Arc<Visit>) -> Shown {
    if let Some(form) = new_record::asked(&visit, "glossary").await? {
        return Ok(form);
    }
    let listing = Listing::whole(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let (views, list) = listing.page(&reading, query, &Depth::of(Head::IN_A_LIST, true), &[]).await?;
    let terms = |view: &View| ListQuery {
        within: Some(view.record.fqn.clone()),
        ..ListQuery::of(reading.account(), reading.catalog().kind("glossary_term"))
    };
    let totals = reading.counts(views.iter().map(terms).collect()).await?;
    let rows = views.iter().zip(totals).map(|(view, total)| Row {
        head: Head::of(&visit, view),
        depth: 0,
        rendered: String::new(),
        count: visit.t.counted("count.terms", total),
    });
    answer(&Glossaries {
        p: visit.shell("glossary").below(visit.t.say("place.glossary"), None),
        list,
        rows: rows.collect(),
    })
}

async fn glossary(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let (rows, total, next) = terms(visit, reading, view).await?;
    answer(&Glossary {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        total: visit.t.counted("count.terms", total),
        rows,
        next,
        top,
    })
}

/// The terms below a glossary or a term, each after the one it stands below; of how many, and where the next are.
async fn terms(visit: &Visit, reading: &Reading<'_>, above: &View) -> Result<(Vec<Row>, Count, Option<String>), Fault> {
    let query = ListQuery {
        within: Some(above.record.fqn.clone()),
        limit: PAGE,
        ..ListQuery::of(reading.account(), reading.catalog().kind("glossary_term"))
    };
    let depth = Depth::of(Head::IN_A_LIST, false);
    let page = Paged::of_tree(visit, reading, query, &depth, on_page_of(above)).await?;
    let counts = uses::counts(visit, reading, &page.views).await?;
    let base = above.ancestors.len() + 1;
    let rows = page
        .views
        .iter()
        .zip(counts)
        .map(|(view, count)| {
            let head = Head::of(visit, view);
            let rendered = view.text("summary").map_or_else(|| head.line.clone(), shown);
            let depth = view.ancestors.len().saturating_sub(base).min(4);
            Row { head, depth, rendered, count: visit.t.counted("count.uses", count) }
        })
        .collect();
    Ok((rows, page.count, page.next))
}

async fn term(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let (below, _, next) = terms(visit, reading, view).await?;
    let Uses { first: sources, count } = Uses::of(visit, reading, view).await?;
    let measures = Measures::of(visit.t, reading, view, &sources.records).await?;
    let mut places: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for edge in &sources.edges {
        let named = places.entry(edge.from).or_default();
        if let Some((_, part)) = edge.at.split_once('/') {
            named.push(part);
        }
    }
    let mut uses: Vec<(String, Use)> = places
        .into_iter()
        .filter_map(|(id, places)| {
            let record = sources.records.get(&id)?;
            address::of(record.kind, &record.fqn)?;
            let names = emporion_catalog::name::split(&record.fqn).unwrap_or_default();
            let path = shown(&names[..names.len().saturating_sub(1)].join(" / "));
            let kind = visit.t.say(&format!("kind.{}", record.kind.name()));
            let places = places.into_iter().map(|path| ColumnLink::of(record.kind, &record.fqn, path)).collect();
            Some((record.fqn.clone(), Use { link: Link::of_record(record), kind, path, places }))
        })
        .collect();
    uses.sort_by(|a, b| a.0.cmp(&b.0));
    let synonyms = view.field("synonyms").and_then(Value::as_array).into_iter().flatten();
    answer(&Term {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        summary: view.text("summary").map(shown).filter(|summary| *summary != top.head.line),
        synonyms: synonyms.filter_map(Value::as_str).map(shown).collect(),
        related: view.targets(relation::RELATED_TERM).map(|(_, card)| Link::of(card)).collect(),
        below,
        next,
        measures,
        used: visit.t.counted("count.uses", count),
        rest: (sources.is_cut && (!count.is_exact || count.number > uses.len() as u64)).then(|| {
            let these = visit.t.with("term.these", &[("n", &visit.t.number(uses.len() as u64))]);
            (these, query::address_of(&uses::clause(visit, view)))
        }),
        uses: uses.into_iter().map(|(_, one)| one).collect(),
        top,
    })
}
