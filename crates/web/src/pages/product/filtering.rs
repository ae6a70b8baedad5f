//! Which rows somebody reads through a product: the row filters of his roles, table by table, and whether a viewer reads any.
//! That a condition can be read, and who may say it, another door says, which is asked as the visitor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_catalog::rows::roles::{self, ROLES};
use emporion_catalog::rows::{filters, grants};
use emporion_catalog::spelling::decode;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Map, Value, json};

use super::{PAGE, warned};
use crate::conflict::Conflict;
use crate::difference;
use crate::door::Door;
use crate::fault::Fault;
use crate::form::Form;
use crate::found;
use crate::inward::{Refusal, ToProduct};
use crate::plain::{shown, shown_prose};
use crate::record::{Here, back, change};
use crate::shell::Shell;
use crate::texts::Texts;
use crate::visit::{Shown, Visit};
use crate::{address, headers, naming};

/// Tables that are offered at most; filters that are there already are shown whatever their number.
const MOST_TABLES: usize = 50;
/// Pages of drafted tables that are looked at.
const MOST_PAGES: usize = 20;
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
    terms: Terms,
    /// Tables with filters that are not in the product any more.
    gone: BTreeSet<String>,
    /// Part of a table's name: tables that bear it are offered.
    part: String,
    /// That not all lent tables are offered, and how many.
    rest: Option<String>,
    /// What the form was made of.
    seen: String,
    faults: Vec<String>,
    conflict: Option<Conflict>,
}

/// What somebody reads.
#[derive(Debug, Clone, PartialEq)]
struct Terms {
    /// Whether he reads rows at all, where his role leaves that open.
    reads: Option<bool>,
    /// Tables by the names that filters have for them, and conditions; an empty one is none.
    filters: BTreeMap<String, String>,
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
    let terms = Terms::of(here.view, user);
    let page = Filtering {
        seen: terms.text(),
        gone: gone(here.visit, here.view, &terms).await?,
        part: here.visit.query("table"),
        ..Filtering::empty(here, user, name)
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
            terms: Terms { reads: None, filters: BTreeMap::new() },
            gone: BTreeSet::new(),
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
        self.terms = terms;
        self
    }

    fn is_gone(&self, table: &str) -> bool {
        self.gone.contains(table)
    }
}

/// What is typed to find a table, as names are compared.
fn plain_name(typed: &str) -> String {
    name::fold(typed.trim())
}

impl Terms {
    fn of(view: &View, user: RecordId) -> Terms {
        let role = |role| view.targets(role).find(|(edge, _)| edge.to == user).map(|(edge, _)| edge);
        // Whoever edits reads them anyway.
        let is_higher = [relation::OWNER, relation::EDITOR].into_iter().any(|higher| role(higher).is_some());
        Terms {
            reads: role(relation::VIEWER).filter(|_| !is_higher).map(|viewed| !roles::is_denied_rows(viewed)),
            filters: joined(filters::of_user(view, user)),
        }
    }

    fn sent(form: &Form, view: &View, user: RecordId) -> Terms {
        let conditions = form.all("condition").map(cleaned);
        Terms {
            reads: Terms::of(view, user).reads.map(|_| form.text("reads") == "yes"),
            filters: form.all("table").map(str::to_owned).zip(conditions).collect(),
        }
    }

    /// One line for each filter, for whoever compares.
    fn text(&self) -> String {
        let reads = self.reads.map(|reads| format!("rows: {}\n", if reads { "yes" } else { "no" }));
        let filters = self.filters.iter().filter(|(_, condition)| !condition.is_empty());
        reads.into_iter().chain(filters.map(|(table, condition)| format!("{table}: {condition}\n"))).collect()
    }

    /// Where the tables stand that are lent to the product and that no filter is for yet.
    fn open_tables(&self, view: &View) -> Vec<Vec<String>> {
        let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
        let lent = assets.filter(|(edge, _)| grants::is_granted(edge)).filter_map(|(_, card)| place(card));
        let is_filtered = |place: &[String]| self.filters.keys().any(|given| means(given, place));
        lent.filter(|place| !is_filtered(place)).collect()
    }

