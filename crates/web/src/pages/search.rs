//! What was found, for people: the same address answers programs with JSON.

mod facets;
mod otherwise;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::finder::{Clauses, Hit, Order, Refusal, SORTS, Search, Why, topic};
use emporion_catalog::name;
use emporion_catalog::problem::{Problem, Violation};
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;

pub use self::facets::Choice;
use self::facets::{Beside, Facet, field_name};
use self::otherwise::Otherwise;
pub use self::otherwise::{Near, Spelt};
use crate::door::Door;
use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::lineage;
use crate::pages::admin::policies;
use crate::pages::ask;
use crate::pages::searches::Searches;
use crate::records::column::ColumnLink;
use crate::records::link::Link;
use crate::records::ownership::OwnershipLine;
use crate::records::{address, kind_names};
use crate::request::handlers::page;
use crate::request::visit::{Shown, Visit};
use crate::request::{headers, recent_writes};
use crate::search::marked::Marked;
use crate::search::products_with_rows::{self, ProductWithRows};
use crate::search::query::{PATH, sorted, without};
use crate::text::plain::{first_line, shown};
use crate::text::texts::Texts;

pub use crate::search::examples::{Example, examples};

const PAGE: u32 = 20;
/// Things of which only the store can say whether the visitor sees them are looked at, of those that rank first.
const MOST_LOOKED_AT: u32 = 100;
/// Spellings that are told of a word that nothing has.
const MOST_SPELLINGS: u32 = 3;
/// What was expected in a broken query, as much as is told.
const MOST_EXPECTED: usize = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct Results {
    p: Shell,
    query: String,
    total: String,
    /// The same, to be asked as a question.
    asked: Option<String>,
    corrected: Option<Corrected>,
    chosen: Vec<Chosen>,
    facets: Vec<Facet>,
    sorts: Vec<Sorted>,
    rows: Vec<Row>,
    /// Products that hold tables that were found, and that the visitor may query.
    with_rows: Vec<ProductWithRows>,
    otherwise: Otherwise,
    examples: Vec<Example>,
    first: Option<String>,
    next: Option<String>,
    /// What is searched for, as it can be kept.
    typed: String,
    sort: &'static str,
    searches: Option<Searches>,
}

/// What was looked for instead.
struct Corrected {
    query: String,
    /// That its words are not all somewhere is no news of a question.
    is_question: bool,
    exactly: String,
}

/// A clause of the query, and the address without it.
struct Chosen {
    text: String,
    without: String,
}

/// An order in which hits can stand.
struct Sorted {
    name: String,
    address: String,
    is_chosen: bool,
}

struct Row {
    icon: Icon,
    kind: String,
    name: Marked,
    address: Option<String>,
    path: Marked,
    why: Vec<Reason>,
    line: String,
    whose: OwnershipLine,
    /// What answers that was asked of it.
    answer: Option<RowAnswer>,
    /// The products by which the visitor comes to its rows.
    ways: Vec<Link>,
}

/// What answers a question about something that was found: where it comes from, how old it is, or whether it may be read.
struct RowAnswer {
    said: String,
    name: String,
    address: String,
}

pub struct Reason {
    pub field: String,
    pub fragment: Marked,
    /// Where it stands, if it has a place of its own.
    pub address: Option<String>,
}

#[derive(Template)]
#[template(path = "search_broken.html")]
struct Broken {
    p: Shell,
    message: String,
    before: String,
    place: String,
    after: String,
    expected: Vec<String>,
    examples: Vec<Example>,
    searches: Option<Searches>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page(PATH, "search_page", show)]
}

async fn show(visit: Arc<Visit>) -> Shown {
    let answer = match found(&visit).await {
        Ok(answer) => answer,
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(Refused::Broken(mut broken)) => {
            broken.searches = Searches::of(&visit, &visit.reading().await?).await?;
            headers::page(400, &*broken)
        }
    };
    Ok(answer.with("vary", emporion_edge::accept::VARY))
}

enum Refused {
    Broken(Box<Broken>),
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Refused {
        Refused::Fault(fault)
    }
}

fn shell(visit: &Visit, query: &str) -> Shell {
    Shell { words: query.to_owned(), ..visit.shell("") }
}

/// Why nothing was found, as the page says it.
fn refused(visit: &Visit, query: &str, refusal: Refusal) -> Refused {
    let (message, at, expected) = match refusal {
        Refusal::Broken { message, at, expected } => (message, at, expected),
        Refusal::Problem(problem) => return Refused::Fault(problem.into()),
    };
    let part = |from: usize, to: usize| shown(&query.chars().skip(from).take(to - from).collect::<String>());
    Refused::Broken(Box::new(Broken {
        p: shell(visit, query),
        message: shown(&visit.t.translated(&message)),
        before: part(0, at),
        place: part(at, at + 1),
        after: part(at + 1, usize::MAX),
        expected: expected.iter().take(MOST_EXPECTED).map(|text| shown(&visit.t.translated(text))).collect(),
        examples: examples(visit.t),
        searches: None,
    }))
}

