//! The form of which rows somebody reads through a product: the row filters of his roles, table by table, and whether a
//! viewer reads any. That a condition can be read, and who may say it, another door says, which is asked as the visitor.

mod tables;
mod terms;

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use http::Method;

use self::tables::{Away, places, short};
use self::terms::Terms;
use super::{PAGE, warned};
use crate::conflict::Conflict;
use crate::difference;
use crate::door::Door;
use crate::fault::Fault;
use crate::found;
use crate::inward::{Refusal, ToProduct};
use crate::plain::{shown, shown_prose};
use crate::record::{Here, back, change};
use crate::sentence::Sentence;
use crate::shell::Shell;
use crate::texts::Texts;
use crate::visit::{Shown, Visit};
use crate::{address, condition, headers, naming};

/// Tables that are offered at most; filters that are there already are shown whatever their number.
const MOST_TABLES: usize = 50;
/// How often they are sent on because the product keeps changing, and they do not.
const TRIES: usize = 4;

#[derive(Template)]
#[template(path = "product/filtering.html")]
struct Filtering {
    p: Shell,
    at: String,
    form: String,
    back: String,
    user: String,
    name: String,
    /// Whether he reads rows at all, where his role leaves that open.
    reads: Option<bool>,
    rows: Vec<Row>,
    /// What is stored now, whatever stands in the form.
    stored: Terms,
    away: Away,
    /// Part of a table's name: tables that bear it are offered.
    part: String,
    /// That not all lent tables are offered, and how many.
    rest: Option<String>,
    /// What the form was made of.
    seen: String,
    faults: Vec<String>,
    conflict: Option<Conflict>,
}

/// The filter of a table.
struct Row {
    table: String,
    name: String,
    condition: String,
    /// What the stored filter of the table shows.
    stored: Option<Sentence>,
    /// The text that says why the table is not in the product.
    hint: Option<&'static str>,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change(&PAGE, "filters", "set_row_filters", store), back(&PAGE, "filters", "row_filters", "access")]
}

/// The form for the person that the address names; `None` where it names nobody who has a role.
pub async fn form(here: Here<'_>) -> Option<Shown> {
    let user: RecordId = here.visit.query("filter").parse().ok()?;
    let name = holder(here.view, user)?;
    Some(first(here, user, name).await)
}

async fn first(here: Here<'_>, user: RecordId, name: String) -> Shown {
    let (empty, terms) = (Filtering::empty(here, user, name), Terms::of(here.view, user));
    let page = Filtering {
        seen: terms.text(),
        away: Away::of(here.visit, here.view, terms.said().into_keys()).await?,
        part: here.visit.query("table"),
        ..empty
    };
    Ok(headers::page(200, &page.offering(here.visit.t, here.view, terms)))
}

/// What a person with a role is called.
fn holder(view: &View, user: RecordId) -> Option<String> {
    let mut holders = ROLES.into_iter().flat_map(|role| view.targets(role));
    holders.find(|(edge, card)| edge.to == user && card.kind.is("user")).map(|(_, card)| naming::said(card))
}

impl Filtering {
    fn empty(here: Here<'_>, user: RecordId, name: String) -> Filtering {
        let at = here.address();
        Filtering {
            p: here.shell(),
            form: format!("{at}/filters"),
            back: address::with_query(&at, &[("tab", "access")]),
            at,
            user: user.to_string(),
            name,
            reads: None,
            rows: Vec::new(),
            stored: Terms::of(here.view, user),
            away: Away::default(),
            part: String::new(),
            rest: None,
            seen: String::new(),
            faults: Vec::new(),
            conflict: None,
        }
    }