    /// The filters that there are, without those that are left empty.
    fn said(&self) -> BTreeMap<&str, String> {
        let all = self.filters.iter().map(|(table, condition)| (table.as_str(), cleaned(condition)));
        all.filter(|(_, condition)| !condition.is_empty()).collect()
    }

    /// What the door is to change. It takes all filters of a person or none: where others than they are now were typed, those of
    /// tables that have left the product go, which it would refuse.
    fn body(&self, user: RecordId, now: &Terms, gone: &BTreeSet<String>) -> Value {
        let mut update = json!({"userId": user.to_string()});
        if let Some(reads) = self.reads {
            update["allowSql"] = reads.into();
        }
        let (said, before) = (self.said(), now.said());
        if said != before {
            let goes = |table: &str, condition: &String| gone.contains(table) && before.get(table) == Some(condition);
            let kept = said.iter().filter(|(table, condition)| !goes(table, condition));
            let kept: Map<String, Value> = kept.map(|(table, said)| ((*table).to_owned(), json!(said))).collect();
            update["rowFilters"] = if kept.is_empty() { Value::Null } else { kept.into() };
        }
        json!({"update": [update]})
    }
}

/// A condition as it is kept: browsers send every line's end as two characters.
fn cleaned(condition: &str) -> String {
    condition.replace("\r\n", "\n").trim().to_owned()
}

/// Those tables of filters that are in the product no more, and are none that its next deploy brings.
async fn gone(visit: &Visit, view: &View, terms: &Terms) -> Result<BTreeSet<String>, Fault> {
    let tables = places(view);
    let is_of = |given: &str, tables: &[Vec<String>]| tables.iter().any(|place| means(given, place));
    let mut gone: BTreeSet<String> = terms.said().keys().map(|table| (*table).to_owned()).collect();
    gone.retain(|given| !is_of(given, &tables));
    if gone.is_empty() {
        return Ok(gone);
    }
    match drafted(visit, &view.id().to_string()).await? {
        Some(drafted) => gone.retain(|given| !is_of(given, &drafted)),
        None => gone.clear(),
    }
    Ok(gone)
}

/// Where the tables stand that a draft brings; `None` where they are too many to be looked at.
async fn drafted(visit: &Visit, product: &str) -> Result<Option<Vec<Vec<String>>>, Fault> {
    let (mut drafted, mut cursor) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let path = "/data-assets?isDeployed=false&limit=100";
        let (told, next) = visit.page_of_product(product, path, &cursor).await??;
        let assets = told["dataAssets"].as_array().into_iter().flatten();
        drafted.extend(assets.map(|asset| {
            let parts = ["databaseName", "schemaName", "tableName"].into_iter().filter_map(|part| asset[part].as_str());
            parts.map(str::to_owned).collect::<Vec<_>>()
        }));
        match next {
            Some(next) => cursor = next,
            None => return Ok(Some(drafted)),
        }
    }
    Ok(None)
}

/// The tables of a product, lent to it or not.
fn places(view: &View) -> Vec<Vec<String>> {
    let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
    assets.filter_map(|(_, card)| place(card)).collect()
}

/// All conditions of a table hold.
fn joined(filters: Vec<(String, String)>) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (table, condition) in filters {
        let all = joined.remove(&table).map(|before| format!("({before}) AND ({condition})"));
        joined.insert(table, all.unwrap_or(condition));
    }
    joined
}

/// Database, schema and table of a card, as far as it has them.
fn place(card: &Card) -> Option<Vec<String>> {
    let parts = name::split(&card.fqn)?;
    Some(parts[parts.len().saturating_sub(3)..].iter().map(|part| decode(part).into_owned()).collect())
}

fn means(given: &str, place: &[String]) -> bool {
    let from_end = |n: usize| place.len().checked_sub(n).map(|at| place[at].as_str());
    from_end(1).is_some_and(|table| filters::means(given, from_end(3), from_end(2), table))
}