async fn found(visit: &Visit) -> Result<Answer, Refused> {
    let query = visit.query("q");
    let finder = &*visit.door.finder;
    let after = Some(visit.query("after")).filter(|after| !after.is_empty());
    let asked = visit.query("sort");
    let (sort, order) = SORTS.iter().copied().find(|(name, _)| *name == asked).unwrap_or((SORTS[0].0, Order::BEST));
    let clauses = finder.clauses(&query).map_err(|refusal| refused(visit, &query, refusal))?;
    let beside = Beside::of(visit, &clauses).await;
    let search = Search {
        limit: PAGE,
        order,
        after: after.clone(),
        counted: finder.counted().iter().map(|field| (*field).to_owned()).collect(),
        also: beside.queries(),
        at_least: recent_writes::at_least(visit).await?,
        most_looked_at: Some(MOST_LOOKED_AT),
        spellings: MOST_SPELLINGS,
        ..Search::of(&query)
    };
    let found = match finder.find(visit.caller(), &search).await {
        // An index of an older form may not know all that is counted, and find what is asked for.
        Err(Refusal::Problem(Problem::Unavailable { .. })) => {
            finder.find(visit.caller(), &Search { counted: Vec::new(), also: Vec::new(), ..search.clone() }).await
        }
        // What no page before has given leads to the first one.
        Err(Refusal::Problem(Problem::Invalid(wrong))) if after.is_some() && wrong.iter().all(is_of_after) => {
            return Ok(headers::see_other(&sorted(&query, sort)));
        }
        reported => reported,
    };
    let found = found.map_err(|refusal| refused(visit, &query, refusal))?;
    // What was corrected goes on as it was corrected.
    let read = match &found.corrected {
        Some(instead) => finder.clauses(instead).map_err(|refusal| refused(visit, &query, refusal))?,
        None => clauses.clone(),
    };
    let otherwise = Otherwise::of(visit, &clauses, &search, &found, sort).await?;
    let t = visit.t;
    let next = found.after.as_deref().map(|after| {
        let query = found.corrected.as_deref().unwrap_or(&query);
        address::with_query(PATH, &[("q", query), ("sort", sort), ("after", after)])
    });
    let is_asked = after.is_none() && !(is_of_catalogue(&query) && found.total > 0);
    let words = found.corrected.as_deref().unwrap_or(&query);
    let sorts = SORTS.iter().map(|(name, _)| Sorted {
        name: sort_name(t, name),
        address: sorted(words, name),
        is_chosen: *name == sort,
    });
    let with_rows = products_with_rows::of(visit, &found.hits).await.map_err(Refused::from)?;
    let ways = |hit: &Hit| {
        with_rows.iter().filter(|one| one.tables.contains(&hit.id)).map(|one| one.link.clone()).collect::<Vec<Link>>()
    };
    Ok(headers::page(
        200,
        &Results {
            p: shell(visit, &query),
            total: total(t, found.total, found.total_is_exact),
            asked: if is_asked { ask::offered(visit, &query, &clauses.all).await } else { None },
            corrected: found.corrected.as_ref().map(|instead| Corrected {
                query: shown(instead),
                is_question: !topic::of(&query).is_empty(),
                exactly: sorted(&clauses.exactly, sort),
            }),
            chosen: chosen(&read, sort),
            sorts: sorts.collect(),
            facets: facets::of(visit, &found, &beside, &read, sort).await.map_err(Fault::from)?,
            rows: found
                .hits
                .iter()
                .map(|hit| Row {
                    address: answer_to(&query, visit, hit),
                    answer: row_answer(t, &query, hit),
                    ways: ways(hit),
                    ..row(visit, hit)
                })
                .collect(),
            with_rows: if after.is_none() { with_rows } else { Vec::new() },
            otherwise,
            examples: examples(t),
            first: after.map(|_| sorted(&query, sort)),
            next,
            searches: Searches::of(visit, &visit.reading().await?).await?,
            typed: words.to_owned(),
            sort,
            query: shown(&query),
        },
    ))
}

/// What the catalogue itself answers is no question to a product, which would only lead back here. How old something is, and
/// whether one may see it, may be asked of what a table holds as well: "how old are our customers".
fn is_of_catalogue(question: &str) -> bool {
    topic::asks_for_owner(question) || topic::asks_for_origin(question)
}

fn is_of_after(wrong: &Violation) -> bool {
    wrong.field == "after"
}

fn sort_name(t: Texts, sort: &str) -> String {
    match sort {
        "name" => t.say("products.by_name"),
        "updated" => t.say("products.by_time"),
        _ => t.say("search.by_relevance"),
    }
}

fn total(t: Texts, total: u64, is_exact: bool) -> String {
    let total = t.count("count.results", total);
    if is_exact { total } else { t.with("search.at_least", &[("total", &total)]) }
}

