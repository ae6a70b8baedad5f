//! Domains: the tree, and what is in one.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::finder::{Found, Search};
use emporion_catalog::id::{RecordId, Seq};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::forms::{choice, new_record};
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::paging::{Paged, on_page_of};
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::records::address;
use crate::records::head::Head;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::handlers::page;
use crate::request::recent_writes;
use crate::request::visit::{Shown, Visit, answer};
use crate::search::query;
use crate::text::markdown;
use crate::text::texts::Texts;

const LISTED: u32 = 100;
const LIST: List =
    List { at: "/domains", kind: "domain", counted: "count.domains", limit: LISTED, new: Some(&new_record::DOMAIN) };
const AT_A_GLANCE: u32 = 50;
/// So many that lack something are counted, and so many looked at of which only the store says whether they are seen.
const MOST_LACKING: u32 = 200;
const MOST_LOOKED_AT: u32 = 100;
/// Of what it is counted what it lacks, by the names of kinds in searches.
const KINDS: [(&str, &str); 7] = [
    ("product", "count.products"),
    ("service", "count.sources"),
    ("database", "count.databases"),
    ("schema", "count.schemas"),
    ("table", "count.tables"),
    ("pipeline", "count.pipelines"),
    ("dashboard", "count.dashboards"),
];
/// Of these alone terms are asked.
const TERMED: [(&str, &str); 2] = [("product", "count.products"), ("table", "count.tables")];

#[derive(Template)]
#[template(path = "domains.html")]
struct Domains {
    p: Shell,
    list: Listed,
    rows: Vec<Row>,
}

pub struct Row {
    pub head: Head,
    pub depth: usize,
    pub products: String,
}

#[derive(Template)]
#[template(path = "domain.html")]
struct Domain {
    p: Shell,
    top: Top,
    description: Option<String>,
    below: Vec<Row>,
    /// Where the rest of those below is.
    below_next: Option<String>,
    products: Vec<Head>,
    more: Option<String>,
    gaps: Vec<Gap>,
    gaps_at_least: bool,
    kind: Option<String>,
}

pub fn routes() -> Vec<Route<Door>> {
    let mut rows = vec![page("/domains", "domains", list)];
    rows.extend(PAGE.routes());
    rows
}

static PAGE: RecordPage = RecordPage {
    name: "domain",
    folder: "domains",
    section: "domains",
    tabs: Tabs { noun: "domain", names: &["overview", "activity"] },
    tab: |here, _| Box::pin(overview(here)),
    is_edited: true,
    is_followed: true,
    made_in: &[&new_record::PRODUCT, &new_record::DOMAIN, &new_record::GLOSSARY, &new_record::TEAM],
    ..RecordPage::PLAIN
};

