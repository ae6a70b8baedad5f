//! Requests for access: what waits for the visitor, what he has asked for, what is decided.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::command::{Decision, Ref, Term};
use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;
use emporion_catalog::requests::{AccessRequest, Asked, KIND, READ_WITH, Wanted, Which};
use emporion_catalog::rows::nominal;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::{self, Fault};
use crate::link::Link;
use crate::moment::Moment;
use crate::news::Note;
use crate::pages::product::giving;
use crate::people::Person;
use crate::plain::{first_line, shown, shown_prose};
use crate::shell::Shell;
use crate::texts::Texts;
use crate::visit::{Shown, Visit, change, page};
use crate::{address, headers, news, term};

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
    pub said: String,
    /// `good`, `bad` or nothing.
    pub mood: &'static str,
}

#[derive(Template)]
#[template(path = "request.html")]
struct Page {
    p: Shell,
    row: Row,
    reason: String,
    assets: Vec<Link>,
    until: Option<String>,
    /// The form names days alone: said of an end that was asked for within one.
    within_day: Option<String>,
    has_ended: bool,
    /// The end that was asked for has passed before anybody decided.
    has_run_out: bool,
    decided: Option<Decided>,
    role: Role,
    address: String,
    revision: u64,
    is_own: bool,
    is_open: bool,
    may_decide: bool,
    is_role: bool,
    /// Row filters that go on to the role: tables and conditions.
    filters: Vec<(String, String)>,
    /// What the form holds.
    typed: Typed,
    today: String,
    faults: Vec<String>,
}

/// What a request for a role means for the product, as far as the reader sees that.
#[derive(Default)]
struct Role {
    /// What approving opens.
    opens: Option<String>,
    /// Approved by the reader it would be in name only.
    in_name: bool,
    /// What has become of what was given.
    became: Option<&'static str>,
}

struct Decided {
    by: Option<Person>,
    at: Option<Moment>,
    words: Option<String>,
}

#[derive(Default)]
struct Typed {
    until: String,
    reason: String,
    /// What approving it like this would give.
    outlook: Option<String>,
}

const LISTS: &[(&str, Which)] = &[("waiting", Which::Waiting), ("mine", Which::Mine), ("decided", Which::Decided)];

pub fn routes() -> Vec<Route<Door>> {
    vec![
        page(PATH, "requests_page", list),
        page("/requests/{id}", "request_page", show),
        change("/requests/{id}", "decide_request", decide),
    ]
}

/// The page of a request.
pub fn address(id: RecordId) -> String {
    format!("{PATH}/{id}")
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
            address: address(request.id),
            requester: request.requester.as_ref().map(|card| Person::of(card)),
            wants,
            product: request.product.as_ref().map(|card| link(card, open)),
            line: first_line(&request.reason),
            asked_at: visit.moment(request.asked_at),
            at: visit.moment(request.decided_at.unwrap_or(request.asked_at)),
            state: State { said: t.say(&format!("request.state.{state}")), mood },
            until: request.until.filter(|_| ["open", "approved"].contains(&state)).map(|until| term::said(t, until)),
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
    let mut news = if one.is_none() { news::notes(&visit, &reading).await? } else { Vec::new() };
    let earlier = news.split_off(news.len().min(FIRST));
    let folded = visit.t.count("home.others", earlier.len());
    let mut p = shell(&visit).below(visit.t.say("request.title"), None);
    if one.is_none() {
        p.news = None;
    }
    let shown = headers::page(200, &Inbox { p, lists, news, earlier, folded });
    Ok(if one.is_none() { shown.with("set-cookie", &news::looked(&visit)) } else { shown })
}

fn shell(visit: &Visit) -> Shell {
    visit.shell("requests")
}

/// The request that the address names.
async fn named(visit: &Visit, reading: &Reading<'_>) -> Result<AccessRequest, Fault> {
    let missing = || Problem::NotFound { kind: KIND, what: visit.param("id").to_owned() };
    let id = visit.param("id").parse().map_err(|_| missing())?;
    Ok(reading.access_request(id).await?)
}

async fn show(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let request = named(&visit, &reading).await?;
    // What has run out meanwhile nobody can give.
    let until = request.until.filter(|until| *until > visit.now);
    let typed = Typed { until: until.map(term::day).unwrap_or_default(), ..Typed::default() };
    form(&visit, &reading, &request, typed, (200, Vec::new())).await
}

