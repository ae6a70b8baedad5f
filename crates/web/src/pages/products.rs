//! The list of products. Every filter is an address.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;
use emporion_catalog::relation;
use emporion_edge::route::Route;

use crate::door::Door;
use crate::fault::Fault;
use crate::forms::new_record;
use crate::layout::listing::{List, Listed, Listing};
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::head::Head;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::{address, naming};
use crate::request::handlers::page;
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::shown;

const LIST: List = List {
    at: "/products",
    kind: "data_product",
    counted: "count.products",
    limit: 30,
    new: Some(&new_record::PRODUCT),
};
const MOST_DOMAINS: u32 = 100;

#[derive(Template)]
#[template(path = "products.html")]
struct Products {
    p: Shell,
    list: Listed,
    rows: Vec<Head>,
    sort: &'static str,
    domain: String,
    domains: Vec<Choice>,
    domains_rest: Option<Rest>,
    owner: Option<Person>,
    without_owner: String,
    by_name: String,
    by_time: String,
    is_filtered: bool,
    deleted: Option<Deleted>,
}

/// What was just deleted, for who can bring it back.
enum Deleted {
    Restorable {
        id: RecordId,
        name: String,
    },
    /// It was brought back since.
    There(Link),
    Gone,
}

struct Choice {
    name: String,
    count: String,
    address: String,
    is_chosen: bool,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![page("/products", "products", list)]
}

/// What the address asks for.
struct Asked {
    words: String,
    domain: String,
    owner: String,
    sort: &'static str,
}

impl Asked {
    fn of(visit: &Visit) -> Asked {
        let sort = if visit.query("sort") == "updated" { "updated" } else { "" };
        Asked { words: visit.query("q"), domain: visit.query("domain"), owner: visit.query("owner"), sort }
    }

    /// What is asked for beside the words.
    fn pairs(&self) -> [(&str, &str); 3] {
        [("domain", &self.domain), ("owner", &self.owner), ("sort", self.sort)]
    }

    fn with(&self, change: impl FnOnce(&mut Asked)) -> String {
        let mut other = Asked {
            words: self.words.clone(),
            domain: self.domain.clone(),
            owner: self.owner.clone(),
            sort: self.sort,
        };
        change(&mut other);
        address::with_query(LIST.at, &[&[("q", &*other.words)][..], &other.pairs()].concat())
    }
}

async fn list(visit: Arc<Visit>) -> Shown {
    if let Some(form) = new_record::asked(&visit, "products").await? {
        return Ok(form);
    }
    let asked = Asked::of(&visit);
    let listing = Listing::narrowed(&visit, LIST).await?;
    let reading = visit.reading().await?;
    let mut query = listing.query(&reading).await?;
    if asked.sort == "updated" {
        (query.order, query.descending) = (Order::Updated, true);
    }
    let mut owner = None;
    if !asked.owner.is_empty() {
        let found = one_of(&reading, &["user", "team"], &asked.owner).await?;
        query.linked.push((relation::OWNER, found.iter().map(|card| card.id).collect()));
        owner = found.as_ref().map(Person::of);
    }
    let everywhere = query.clone();
    if !asked.domain.is_empty() {
        query.within = Some(asked.domain.clone());
    }
    let depth = Depth::of(Head::IN_A_LIST, true);
    let (views, list) = listing.page(&reading, query, &depth, &asked.pairs()).await?;
    let (domains, domains_rest) = domains(&visit, &reading, &asked, everywhere).await?;
    let is_filtered = !(asked.words.is_empty() && asked.domain.is_empty() && asked.owner.is_empty());
    answer(&Products {
        p: Shell { words: asked.words.clone(), ..visit.shell("products").below(visit.t.say("place.products"), None) },
        list,
        rows: views.iter().map(|view| Head::of(&visit, view)).collect(),
        without_owner: asked.with(|asked| asked.owner.clear()),
        by_name: asked.with(|asked| asked.sort = ""),
        by_time: asked.with(|asked| asked.sort = "updated"),
        sort: asked.sort,
        domain: asked.domain,
        domains,
        domains_rest,
        owner,
        is_filtered,
        deleted: deleted(&visit, &reading).await?,
    })
}