/// The shortest name that is for no other of the tables.
fn short(place: &[String], tables: &[Vec<String>]) -> String {
    let name = |n: usize| place[place.len() - n..].join(".");
    let is_alone = |name: &String| tables.iter().filter(|other| means(name, other)).count() == 1;
    (1..place.len()).map(name).find(is_alone).unwrap_or_else(|| name(place.len()))
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
    let empty = Filtering { gone: gone(visit, view, &now).await?, ..empty };
    if seen != theirs {
        let conflict = Conflict {
            theirs: Some(shown_prose(&theirs)),
            ..Conflict::of(visit, Some(&view.record.updated), difference::lines(visit.t, &seen, &theirs))
        };
        let page = Filtering { seen: theirs, conflict: Some(conflict), ..empty };
        return Ok(Some(headers::page(409, &page.offering(visit.t, view, terms))));
    }
    let (tag, body) = (format!("\"{}\"", view.record.revision.0), terms.body(user, &now, &empty.gone));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_table_is_named_as_shortly_as_it_can_be() {
        let tables = ["shop.sales.orders", "shop.sales.lines", "shop.stock.lines"].map(place);
        let named: Vec<String> = tables.iter().map(|table| short(table, &tables)).collect();
        assert_eq!(named, ["orders", "sales.lines", "stock.lines"]);
        assert!(means("Shop.Sales.Orders", &tables[0]) && means("LINES", &tables[2]) && !means("lines", &tables[0]));
    }

    #[test]
    fn of_two_conditions_for_a_table_none_is_lost() {
        let two = [("orders", "a = 1"), ("lines", "b = 2"), ("orders", "c = 3")];
        let all = joined(two.map(|(table, said)| (table.to_owned(), said.to_owned())).to_vec());
        assert_eq!((all["orders"].as_str(), all["lines"].as_str()), ("(a = 1) AND (c = 3)", "b = 2"));
    }

    #[test]
    fn what_is_left_empty_is_no_filter() {
        let user = RecordId::fresh();
        let filters = [("orders", "region = 'EU'"), ("lines", "")].map(|(table, said)| (table.into(), said.into()));
        let terms = Terms { reads: Some(false), filters: filters.into() };
        assert_eq!(terms.text(), "rows: no\norders: region = 'EU'\n");
        let none = Terms { reads: None, filters: BTreeMap::new() };
        let update = &terms.body(user, &none, &BTreeSet::new())["update"][0];
        assert_eq!((&update["rowFilters"], &update["allowSql"]), (&json!({"orders": "region = 'EU'"}), &json!(false)));
        let lifted = none.body(user, &terms, &BTreeSet::new());
        assert_eq!(lifted["update"][0], json!({"userId": user.to_string(), "rowFilters": null}));
    }

    #[test]
    fn a_filter_whose_table_has_left_goes_with_the_next_change_of_filters_alone() {
        let (user, gone) = (RecordId::fresh(), BTreeSet::from(["orders".to_owned()]));
        let terms = |reads: bool, filters: &[(&str, &str)]| {
            let filters = filters.iter().map(|(table, said)| ((*table).to_owned(), (*said).to_owned()));
            Terms { reads: Some(reads), filters: filters.collect() }
        };
        let now = terms(true, &[("orders", "a = 1"), ("lines", "b = 2")]);
        let update = |sent: Terms| sent.body(user, &now, &gone)["update"][0]["rowFilters"].clone();
        let same = terms(false, &[("orders", "a = 1\r\n"), ("lines", "b = 2"), ("other", "")]);
        assert!(same.body(user, &now, &gone)["update"][0].get("rowFilters").is_none());
        assert_eq!(update(terms(true, &[("orders", "a = 1"), ("lines", "b = 3")])), json!({"lines": "b = 3"}));
        assert_eq!(update(terms(true, &[("orders", ""), ("lines", "b = 2")])), json!({"lines": "b = 2"}));
        let changed = json!({"orders": "a = 2", "lines": "b = 2"});
        assert_eq!(
            update(terms(true, &[("orders", "a = 2"), ("lines", "b = 2")])),
            changed,
            "the door says what is wrong"
        );
    }
}