/// The clauses that can be taken off, where there is more to a query than a word.
fn chosen(clauses: &Clauses, sort: &str) -> Vec<Chosen> {
    if let [one] = clauses.all.as_slice()
        && !one.contains(':')
    {
        return Vec::new();
    }
    let each = clauses.all.iter().enumerate();
    each.map(|(index, text)| Chosen { text: shown(text), without: sorted(&without(clauses, index), sort) }).collect()
}

/// Where a hit is looked at by who asked this: where something comes from, its lineage says, and who may read it, its access.
pub fn answer_to(query: &str, visit: &Visit, hit: &Hit) -> Option<String> {
    let page = place(visit, hit)?;
    Some(row_answer(visit.t, query, hit).map_or(page, |answer| answer.address))
}

fn row_answer(t: Texts, query: &str, hit: &Hit) -> Option<RowAnswer> {
    if let Some((name, address)) = origin(query, hit) {
        return Some(RowAnswer { said: t.say("search.origin"), name, address });
    }
    if !hit.kind.is("table") && !hit.kind.is("data_product") {
        return None;
    }
    let page = address::of(hit.kind, &hit.fqn)?;
    let (key, address) = if topic::asks_for_age(query) {
        // How old its data are stands in the head of a product, and below the columns of a table.
        ("search.age", page)
    } else if topic::asks_for_access(query) {
        ("search.access", address::with_query(&page, &[("tab", "access")]))
    } else {
        return None;
    };
    Some(RowAnswer { said: t.say(key), name: shown(hit.display_name.as_deref().unwrap_or(&hit.name)), address })
}

/// What tells where something comes from that was found by who asked for that: the lineage of a product or a table, or of the
/// column that it was found by; with what it is of.
fn origin(query: &str, hit: &Hit) -> Option<(String, String)> {
    if !topic::asks_for_origin(query) || !hit.kind.is("table") && !hit.kind.is("data_product") {
        return None;
    }
    let page = address::of(hit.kind, &hit.fqn)?;
    let name = shown(hit.display_name.as_deref().unwrap_or(&hit.name));
    let column = hit.why.iter().find(|why| why.field == "column" && hit.kind.is("table"));
    Some(match column {
        Some(why) => {
            let traced = lineage::trace(&page, hit.id, &name::quote(&why.fragment));
            (format!("{name}.{}", shown(&why.fragment)), traced)
        }
        None => (name, address::with_query(&page, &[("tab", "lineage")])),
    })
}

/// Where something that was found is looked at, if anywhere for this visitor: rules stand on a page of administrators.
pub fn place(visit: &Visit, hit: &Hit) -> Option<String> {
    if !hit.kind.is("role") && !hit.kind.is("policy") {
        return address::of(hit.kind, &hit.fqn);
    }
    visit.catalog().may_operate(visit.caller()).ok()?;
    Some(format!("{}#{}-{}", policies::PATH, hit.kind.name(), hit.id))
}

/// Where a column stands by which its table was found. Of one inside another the name alone is known, and it leads to the
/// page.
fn address_of_column(hit: &Hit, why: &Why) -> Option<String> {
    (why.field == "column").then(|| ColumnLink::of(hit.kind, &hit.fqn, &name::quote(&why.fragment)).address).flatten()
}

fn row(visit: &Visit, hit: &Hit) -> Row {
    let t = visit.t;
    let name = hit.display_name.as_deref().unwrap_or(&hit.name);
    let marks = |field: &str, text: &str| {
        let of = hit.why.iter().find(|why| why.field == field && why.fragment == text);
        of.map(|why| why.marks.as_slice()).unwrap_or_default()
    };
    // What stands in the first line needs not be said again.
    let is_seen = |field: &str, text: &str| {
        let names = if hit.display_name.is_some() { "display_name" } else { "name" };
        (field == names && text == name) || (field == "fqn" && text == hit.fqn)
    };
    // Nor what is said of all of them alike: their kind, or that something is there.
    let why = hit.why.iter().filter(|why| !why.marks.is_empty() && !is_seen(&why.field, &why.fragment));
    let why: Vec<Reason> = why
        .map(|why| Reason {
            field: field_name(t, &why.field),
            fragment: Marked::of(&why.fragment, &why.marks),
            address: address_of_column(hit, why),
        })
        .collect();
    let named = if hit.display_name.is_some() { "display_name" } else { "name" };
    Row {
        icon: Icon::of(hit.kind),
        kind: kind_names::one(t, hit.page),
        name: Marked::of(name, marks(named, name)),
        address: place(visit, hit),
        path: Marked::of(&hit.fqn, marks("fqn", &hit.fqn)),
        // Its own words stand where nothing else has to be said.
        line: if why.is_empty() { first_line(hit.description.as_deref().unwrap_or_default()) } else { String::new() },
        why,
        whose: OwnershipLine::of(hit),
        answer: None,
        ways: Vec::new(),
    }
}
