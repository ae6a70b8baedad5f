//! The first page: what is mine, what there is, what has changed.

pub mod changes;
mod own_domains;
pub mod queryable;
mod recent_lines;
pub mod waiting;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::request::Request;
use emporion_edge::route::{Route, handler};

use self::changes::Changes;
use self::queryable::Queryable;
use self::waiting::Waiting;
use crate::access::own;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::new_record;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::pages::ask::AskBox;
use crate::pages::requests;
use crate::pages::searches::Searches;
use crate::records::address;
use crate::records::link::Link;
use crate::request::visit::{Shown, Visit, answer};
use crate::request::visit_history::VisitHistory;
use crate::request::{handlers, headers};
use crate::text::moment::Moment;
use crate::text::plain::first_line;

const MOST_REQUESTED: usize = 5;
const MOST_OWN: usize = 12;
const MOST_DOMAINS: u32 = 60;
/// Of what policies make each record be looked at for, so many are for a count: the list of domains looks further.
const COUNTED_AMONG: u32 = 100;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    p: Shell,
    is_empty: bool,
    may_add: bool,
    may_create: bool,
    url: String,
    waiting: Waiting,
    asked: Vec<requests::Row>,
    /// `None` where he may query nothing.
    ask: Option<AskBox>,
    queryable: Option<Queryable>,
    own: Vec<Row>,
    /// Where all of them are, if there are more.
    own_more: Option<String>,
    domains: Vec<Tile>,
    domains_rest: Option<Rest>,
    /// The records whose pages he opened last.
    seen: Vec<Link>,
    changes: Changes,
    searches: Option<Searches>,
}

struct Row {
    link: Link,
    line: String,
    updated: Moment,
}

struct Tile {
    link: Link,
    line: String,
    products: String,
}

impl Row {
    fn of(visit: &Visit, view: &View) -> Row {
        Row {
            link: Link::of_record(&view.record),
            line: first_line(view.text("description").unwrap_or_default()),
            updated: visit.moment(view.record.updated.at),
        }
    }
}

pub fn route() -> Route<Door> {
    let page = handlers::page("/", "home", home);
    let shown = page.handler.clone();
    let either = handler(move |door: Arc<Door>, request: Request| {
        let shown = shown.clone();
        async move {
            match headers::names_only_json(&request) {
                false => shown(door, request).await,
                true => emporion_edge::door::Door::not_found(&*door, &request),
            }
        }
    });
    Route { handler: either, ..page }
}

async fn home(visit: Arc<Visit>) -> Shown {
    let head = visit.catalog().health().await?;
    let reading = visit.reading().await?.counting_among(COUNTED_AMONG);
    let own = own::Products::of(&visit, &reading, waiting::LOOKED_AT, &Depth::bare()).await?;
    let (domains, domains_rest, has_products) = domains(&visit, &reading).await?;
    let mut looked = VisitHistory::of(&visit);
    let before = looked.at_home(head, visit.now);
    let changes = Changes::of(&visit, &reading, head, before).await?;
    let seen = reading.cards(&looked.opened()).await?.iter().map(|card| Link::of(card)).collect();
    let is_empty = own.views.is_empty() && !has_products && is_empty(&reading).await?;
    let may_add = is_empty && super::sources::may_add(&reading).await?;
    let url = visit.door.base_url(&visit.request);
    let waiting = Waiting::of(&visit, &reading, &own).await?;
    let searches = Searches::of(&visit, &reading).await?;
    let asked = requests::own(&visit, &reading, MOST_REQUESTED).await?;
    let found = queryable::found(&visit).await;
    let may_ask = !found.0.is_empty() || found.1.is_some();
    let ask = if may_ask { Some(AskBox::of(&visit, String::new(), &found.0).await) } else { None };
    let shown_own = &own.views[..own.views.len().min(MOST_OWN)];
    let p = visit.shell("home");
    let shown = answer(&Home {
        p,
        is_empty,
        may_add,
        may_create: new_record::PRODUCT.may(&visit, &reading).await?,
        url,
        waiting,
        asked,
        ask,
        queryable: Queryable::beside(visit.t, shown_own, found),
        own_more: (own.more || own.views.len() > MOST_OWN).then(|| all_own(&visit)),
        own: shown_own.iter().map(|view| Row::of(&visit, view)).collect(),
        domains,
        domains_rest,
        seen,
        changes,
        searches,
    })?;
    Ok(looked.keep(&visit, shown))
}

/// Neither a product nor a source that the visitor sees.
async fn is_empty(reading: &Reading<'_>) -> Result<bool, Fault> {
    for kind in ["data_product", "database_service"] {
        let one = ListQuery { limit: 1, ..ListQuery::of(reading.account(), reading.catalog().kind(kind)) };
        if !reading.first(one, &Depth::bare()).await?.views.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where all products are listed that he owns himself.
fn all_own(visit: &Visit) -> String {
    address::with_query("/products", &[("owner", &name::quote(&visit.caller().principal.name))])
}

/// Domains at the top, with how many products are in each and below; and whether something is in one of them.
async fn domains(visit: &Visit, reading: &Reading<'_>) -> Result<(Vec<Tile>, Option<Rest>, bool), Fault> {
    let (account, catalog) = (reading.account(), reading.catalog());
    let query = ListQuery { roots_only: true, limit: MOST_DOMAINS, ..ListQuery::of(account, catalog.kind("domain")) };
    let page = reading.list(query, &Depth::bare()).await?;
    let product = catalog.kind("data_product");
    let within = |fqn: &String| ListQuery { within: Some(fqn.clone()), ..ListQuery::of(account, product) };
    let totals = reading.counts(page.views.iter().map(|view| within(&view.record.fqn)).collect()).await?;
    let has_products = totals.iter().any(|total| total.number > 0);
    let tiles = page.views.iter().zip(totals).map(|(view, total)| Tile {
        link: Link::of_record(&view.record),
        line: first_line(view.text("description").unwrap_or_default()),
        products: visit.t.counted("count.products", total),
    });
    let rest = Rest::of_first(visit.t, &page);
    let rest = rest.map(|rest| rest.by(visit.t, "rest.domains", "/domains".to_owned()));
    Ok((tiles.collect(), rest, has_products))
}