async fn list(visit: Arc<Visit>) -> Shown {
    if let Some(form) = new_record::asked(&visit, "domains").await? {
        return Ok(form);
    }
    let listing = Listing::whole(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let query = listing.query(&reading).await?;
    let (views, list) = listing.tree(&reading, query, &Depth::of(Head::IN_A_LIST, true)).await?;
    let rows = rows(&visit, &reading, &views).await?;
    answer(&Domains { p: visit.shell("domains").below(visit.t.say("place.domains"), None), list, rows })
}

/// Domains with how many products are in each and below.
async fn rows(visit: &Visit, reading: &Reading<'_>, views: &[View]) -> Result<Vec<Row>, Fault> {
    let product = reading.catalog().kind("data_product");
    let within =
        |view: &View| ListQuery { within: Some(view.record.fqn.clone()), ..ListQuery::of(reading.account(), product) };
    let totals = reading.counts(views.iter().map(within).collect()).await?;
    let row = |(view, total): (&View, Count)| Row {
        head: Head::of(visit, view),
        depth: view.ancestors.len().min(4),
        products: visit.t.counted("count.products", total),
    };
    Ok(views.iter().zip(totals).map(row).collect())
}

async fn overview(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let (account, catalog) = (reading.account(), reading.catalog());
    let below = ListQuery { parent: Some(view.id()), limit: LISTED, ..ListQuery::of(account, catalog.kind("domain")) };
    let depth = Depth::of(Head::IN_A_LIST, true);
    let page = Paged::of(visit, reading, below, &depth, on_page_of(view)).await?;
    let (below, below_next) = (rows(visit, reading, &page.views).await?, page.next);
    let products = ListQuery {
        within: Some(view.record.fqn.clone()),
        order: Order::Name,
        limit: AT_A_GLANCE,
        ..ListQuery::of(account, catalog.kind("data_product"))
    };
    let page = reading.list(products, &depth).await?;
    let products: Vec<Head> = page.views.iter().map(|view| Head::of(visit, view)).collect();
    let address = address::with_query("/products", &[("domain", &view.record.fqn)]);
    let (gaps, gaps_at_least) = gaps(visit, view.id(), &products).await?;
    answer(&Domain {
        p: here.shell(),
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        gaps_at_least,
        gaps,
        more: page.more.then_some(address),
        below,
        below_next,
        products,
        kind: view.text("domain_type").map(|kind| choice::rendered(visit.t, kind)),
        top,
    })
}

/// A field that some things lack.
struct Gap {
    rendered: String,
    /// How many of each kind, and the search for them.
    kinds: Vec<(String, String)>,
}

/// What somebody who looks after the domain would mend: as many products and assets as the search finds that each leads
/// to; and whether there may be more. Where the index has not taken in everything, there are at least as many products
/// as lack it of those that are `listed`.
async fn gaps(visit: &Visit, domain: RecordId, listed: &[Head]) -> Result<(Vec<Gap>, bool), Fault> {
    type Lack = (&'static str, &'static str, &'static [(&'static str, &'static str)], fn(&Head) -> bool);
    let lacking: [Lack; 3] = [
        ("gap.owner", "owner", &KINDS, |head| head.owners.is_empty()),
        ("gap.description", "description", &KINDS, |head| head.line.is_empty()),
        ("gap.terms", "term", &TERMED, |head| head.terms.is_empty()),
    ];
    let (mut gaps, mut are_more) = (Vec::new(), false);
    for (key, field, asked_of, lacks) in lacking {
        // By its id, since others can have its name: it and all that is below.
        let query = |kinds: &str| format!("kind:{kinds} domain:{domain} -has:{field}");
        let all: Vec<&str> = asked_of.iter().map(|(kind, _)| *kind).collect();
        let found = lacking_of(visit, &query(&format!("({})", all.join(" OR ")))).await?;
        let seen = listed.iter().filter(|head| lacks(head)).count() as u64;
        let mut kinds = Vec::new();
        for (kind, many) in asked_of {
            let mut count = of_kind(found.as_ref(), kind, visit.log);
            if *kind == "product" && !count.is_exact {
                count.number = count.number.max(seen);
            }
            are_more |= !count.is_exact;
            if count.number > 0 {
                kinds.push((so_many(visit.t, many, count), query::address_of(&query(kind))));
            }
        }
        if !kinds.is_empty() {
            gaps.push(Gap { rendered: visit.t.say(key), kinds });
        }
    }
    Ok((gaps, are_more))
}

/// What a search finds of what lacks something, counted by kind; `None` where it cannot say now.
async fn lacking_of(visit: &Visit, query: &str) -> Result<Option<Found>, Fault> {
    if !recent_writes::is_found(visit).await? {
        return Ok(None);
    }
    let search = Search {
        limit: 0,
        counted: vec!["kind".to_owned()],
        enough: Some(MOST_LACKING),
        most_looked_at: Some(MOST_LOOKED_AT),
        ..Search::of(query)
    };
    Ok(visit.door.finder.find(visit.caller(), &search).await.ok())
}

/// How many of what was found are of a kind. What the log has come to since may be more.
fn of_kind(found: Option<&Found>, kind: &str, log: Seq) -> Count {
    let Some(found) = found else { return Count { number: 0, is_exact: false } };
    let mut values = found.facets.iter().flat_map(|counts| &counts.values);
    let number = values.find(|(value, _)| value == kind).map_or(0, |(_, number)| *number);
    Count { number, is_exact: found.total_is_exact && found.seq >= log }
}

/// How many there are; where not all are counted, how many at least.
fn so_many(t: Texts, many: &str, count: Count) -> String {
    let things = t.count(many, count.number);
    if count.is_exact { things } else { t.with("gap.some", &[("things", &things)]) }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::finder::FacetCounts;

    use super::*;

    #[test]
    fn what_lacks_something_is_counted_by_its_kind() {
        let found = |total_is_exact| Found {
            query: String::new(),
            total: 4,
            total_is_exact,
            seq: Seq(7),
            corrected: None,
            spellings: None,
            hits: Vec::new(),
            facets: vec![FacetCounts {
                field: "kind".to_owned(),
                values: vec![("table".to_owned(), 3), ("schema".to_owned(), 1)],
                others: 0,
            }],
            also: Vec::new(),
            after: None,
        };
        let rendered = |found: &Found, kind: &str, many: &str, log| {
            let count = of_kind(Some(found), kind, Seq(log));
            let t = Texts::by_code("en").expect("English");
            (count.number > 0).then(|| so_many(t, many, count))
        };
        let (all, some) = (found(true), found(false));
        assert_eq!(rendered(&all, "table", "count.tables", 7).as_deref(), Some("3 tables"));
        assert_eq!(rendered(&all, "schema", "count.schemas", 6).as_deref(), Some("1 schema"));
        assert_eq!(rendered(&all, "database", "count.databases", 7), None);
        assert_eq!(rendered(&some, "table", "count.tables", 7).as_deref(), Some("at least 3 tables"));
        assert_eq!(rendered(&all, "table", "count.tables", 8).as_deref(), Some("at least 3 tables"), "it is behind");
        assert!(!of_kind(Some(&some), "database", Seq(7)).is_exact && !of_kind(None, "table", Seq(0)).is_exact);
    }
}
