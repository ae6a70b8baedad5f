//! Requests for access: what waits for the visitor, what he has asked for, what is decided.

mod one;

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;
use emporion_catalog::requests::{AccessRequest, Asked, Wanted, Which};
use emporion_edge::route::Route;

use crate::access::notifications::{self, Note};
use crate::door::Door;
use crate::fault::Fault;
use crate::following::told::Told;
use crate::forms::expiry;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::request::handlers::{change, page};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::first_line;

const PATH: &str = "/requests";
/// Requests of each sort on the page of all sorts, and on a page of one.
const FIRST: usize = 10;
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "requests.html")]
struct Inbox {
    p: Shell,
    lists: Vec<List>,
    news: Vec<Note>,
    /// What is new of what he follows.
    followed: Option<Told>,
    /// Those that are folded, and how many they are.
    earlier: Vec<Note>,
    folded: String,
}

struct List {
    which: &'static str,
    title: String,
    empty: String,
    /// What to do next, where it is empty, and where that is done.
    step: Option<(String, &'static str)>,
    rows: Vec<Row>,
    /// Where the rest of it is.
    more: Option<String>,
}

/// A request in a line.
pub struct Row {
    pub address: String,
    pub requester: Option<Person>,
    pub wants: String,
    pub product: Option<Link>,
    pub line: String,
    pub asked_at: Moment,
    /// When something became of it last.
    pub at: Moment,
    pub state: State,
    /// When what is asked for or was given ends.
    pub until: Option<String>,
}

pub struct State {
    pub rendered: String,
    /// `good`, `bad` or nothing.
    pub mood: &'static str,
}

const LISTS: &[(&str, Which)] = &[("waiting", Which::Waiting), ("mine", Which::Mine), ("decided", Which::Decided)];

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(PATH, "requests_page", list),
        page("/requests/{id}", "request_page", one::show),
        change("/requests/{id}", "decide_request", one::decide),
    ]
}

/// Requests as their reader sees them. What they speak of has a name for him, and a page where he may open it.
pub async fn rows(visit: &Visit, reading: &Reading<'_>, requests: &[AccessRequest]) -> Result<Vec<Row>, Fault> {
    let open = open(reading, requests).await?;
    Ok(requests.iter().map(|request| Row::of(visit, request, &open)).collect())
}

/// What of all that requests speak of the reader may open.
async fn open(reading: &Reading<'_>, requests: &[AccessRequest]) -> Result<HashSet<RecordId>, Fault> {
    let named = requests.iter().flat_map(|request| request.product.iter().chain(&request.assets));
    let named: HashSet<RecordId> = named.map(|card| card.id).collect();
    let named: Vec<RecordId> = named.into_iter().collect();
    Ok(reading.cards(&named).await?.iter().map(|card| card.id).collect())
}

/// Whether what was given has come to its end.
fn has_ended(request: &AccessRequest, now: Millis) -> bool {
    request.state == "approved" && request.until.is_some_and(|until| until <= now)
}

fn link(card: &Card, open: &HashSet<RecordId>) -> Link {
    let link = Link::of(card);
    if open.contains(&card.id) { link } else { link.closed() }
}

impl Row {
    fn of(visit: &Visit, request: &AccessRequest, open: &HashSet<RecordId>) -> Row {
        let t = visit.t;
        let wants = match &request.wanted {
            Wanted::Viewer => t.say("request.wants.viewer"),
            Wanted::Editor => t.say("request.wants.editor"),
            Wanted::Rows(assets) => t.count("request.wants_rows", assets.len()),
        };
        let is_over = has_ended(request, visit.now);
        let state = if is_over { "ended" } else { request.state.as_str() };
        let mood = match state {
            "approved" => "good",
            "rejected" => "bad",
            _ => "",
        };
        Row {
            address: address::of_request(request.id),
            requester: request.requester.as_ref().map(|card| Person::of(card)),
            wants,
            product: request.product.as_ref().map(|card| link(card, open)),
            line: first_line(&request.reason),
            asked_at: visit.moment(request.asked_at),
            at: visit.moment(request.decided_at.unwrap_or(request.asked_at)),
            state: State { rendered: t.say(&format!("request.state.{state}")), mood },
            until: request
                .until
                .filter(|_| ["open", "approved"].contains(&state))
                .map(|until| expiry::rendered(t, until)),
        }
    }
}

/// The first requests that wait for the visitor, of one product where one is named.
pub async fn waiting(
    visit: &Visit,
    reading: &Reading<'_>,
    product: Option<RecordId>,
    limit: usize,
) -> Result<Vec<Row>, Fault> {
    first(visit, reading, Which::Waiting, product, limit).await
}

/// The newest that the visitor has made himself.
pub async fn own(visit: &Visit, reading: &Reading<'_>, limit: usize) -> Result<Vec<Row>, Fault> {
    first(visit, reading, Which::Mine, None, limit).await
}

async fn first(
    visit: &Visit,
    reading: &Reading<'_>,
    which: Which,
    product: Option<RecordId>,
    limit: usize,
) -> Result<Vec<Row>, Fault> {
    let asked = Asked { which, product, state: None, after: None, limit };
    rows(visit, reading, &reading.access_requests(&asked).await?.requests).await
}

async fn list(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let wanted = visit.query("which");
    let one = LISTS.iter().find(|(name, _)| *name == wanted);
    let (limit, after) = match one {
        Some(_) => (PAGE, visit.query("after").parse().ok()),
        None => (FIRST, None),
    };
    let mut lists = Vec::new();
    for &(name, which) in LISTS.iter().filter(|(name, _)| one.is_none_or(|(one, _)| one == name)) {
        let asked = Asked { which, product: None, state: None, after, limit };
        let page = reading.access_requests(&asked).await?;
        let last = page.requests.last().filter(|_| page.more);
        let more = last.map(|last| match one {
            Some(_) => address::with_query(PATH, &[("which", name), ("after", &last.id.to_string())]),
            None => address::with_query(PATH, &[("which", name)]),
        });
        lists.push(List {
            which: name,
            title: visit.t.say(&format!("request.list.{name}")),
            empty: visit.t.say(&format!("request.none.{name}")),
            step: match which {
                Which::Waiting => Some((visit.t.say("home.products_of_mine"), "/search?q=owner%3Amine")),
                Which::Mine => Some((visit.t.say("home.look_for_products"), "/products")),
                _ => None,
            },
            rows: rows(&visit, &reading, &page.requests).await?,
            more,
        });
    }
    // What stands on a page of one sort alone is not looked at.
    let mut news = if one.is_none() { notifications::notes(&visit, &reading).await? } else { Vec::new() };
    let followed = if one.is_none() { Told::news(&visit, &reading, FIRST).await? } else { None };
    // No reading is held while sources are asked.
    drop(reading);
    let followed = match followed {
        Some(followed) => Some(followed.with_figures(&visit).await),
        None => None,
    };
    let earlier = news.split_off(news.len().min(FIRST));
    let folded = visit.t.count("home.others", earlier.len());
    let mut p = shell(&visit).below(visit.t.say("request.title"), None);
    if one.is_none() {
        p.news = None;
    }
    let shown = headers::page(200, &Inbox { p, lists, news, followed, earlier, folded });
    Ok(if one.is_none() { shown.with("set-cookie", &notifications::looked(&visit)) } else { shown })
}

fn shell(visit: &Visit) -> Shell {
    visit.shell("requests")
}
