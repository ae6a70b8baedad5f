//! Queries that used a table, as far as the visitor sees them. What of their texts he sees is the metadata interface's word,
//! which is asked as him: values in them are values of rows.

use std::collections::HashMap;

use askama::Template;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::query::looks_made;
use emporion_catalog::observation::USAGE;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::View;
use emporion_semantic::chat::numbers;
use http::Method;
use serde_json::Value;

use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::link::Link;
use crate::records::record::{Here, Top};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};

/// Queries of a page.
const PAGE: usize = 20;
/// What is shown of one among others, in characters and lines; more is folded, and more than `MOST` is on a page of its own.
const SHORT: usize = 600;
const SHORT_LINES: usize = 12;
const MOST: usize = 4_000;
const FIELDS: &str = "users,votes,queryUsedIn,owners";
/// Names of each sort that stand beside a query.
const MOST_NAMES: usize = 12;

#[derive(Template)]
#[template(path = "table_queries.html")]
struct Page {
    p: Shell,
    top: Top,
    total: String,
    /// How often somebody has counted that it was used, and when.
    used: Option<String>,
    queries: Vec<Query>,
    /// A line of a shell that tells of a query.
    example: String,
    is_one: bool,
    hides_values: bool,
    all: String,
    is_later: bool,
    next: Option<String>,
}

struct Query {
    name: String,
    description: Option<String>,
    text: Text,
    by: Vec<Link>,
    by_others: Vec<String>,
    ran: Option<Moment>,
    took: Option<String>,
    votes: Vec<String>,
    also: Vec<Link>,
}

struct Text {
    shown: String,
    /// Its first line and how long it is, where it is folded.
    folded: Option<(String, String)>,
    /// How much is left off, and where the whole stands.
    more: Option<(String, String)>,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let (p, top) = (here.shell(), here.top().await?);
    let (found, total, next, is_one) = match visit.query("query").as_str() {
        "" => {
            let (found, total, next) = list(visit, view).await?;
            (found, total, next.map(|next| queries_at(&top.head.address, ("after", &next))), false)
        }
        id => (vec![one(visit, view, id).await?], 1, None, true),
    };
    let cards = mentioned(reading, &found).await?;
    let kind = reading.catalog().kind("user");
    let mut queries: Vec<Query> = found
        .iter()
        .enumerate()
        .map(|(place, query)| Query::of(visit, (view, kind), query, (place, is_one), &cards, &top.head.address))
        .collect();
    describe(&mut queries, &found).await?;
    let page = Page {
        total: visit.t.count("count.queries", total),
        used: counted(here).await?,
        queries,
        example: example(view),
        is_one,
        // Who may see the values is told a checksum of the text as well.
        hides_values: found.iter().any(|query| query["checksum"].is_null()),
        is_later: !visit.query("after").is_empty(),
        all: queries_at(&top.head.address, ("", "")),
        next,
        p,
        top,
    };
    answer(&page)
}

/// What is said of each of them.
async fn describe(queries: &mut [Query], found: &[Value]) -> Result<(), Fault> {
    let text = |query: &Value| query["description"].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let texts: Vec<Option<String>> = found.iter().map(text).collect();
    let described: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    let mut html = markdown::all_shown(&described).await?.into_iter();
    for (query, text) in queries.iter_mut().zip(&texts) {
        query.description = text.as_ref().and_then(|_| html.next());
    }
    Ok(())
}