/// What became of the product that the address says was deleted.
async fn deleted(visit: &Visit, reading: &Reading<'_>) -> Result<Option<Deleted>, Fault> {
    let named = visit.query("deleted").parse::<RecordId>().ok();
    let Some(id) = named else { return Ok(None) };
    let target = Ref::Id(reading.catalog().kind("data_product"), id);
    let is_admin = visit.caller().principal.is_admin;
    // Others are told of it who can bring it back, or could have deleted it.
    Ok(match reading.find(&target).await? {
        Some(record) if record.state.is_alive() => {
            let is_told = is_admin || reading.may(Action::Delete, &record).await?;
            is_told.then(|| Deleted::There(Link::of_record(&record)))
        }
        Some(record) => {
            let is_his = reading.may_restore_each(&[&record]).await?.contains(&true);
            is_his.then(|| Deleted::Restorable { id, name: naming::rendered_of(&record) })
        }
        None => is_admin.then_some(Deleted::Gone),
    })
}

async fn one_of(reading: &Reading<'_>, kinds: &[&str], text: &str) -> Result<Option<Card>, Fault> {
    for kind in kinds {
        let target = Ref::Name(reading.catalog().kind(kind), text.to_owned());
        if let Some(record) = reading.find(&target).await?.filter(|record| States::Alive.holds(record)) {
            return Ok(Some(Card::of(&record)));
        }
    }
    Ok(None)
}

/// The first domains, with how many of the otherwise wanted products are in each.
async fn domains(
    visit: &Visit,
    reading: &Reading<'_>,
    asked: &Asked,
    wanted: ListQuery,
) -> Result<(Vec<Choice>, Option<Rest>), Fault> {
    let kind = reading.catalog().kind("domain");
    let query = ListQuery { limit: MOST_DOMAINS, ..ListQuery::of(reading.account(), kind) };
    let page = reading.list(query, &Depth::bare()).await?;
    let rest = Rest::of_first(visit.t, &page);
    let rest = rest.map(|rest| rest.by(visit.t, "rest.domains", "/domains".to_owned()));
    let mut found: Vec<String> = page.views.into_iter().map(|view| view.record.fqn).collect();
    // The one that is chosen can be left, wherever it stands.
    if !asked.domain.is_empty() && !found.contains(&asked.domain) {
        found.push(asked.domain.clone());
    }
    let totals = counted(reading, &found, wanted).await?;
    let choices = found.into_iter().zip(totals).filter(|(fqn, total)| *total != Count::NONE || *fqn == asked.domain);
    let choices = choices
        .map(|(fqn, total)| {
            let is_chosen = fqn == asked.domain;
            Choice {
                name: shown(&fqn),
                count: visit.t.amount(total),
                address: asked.with(|asked| asked.domain = if is_chosen { String::new() } else { fqn }),
                is_chosen,
            }
        })
        .collect();
    Ok((choices, rest))
}

/// How many of a list are in each of the domains, and below it.
async fn counted(reading: &Reading<'_>, domains: &[String], wanted: ListQuery) -> Result<Vec<Count>, Fault> {
    if wanted.ids.is_none() {
        let within = |fqn: &String| ListQuery { within: Some(fqn.clone()), ..wanted.clone() };
        return Ok(reading.counts(domains.iter().map(within).collect()).await?);
    }
    // What words mean is known already: one question for all of it, instead of one for each domain.
    let fqns: Vec<String> = reading.all(wanted).await?.into_iter().map(|record| record.fqn).collect();
    let within = |domain: &String| {
        let below = format!("{domain}.");
        Count::of(fqns.iter().filter(|fqn| fqn.starts_with(&below)).count() as u64)
    };
    Ok(domains.iter().map(within).collect())
}
