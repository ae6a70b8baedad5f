//! Who gets to the rows of a table: by which products, whether the rows are lent to them and who may query them; and the forms
//! that give what is missing.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;

use super::lending;
use crate::access::holders::{self, Holder, Holders, Part};
use crate::access::readers;
use crate::forms::expiry;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::difference::listed;
use crate::records::naming::{OWNERS, Suggested};
use crate::records::record::{Here, Top};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "table_access.html")]
struct Access {
    p: Shell,
    top: Top,
    table: String,
    ways: Vec<Way>,
    rest: Option<Rest>,
    /// Some of the products are hidden from the visitor.
    is_restricted: bool,
    /// The rows are his to lend.
    holds: bool,
    /// He may give roles on one of the products.
    gives: bool,
    /// Whoever was just given a role.
    to: String,
    /// Names that are suggested.
    people: Suggested,
    /// The first day that a loan or a role can end on.
    today: String,
}

/// A product by which the rows are read.
struct Way {
    holder: Holder,
    /// Who has a role to query it, in a sentence.
    readers: Option<String>,
    /// The same of whoever was just given one.
    reported: Option<String>,
    /// Where the visitor asks for what he lacks, a role or the rows: what that is called, and the address.
    asking: Option<(String, String)>,
    /// The form that lends the rows, where they are his to lend: what its button says, and the day that it begins with.
    lend: Option<(String, String)>,
    /// What else a role opens, where the visitor may give one.
    also: Option<String>,
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    if let Some(taking) = lending::taking(here).await? {
        return Ok(taking);
    }
    // They are told to who holds the rows, and to nobody else.
    let loans = reading.rows().loans(&[view.id()]).await?.remove(&view.id());
    let holds = loans.is_some();
    let part = Part::of_all(visit.query("from").parse().unwrap_or(0), visit.query("loan").parse().ok());
    let Holders { shown: holders, from, all, .. } =
        holders::of(visit, reading, view, &loans.unwrap_or_default(), part).await?;
    let table = address::of_record(&view.record);
    let at = |from: usize| {
        let from = if from == 0 { String::new() } else { from.to_string() };
        address::with_query(&table, &[("tab", "access"), ("from", &from)])
    };
    let rest = Rest::of_part(visit.t, (from, holders.len()), all, at);
    let gives = holders.iter().any(|holder| holder.giving.is_some());
    answer(&Access {
        p: here.shell(),
        top: here.top().await?,
        table: view.id().to_string(),
        is_restricted: holders.iter().any(|holder| holder.is_restricted),
        ways: holders.into_iter().map(|holder| Way::of(visit, holder)).collect(),
        rest,
        holds,
        gives,
        to: given_to(visit).map(|to| to.to_string()).unwrap_or_default(),
        people: if gives { Suggested::of(reading, OWNERS).await? } else { Suggested::default() },
        today: expiry::day(visit.now),
    })
}

/// The address of the tab.
pub fn address_of(view: &View) -> String {
    address::with_query(&address::of_record(&view.record), &[("tab", "access")])
}

/// Who has a role to query a product, people and the team that it belongs to, in a sentence; `None` where that was not
/// looked at.
fn readers_of(visit: &Visit, holder: &Holder) -> Option<String> {
    let t = visit.t;
    let mut names: Vec<String> = holder.readers.as_ref()?.values().cloned().collect();
    names.sort();
    let people = readers::some_of(t, &names).map(|names| t.with("table.readers", &[("names", &names)]));
    let team = holder.team.as_deref().map(|team| t.with("table.reading_team", &[("team", team)]));
    let rendered: Vec<String> = people.into_iter().chain(team).collect();
    Some(if rendered.is_empty() { t.say("table.no_readers") } else { rendered.join(" ") })
}

/// Whoever was just given a role, as the address says.
fn given_to(visit: &Visit) -> Option<RecordId> {
    visit.query("to").parse().ok()
}

/// What else somebody may query whom it is given.
fn also(t: Texts, holder: &Holder) -> String {
    let (names, is_more) = &holder.also;
    match (names.as_slice(), is_more) {
        ([], false) => t.say("table.alone"),
        ([], true) => t.say("table.also_more"),
        (names, more) => {
            let rendered = t.with("table.also", &[("names", &listed(t, names))]);
            if *more { format!("{rendered} {}", t.say("table.also_more")) } else { rendered }
        }
    }
}

impl Way {
    fn of(visit: &Visit, holder: Holder) -> Way {
        let t = visit.t;
        let readers = readers_of(visit, &holder);
        // Nothing is believed of the address: it is said of who has a role, and as the product is now.
        let is_meant = visit.query("loan") == holder.edge;
        let reader = holder.readers.as_ref().zip(given_to(visit)).and_then(|(readers, to)| readers.get(&to));
        let reported = reader.filter(|_| is_meant).map(|name| {
            let reported = if holder.is_lent { "table.may_query_now" } else { "table.may_query_once_lent" };
            t.with(reported, &[("name", name)])
        });
        let closed = holder.link.address.as_deref().filter(|_| !holder.is_lent && !holder.is_own);
        let closed = closed.map(|at| (t.say("asset.ask"), address::with_query(at, &[("tab", "access")])));
        let role = holder.asking.clone().map(|form| (t.say("fault.ask"), form));
        let outlived = holder.loan.as_ref().filter(|loan| loan.is_outlived && holder.is_own);
        let anew = outlived.map(|loan| (t.say("asset.lend_anew"), loan.day.clone()));
        let may_lend = holder.is_own && !holder.is_lent && !holder.is_restricted;
        let lend = anew.or_else(|| may_lend.then(|| (t.say("asset.lend"), String::new())));
        let also = (holder.giving.is_some() && holder.is_lent).then(|| also(t, &holder));
        Way { asking: role.or(closed), readers, reported, lend, also, holder }
    }
}