async fn form(
    visit: &Visit,
    reading: &Reading<'_>,
    request: &AccessRequest,
    typed: Typed,
    (status, faults): (u16, Vec<String>),
) -> Shown {
    let t = visit.t;
    let open = open(reading, std::slice::from_ref(request)).await?;
    let row = Row::of(visit, request, &open);
    let decided = (!request.is_open()).then(|| Decided {
        by: request.decided_by.as_ref().map(|card| Person::of(card)),
        at: request.decided_at.map(|at| visit.moment(at)),
        words: request.words.as_deref().map(shown_prose),
    });
    let filters = reading.filters_that_stay(request).await?;
    let p = shell(visit).below(t.say("request.title"), Some(PATH.into())).below(t.say("request.one"), None);
    Ok(headers::page(
        status,
        &Page {
            p,
            reason: shown_prose(&request.reason),
            assets: request.assets.iter().map(|card| link(card, &open)).collect(),
            until: request.until.map(|until| term::said(t, until)),
            within_day: request
                .until
                .filter(|until| *until > visit.now && !term::is_whole_day(*until))
                .map(|until| t.with("request.until_hint", &[("until", &term::said(t, until))])),
            has_ended: has_ended(request, visit.now),
            has_run_out: request.is_open() && request.until.is_some_and(|until| until <= visit.now),
            decided,
            role: Role::of(visit, reading, request).await?,
            address: row.address.clone(),
            revision: request.revision.0,
            is_own: request.is_own,
            is_open: request.is_open(),
            may_decide: request.may_decide,
            is_role: request.wanted.role().is_some(),
            filters: filters.into_iter().map(|(table, condition)| (shown(&table), shown(&condition))).collect(),
            typed,
            today: term::day(visit.now),
            faults,
            row,
        },
    ))
}

impl Role {
    async fn of(visit: &Visit, reading: &Reading<'_>, request: &AccessRequest) -> Result<Role, Fault> {
        let mut role = Role::default();
        let (Some(relation), Some(product)) = (request.wanted.role(), &request.product) else { return Ok(role) };
        let target = Ref::Id(product.kind, product.id);
        let view = match reading.get(&target, States::Alive, &Depth::of(&READ_WITH, true)).await {
            Err(Problem::NotFound { .. }) => return Ok(role),
            view => view?,
        };
        if request.may_decide {
            role.opens = Some(giving::opened(visit, &view));
            role.in_name = !nominal::reads_all(&reading.rows(), &view).await?;
        }
        if request.state == "approved" {
            let of = request.requester.as_ref().map(|card| card.id);
            let given = view.edges.iter().find(|edge| edge.relation == relation && Some(edge.to) == of);
            // By a higher role, or through a team.
            let has_it = given.is_none() && reading.has_what_he_asked_for(request, &view).await?;
            role.became = match given {
                Some(edge) if edge.is_nominal() => Some("request.role_in_name"),
                Some(_) => None,
                None if has_it => None,
                None if has_ended(request, visit.now) => Some("request.role_ended"),
                None => Some("request.role_gone"),
            };
        }
        Ok(role)
    }
}

/// The day that was asked for is the moment that was asked for.
fn is_as_asked(request: &AccessRequest, until: Option<Millis>) -> bool {
    request.until.map(term::day) == until.map(term::day)
}

/// How long what is asked for would last, in a sentence.
fn outlook(t: Texts, request: &AccessRequest, until: Option<Millis>) -> String {
    let end = if is_as_asked(request, until) { request.until } else { until };
    match end {
        Some(until) => t.with("request.outlook", &[("until", &term::said(t, until))]),
        None => t.say("request.outlook_endless"),
    }
}

async fn decide(visit: Arc<Visit>) -> Shown {
    let reading = visit.reading().await?;
    let request = named(&visit, &reading).await?;
    let sent = visit.form();
    let typed = || Typed { until: sent.trimmed("until").to_owned(), reason: sent.prose("reason"), outlook: None };
    let (decision, done) = match sent.text("decision") {
        wish @ ("look" | "approve") => match term::typed(visit.t, sent.trimmed("until"), visit.now) {
            Err(fault) => return form(&visit, &reading, &request, typed(), (400, vec![fault])).await,
            // Whoever ends a field with Enter sees what it comes to: a decision is a button of its own.
            Ok(until) if wish == "look" => {
                let typed = Typed { outlook: Some(outlook(visit.t, &request, until)), ..typed() };
                return form(&visit, &reading, &request, typed, (200, Vec::new())).await;
            }
            Ok(until) if is_as_asked(&request, until) => (Decision::Approve(Term::AsAsked), "approved"),
            Ok(None) => (Decision::Approve(Term::Endless), "approved"),
            Ok(Some(until)) => (Decision::Approve(Term::Until(until)), "approved"),
        },
        "reject" if sent.trimmed("reason").is_empty() => {
            let fault = visit.t.say("request.say_why");
            return form(&visit, &reading, &request, typed(), (400, vec![fault])).await;
        }
        "reject" => (Decision::Reject, "rejected"),
        "withdraw" => (Decision::Withdraw, "withdrawn"),
        _ => return Err(Fault::Malformed(visit.t.say("request.no_decision"))),
    };
    let seen = Some(sent.text("revision")).filter(|text| !text.is_empty());
    let seen = seen.map(|text| text.parse().map(Revision)).transpose();
    let seen = seen.map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))?;
    let words = sent.prose("reason");
    drop(reading);
    let decided = visit.catalog().decide_access(visit.caller(), request.id, seen, decision, Some(&words)).await;
    match decided {
        Ok(decided) => Ok(headers::see_other(&address::with_query(&address(decided.id), &[("done", done)]))),
        Err(problem) => {
            let (status, faults) = match problem {
                Problem::Stale { .. } | Problem::Overtaken => (409, vec![visit.t.say("request.stale")]),
                problem => fault::in_form(visit.t, problem)?,
            };
            // What stands in the way may be what has become of it meanwhile.
            let reading = visit.reading().await?;
            let request = named(&visit, &reading).await?;
            form(&visit, &reading, &request, typed(), (status, faults)).await
        }
    }
}
