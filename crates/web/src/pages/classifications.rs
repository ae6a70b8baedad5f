//! Vocabularies of tags: classifications, their tags, and how much bears each.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use serde_json::Value;

use crate::door::Door;
use crate::forms::edit::editable::is_of_system;
use crate::forms::new_record;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::paging::{Paged, on_page_of};
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::pages::glossary::uses;
use crate::pages::labels::deleting;
use crate::records::address;
use crate::records::head::Head;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::handlers::{back, page};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;
use crate::text::texts::Texts;

const PAGE: u32 = 100;
const LIST: List = List {
    at: "/classifications",
    kind: "classification",
    counted: "count.classifications",
    limit: PAGE,
    new: Some(&new_record::CLASSIFICATION),
};

#[derive(Template)]
#[template(path = "classifications.html")]
struct Classifications {
    p: Shell,
    list: Listed,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "classification.html")]
struct Classification {
    p: Shell,
    top: Top,
    description: Option<String>,
    marks: Marks,
    /// Of a tag: what bears it, in a number, and where that is listed.
    uses: Option<(String, String)>,
    total: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    head: Head,
    depth: usize,
    marks: Marks,
    count: String,
    /// Where what bears a tag is listed; nothing of a classification.
    bearing: String,
}

/// What is special about a classification or a tag.
#[derive(Template)]
#[template(path = "marks.html")]
struct Marks {
    t: Texts,
    is_of_system: bool,
    is_off: bool,
    is_exclusive: bool,
}

impl HtmlSafe for Marks {}

impl Marks {
    fn of(t: Texts, view: &View) -> Marks {
        let is = |field: &str| view.field(field) == Some(&Value::Bool(true));
        Marks { t, is_of_system: is_of_system(view), is_off: is("disabled"), is_exclusive: is("mutually_exclusive") }
    }

    fn is_any(&self) -> bool {
        self.is_of_system || self.is_off || self.is_exclusive
    }
}

pub fn routes() -> Vec<Route<Door>> {
    // Tags is what the place is called.
    let mut rows = vec![
        page(LIST.at, "classifications", list),
        back("/tags", "tags", |_| LIST.at.to_owned()),
        back("/tags/{fqn}", "tag", |visit| format!("{}/{}", LIST.at, address::segment(visit.param("fqn")))),
    ];
    rows.extend(RECORD.routes());
    rows
}

/// Tags have theirs in the same folder: a full name says which of the two it is of.
static RECORD: RecordPage = RecordPage {
    name: "classification",
    folder: "classifications",
    section: "classifications",
    tabs: Tabs { noun: "unlisted", names: &["overview", "activity"] },
    tab: |here, _| Box::pin(overview(here)),
    is_edited: true,
    made_in: &[&new_record::TAG],
    forms: &[deleting::FORM],
    ..RecordPage::PLAIN
};

async fn list(visit: Arc<Visit>) -> Shown {
    if let Some(form) = new_record::asked(&visit, "classifications").await? {
        return Ok(form);
    }
    let listing = Listing::whole(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let (views, list) = listing.page(&reading, query, &Depth::of(Head::IN_A_LIST, true), &[]).await?;
    let tags = |view: &View| ListQuery {
        within: Some(view.record.fqn.clone()),
        ..ListQuery::of(reading.account(), reading.catalog().kind("tag"))
    };
    let totals = reading.counts(views.iter().map(tags).collect()).await?;
    let rows = views.iter().zip(totals).map(|(view, total)| Row {
        head: Head::of(&visit, view),
        depth: 0,
        marks: Marks::of(visit.t, view),
        count: visit.t.counted("count.tags", total),
        bearing: String::new(),
    });
    answer(&Classifications {
        rows: rows.collect(),
        list,
        p: visit.shell("classifications").below(visit.t.say("place.classifications"), None),
    })
}

async fn overview(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let query = ListQuery {
        within: Some(view.record.fqn.clone()),
        limit: PAGE,
        ..ListQuery::of(reading.account(), reading.catalog().kind("tag"))
    };
    let page = Paged::of_tree(visit, reading, query, &Depth::of(Head::IN_A_LIST, false), on_page_of(view)).await?;
    let counts = uses::counts(visit, reading, &page.views).await?;
    let base = view.ancestors.len() + 1;
    let rows = page.views.iter().zip(counts).map(|(tag, count)| Row {
        head: Head::of(visit, tag),
        depth: tag.ancestors.len().saturating_sub(base).min(4),
        marks: Marks::of(visit.t, tag),
        count: visit.t.counted("count.uses", count),
        bearing: bearing(tag),
    });
    let uses = match view.record.kind.is("tag") {
        true => {
            let counts = uses::counts(visit, reading, std::slice::from_ref(view)).await?;
            counts.first().map(|count| (visit.t.counted("count.uses", *count), bearing(view)))
        }
        false => None,
    };
    answer(&Classification {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        marks: Marks::of(visit.t, view),
        uses,
        total: visit.t.counted("count.tags", page.count),
        rows: rows.collect(),
        next: page.next,
        top,
    })
}

fn bearing(tag: &View) -> String {
    address::of_label(tag.record.kind, &tag.record.fqn).unwrap_or_default()
}