    /// With these terms, and the tables of the product that no filter is for yet, as many as are offered.
    fn offering(mut self, t: Texts, view: &View, mut terms: Terms) -> Filtering {
        let open = terms.open_tables(view);
        let part = plain_name(&self.part);
        let is_meant = |place: &&Vec<String>| part.is_empty() || name::fold(&place.join(".")).contains(&part);
        // A name is to mean one of all tables, lent or not: it is made short for those alone that are offered.
        let tables = places(view);
        let offered = open.iter().filter(is_meant).take(MOST_TABLES);
        let offered: Vec<(String, String)> = offered.map(|place| (short(place, &tables), String::new())).collect();
        let others = open.len() - offered.len();
        terms.filters.extend(offered);
        let shown = terms.filters.len().try_into().unwrap_or(u64::MAX);
        let others = t.number(others.try_into().unwrap_or(u64::MAX));
        self.rest = (open.len() > MOST_TABLES || !part.is_empty())
            .then(|| t.with("filtering.rest", &[("shown", &t.number(shown)), ("others", &others)]));
        self.reads = terms.reads;
        self.rows = terms.filters.into_iter().map(|(table, condition)| self.row(t, table, condition)).collect();
        self
    }

    fn row(&self, t: Texts, table: String, condition: String) -> Row {
        let stored = self.stored.filters.get(&table).and_then(|stored| condition::rows(t, stored));
        Row { stored, hint: self.away.hint(&table), name: shown(&table), table, condition }
    }
}

/// What is typed to find a table, as names are compared.
fn plain_name(typed: &str) -> String {
    name::fold(typed.trim())
}

async fn store(visit: Arc<Visit>, mut view: Box<View>) -> Shown {
    for _ in 0..TRIES {
        if let Some(answer) = try_store(&visit, &view).await? {
            return Ok(answer);
        }
        let reading = visit.reading().await?;
        view = found::sent_to(&visit, &reading, PAGE.folder).await?;
    }
    Err(Problem::Overtaken.into())
}

/// Stores what was typed, as long as the filters are those that the form was made of. `None` where the product has changed
/// between reading and writing.
async fn try_store(visit: &Visit, view: &View) -> Result<Option<Answer>, Fault> {
    let reading = visit.reading().await?;
    reading.ask_change(&view.record, &[relation::VIEWER.name()]).await?;
    let form = visit.form();
    let user: RecordId = form.text("user").parse().map_err(|_| Fault::NoSuchPage)?;
    let name = holder(view, user).ok_or(Fault::NoSuchPage)?;
    let empty = Filtering::empty(Here { page: &PAGE, visit, reading: &reading, view }, user, name);
    drop(reading);
    let (terms, seen, now) = (Terms::sent(&form, view, user), form.prose("seen"), Terms::of(view, user));
    let theirs = now.text();
    let empty = Filtering { away: Away::of(visit, view, now.said().into_keys()).await?, ..empty };
    if seen != theirs {
        let conflict = Conflict {
            theirs: Some(shown_prose(&theirs)),
            ..Conflict::of(visit, Some(&view.record.updated), difference::lines(visit.t, &seen, &theirs))
        };
        let page = Filtering { seen: theirs, conflict: Some(conflict), ..empty };
        return Ok(Some(headers::page(409, &page.offering(visit.t, view, terms))));
    }
    let (tag, body) = (format!("\"{}\"", view.record.revision.0), terms.body(user, &now, &empty.away.gone));
    let change = ToProduct { method: Method::PATCH, if_match: Some(&tag), ..ToProduct::post("/users", &body) };
    match visit.told_of_product(&view.id().to_string(), change).await? {
        Ok(told) => {
            let warned = warned::sealed(visit, view, &told.warnings);
            let done = [("tab", "access"), ("done", "saved"), ("warned", &*warned)];
            Ok(Some(headers::see_other(&address::with_query(&address::of_record(&view.record), &done))))
        }
        Err(refusal) if refusal.status == 412 => Ok(None),
        Err(refusal) => {
            let (status, faults) = faults_of(visit.t, refusal)?;
            let page = Filtering { seen, faults, ..empty };
            Ok(Some(headers::page(status, &page.offering(visit.t, view, terms))))
        }
    }
}

/// What the form says of a refusal. What is wrong stands at a table, as far as its reader knows.
fn faults_of(t: Texts, refusal: Refusal) -> Result<(u16, Vec<String>), Fault> {
    let (status, faults) = refusal.in_form(t)?;
    let place = |fault: &String| shown(fault.trim_start_matches('/').trim_start_matches("update/0/rowFilters/"));
    let mut faults: Vec<String> = faults.iter().map(place).collect();
    faults.dedup();
    Ok((status, faults))
}