/// What the newest count of uses says of its day, its week and its month.
async fn counted(here: Here<'_>) -> Result<Option<String>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let observed = reading.newest_observations(std::slice::from_ref(&view.record), &[USAGE]).await?;
    let Some(newest) = observed.into_iter().find(|one| one.item.is_empty()) else { return Ok(None) };
    let count = |part: &str| newest.value.pointer(&format!("/{part}/count")).and_then(Value::as_u64).unwrap_or(0);
    let values = [
        ("uses", visit.t.count("count.uses", count("daily_stats"))),
        ("when", visit.moment(newest.at).rendered),
        ("week", visit.t.number(count("weekly_stats"))),
        ("month", visit.t.number(count("monthly_stats"))),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(Some(visit.t.with("queries.used", &values)))
}

/// A page of them, how many there are, and where the next page begins.
async fn list(visit: &Visit, view: &View) -> Result<(Vec<Value>, u64, Option<String>), Fault> {
    let (table, limit) = (view.id().to_string(), PAGE.to_string());
    let asked = [("entityId", &*table), ("fields", FIELDS), ("limit", &limit), ("after", &visit.query("after"))];
    let mut reply = visit
        .of_metadata(Method::GET, &address::with_query("/queries", &asked), None)
        .await?
        .map_err(Fault::Refused)?;
    let next = reply["paging"]["after"].as_str().map(str::to_owned);
    let total = reply["paging"]["total"].as_u64().unwrap_or_default();
    let found = match reply["data"].take() {
        Value::Array(found) => found,
        _ => Vec::new(),
    };
    Ok((found, total, next))
}

/// One of them by its id. What is none of this table's is not on its page.
async fn one(visit: &Visit, view: &View, id: &str) -> Result<Value, Fault> {
    let id: RecordId = id.parse().map_err(|_| Fault::NoSuchPage)?;
    let path = address::with_query(&format!("/queries/{id}"), &[("fields", FIELDS)]);
    let found = visit.of_metadata(Method::GET, &path, None).await?.map_err(|refusal| match refusal.status {
        404 => Fault::NoSuchPage,
        _ => Fault::Refused(refusal),
    })?;
    if used(&found).any(|used| used == view.id()) { Ok(found) } else { Err(Fault::NoSuchPage) }
}

/// Other assets that the queries use, as far as the visitor sees them.
async fn mentioned(reading: &Reading<'_>, queries: &[Value]) -> Result<HashMap<RecordId, SeenCard>, Fault> {
    let mut ids: Vec<RecordId> = queries.iter().flat_map(|query| used(query).take(MOST_NAMES + 1)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(reading.cards(&ids).await?.into_iter().map(|card| (card.id, card)).collect())
}

fn used(query: &Value) -> impl Iterator<Item = RecordId> {
    references(&query["queryUsedIn"]).filter_map(|one| one["id"].as_str()?.parse().ok())
}

fn references(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Query {
    fn of(
        visit: &Visit,
        (view, user): (&View, Kind),
        query: &Value,
        (place, is_one): (usize, bool),
        cards: &HashMap<RecordId, SeenCard>,
        at: &str,
    ) -> Query {
        let t = visit.t;
        let text = |member: &str| query[member].as_str().filter(|text| !text.trim().is_empty());
        let name = text("displayName").or_else(|| text("name").filter(|name| !looks_made(name)));
        let person = |one: &Value| {
            let name = one["displayName"].as_str().or_else(|| one["name"].as_str())?;
            let address = one["fullyQualifiedName"].as_str().and_then(|fqn| address::of(user, fqn));
            Some(Link { icon: Icon::of(user), name: shown(name), address })
        };
        let votes = |member: &str| query["votes"][member].as_u64().filter(|number| *number > 0);
        let votes = [
            votes("upVotes").map(|number| t.count("queries.up", number)),
            votes("downVotes").map(|number| t.count("queries.down", number)),
        ];
        let also = used(query).filter(|id| *id != view.id()).filter_map(|id| Some(Link::of(cards.get(&id)?)));
        let whole = || queries_at(at, ("query", query["id"].as_str().unwrap_or_default()));
        let others = references(&query["usedBy"]).filter_map(Value::as_str);
        Query {
            name: name.map_or_else(|| t.with("queries.unnamed", &[("n", &t.number(place as u64 + 1))]), shown),
            description: None,
            text: Text::of(visit, text("query").unwrap_or_default(), is_one, whole),
            by: references(&query["users"]).filter_map(person).take(MOST_NAMES).collect(),
            by_others: others.take(MOST_NAMES).map(shown).collect(),
            ran: query["queryDate"].as_i64().map(|at| visit.moment(Millis(at))),
            took: numbers::of(&query["duration"])
                .map(|took| t.with("queries.seconds", &[("n", &t.figure(&numbers::formatted(took, "#,##0.0")))])),
            votes: votes.into_iter().flatten().collect(),
            also: also.take(MOST_NAMES).collect(),
        }
    }
}

impl Text {
    fn of(visit: &Visit, text: &str, is_whole: bool, whole: impl Fn() -> String) -> Text {
        let t = visit.t;
        let (length, lines) = (text.chars().count(), text.lines().count());
        let is_long = length > SHORT || lines > SHORT_LINES;
        let first = || text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        let cut = |text: &str, most: usize| -> String { text.chars().take(most).collect() };
        if is_whole || !is_long {
            return Text { shown: shown_prose(text), folded: None, more: None };
        }
        let left_off = length.saturating_sub(MOST);
        Text {
            shown: shown_prose(&cut(text, MOST)),
            folded: Some((shown(&cut(first(), 80)), t.count("queries.lines", lines))),
            more: (left_off > 0).then(|| (t.count("queries.more", left_off), whole())),
        }
    }
}

/// The tab of a table at an address, with one more parameter.
fn queries_at(table: &str, more: (&str, &str)) -> String {
    address::with_query(table, &[("tab", "queries"), more])
}

/// How somebody tells of a query that uses the table.
fn example(view: &View) -> String {
    let service = view.ancestors.last().map(|card| card.fqn.clone()).unwrap_or_default();
    let used = serde_json::json!([{ "id": view.id().to_string(), "type": "table" }]);
    let body = serde_json::json!({ "query": "SELECT …", "service": service, "queryUsedIn": used }).to_string();
    format!(
        "curl -s -H \"Authorization: Bearer $EMPORION_TOKEN\" -H \"Content-Type: application/json\" \\\n  \
         \"$EMPORION_URL/api/v1/queries\" \\\n  -d {}",
        crate::text::shell_words::word(&shown(&body))
    )
}
