//! The form of which rows somebody reads through a product: the row filters of his roles, table by table, and whether a
//! viewer reads any. That a condition can be read, and who may say it, another door says, which is asked as the visitor.

mod columns;
mod tables;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use emporion_edge::violation::pointer_token;
use http::Method;

use self::columns::Column;
use self::tables::{Away, places, short};
use self::terms::Terms;
use super::warned;
use crate::access::condition;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::difference;
use crate::records::record::{Here, RecordPage, back, change};
use crate::records::resolver;
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::internal_client::ToProduct;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};
use crate::text::sentence::Sentence;
use crate::text::texts::Texts;

/// Tables that are offered at most; filters that are there already are shown whatever their number.
const MOST_TABLES: usize = 50;
/// Columns of each that are named beside its condition.
const MOST_COLUMNS: usize = 40;
/// How often they are sent on because the product keeps changing, and they do not.
const TRIES: usize = 4;
/// Where the conditions stand in what the door is sent.
const CONDITIONS: &str = "update/0/rowFilters/";

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
    /// The same of the conditions, by their tables.
    wrong: BTreeMap<String, String>,
    conflict: Option<Conflict>,
}

/// The filter of a table.
struct Row {
    table: String,
    name: String,
    condition: String,
    /// What the stored filter of the table shows.
    stored: Option<Sentence>,
    /// What is wrong with the condition.
    fault: Option<String>,
    /// What the condition can be over.
    columns: Vec<Column>,
    columns_rest: Option<Rest>,
    /// The text that says why the table is not in the product.
    hint: Option<&'static str>,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "filters", "set_row_filters", move |visit, view| store(page, visit, view)),
        back(page, "filters", "row_filters", "access"),
    ]
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
    page.answer(here.visit.t, here.reading, here.view, (200, terms)).await
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
            wrong: BTreeMap::new(),
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
        Row {
            stored,
            hint: self.away.hint(&table),
            fault: self.wrong.get(&table).cloned(),
            columns: Vec::new(),
            columns_rest: None,
            name: shown(&table),
            table,
            condition,
        }
    }

    /// The page with these terms, and with the columns of the tables that it shows.
    async fn answer(self, t: Texts, reading: &Reading<'_>, view: &View, (status, terms): (u16, Terms)) -> Shown {
        let mut page = self.offering(t, view, terms);
        let named = page.rows.iter().map(|row| row.table.clone()).collect();
        let mut columns = columns::of(reading, view, named).await?;
        for row in &mut page.rows {
            row.columns = columns.remove(&row.table).unwrap_or_default();
            let all = row.columns.len();
            row.columns.truncate(MOST_COLUMNS);
            row.columns_rest = Rest::of_all(t, row.columns.len(), all);
        }
        Ok(headers::page(status, &page))
    }
}

/// What is typed to find a table, as names are compared.
fn plain_name(typed: &str) -> String {
    name::fold(typed.trim())
}

async fn store(page: &'static RecordPage, visit: Arc<Visit>, mut view: Box<View>) -> Shown {
    for _ in 0..TRIES {
        if let Some(answer) = try_store(page, &visit, &view).await? {
            return Ok(answer);
        }
        let reading = visit.reading().await?;
        view = resolver::sent_to(&visit, &reading, page.folder).await?;
    }
    Err(Problem::Overtaken.into())
}

/// Stores what was typed, as long as the filters are those that the form was made of. `None` where the product has changed
/// between reading and writing.
async fn try_store(record_page: &'static RecordPage, visit: &Visit, view: &View) -> Result<Option<Answer>, Fault> {
    let reading = visit.reading().await?;
    reading.ask_change(&view.record, &[relation::VIEWER.name()]).await?;
    let form = visit.form();
    let user: RecordId = form.text("user").parse().map_err(|_| Fault::NoSuchPage)?;
    let name = holder(view, user).ok_or(Fault::NoSuchPage)?;
    let empty = Filtering::empty(Here { page: record_page, visit, reading: &reading, view }, user, name);
    drop(reading);
    let (terms, seen, now) = (Terms::sent(&form, view, user), form.prose("seen"), Terms::of(view, user));
    let theirs = now.text();
    let empty = Filtering { away: Away::of(visit, view, now.said().into_keys()).await?, ..empty };
    if seen != theirs {
        let conflict = Conflict {
            theirs: Some(shown_prose(&theirs)),
            ..Conflict::of(visit, Some(&view.record.updated), difference::lines(visit.t, &seen, &theirs).await?)
        };
        let page = Filtering { seen: theirs, conflict: Some(conflict), ..empty };
        return page.answer(visit.t, &visit.reading().await?, view, (409, terms)).await.map(Some);
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
            let (status, told) = refusal.in_form(visit.t)?;
            let (faults, wrong) = placed(&told, &terms);
            let page = Filtering { seen, faults, wrong, ..empty };
            page.answer(visit.t, &visit.reading().await?, view, (status, terms)).await.map(Some)
        }
    }
}

/// What the form says at its top of what was refused, and what of it is about the condition of a table: that stands beside
/// it, too. What is wrong stands at a table, as far as its reader knows.
fn placed(told: &[String], terms: &Terms) -> (Vec<String>, BTreeMap<String, String>) {
    let (mut faults, mut wrong) = (Vec::new(), BTreeMap::new());
    for told in told.iter().map(|told| told.trim_start_matches('/')) {
        let of_table = terms.filters.keys().find_map(|table| {
            let said = told.strip_prefix(&format!("{CONDITIONS}{}: ", pointer_token(table)))?;
            Some((table, shown(said)))
        });
        match of_table {
            Some((table, said)) => {
                faults.push(format!("{}: {said}", shown(table)));
                wrong.entry(table.clone()).or_insert(said);
            }
            None => faults.push(shown(told.trim_start_matches(CONDITIONS))),
        }
    }
    faults.dedup();
    (faults, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_condition_stands_at_its_table() {
        let filters = ["a/b", "orders", "wages"].map(|table| (table.to_owned(), "x".to_owned()));
        let terms = Terms { reads: None, filters: filters.into() };
        let orders = "update/0/rowFilters/orders: no column x";
        let told = ["Not done.", &format!("/{orders}"), orders, "update/0/rowFilters/a~1b: no: condition"];
        let (faults, wrong) = placed(&told.map(str::to_owned), &terms);
        assert_eq!(faults, ["Not done.", "orders: no column x", "a/b: no: condition"]);
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(table, said)| (table.as_str(), said.as_str())).collect();
        assert_eq!(wrong, [("a/b", "no: condition"), ("orders", "no column x")]);
    }
}
