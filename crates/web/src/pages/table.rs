//! A table: its columns with what they are, where it comes from, who changed it.

mod access;
mod describing;
mod lending;

use std::collections::HashMap;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::name;
use emporion_catalog::record::{TargetsByPlace, View};
use emporion_catalog::relation::TAGGED;
use emporion_catalog::rows::personal;
use serde_json::Value;

use crate::access::holders::{self, Holder, Holders, Part};
use crate::fault::{self, Fault};
use crate::forms::choice;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::layout::tabs::Tabs;
use crate::lineage;
use crate::lineage::impact::{Need, Needs};
use crate::pages::sources::files;
use crate::pages::{queries, sample};
use crate::records::address;
use crate::records::column::{self, ColumnLink, Neighbours};
use crate::records::data_age;
use crate::records::head::Label;
use crate::records::joins::Joins;
use crate::records::link::Link;
use crate::records::profile::{Measured, Profile};
use crate::records::quality::TableTests;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::markdown;
use crate::text::plain::shown;

/// Columns next to one that are named with it, each way.
const MOST_NEIGHBOURS: usize = 4;
/// Products that are named beside it.
const MOST_HOLDERS: usize = 10;

#[derive(Template)]
#[template(path = "table.html")]
struct Table {
    p: Shell,
    top: Top,
    description: Option<String>,
    columns: Vec<Column>,
    /// Where it is said what needs each column, unless it is said here.
    needs: Option<String>,
    /// Not all was looked at that may need a column.
    is_partly_looked: bool,
    /// It was asked, and nothing is known to.
    is_needed_by_none: bool,
    profile: Profile,
    tests: Option<TableTests>,
    joins: Option<Joins>,
    total: String,
    described: String,
    holders: Vec<Holder>,
    holders_rest: Option<Rest>,
    /// He can give somebody access to its rows, or a part of that.
    gives: bool,
    /// By way of one of the products he may query it; and those where he asks for that.
    queries: bool,
    asking: Vec<Link>,
    facts: Vec<(String, String)>,
    /// Where it is said how its file is read.
    file: Option<String>,
    definition: Option<String>,
}

pub struct Column {
    name: String,
    /// As FQNs are written, and by itself.
    path: String,
    own: String,
    /// Its place in the page, to which others link.
    anchor: String,
    depth: usize,
    ty: String,
    keys: Vec<Key>,
    description: Option<String>,
    tags: Vec<Label>,
    terms: Vec<Label>,
    measured: Option<Measured>,
    neighbours: Vec<Named>,
    /// Where all of its path is shown, where it has neighbours.
    trace: Option<String>,
    /// What of products needs it, and which views, where some are known to.
    needed: Option<Need>,
    /// Those of its labels that nobody stands by yet, for who may decide that.
    proposed: Vec<Proposal>,
    /// Where it is described, for whom may do that.
    edit: Option<String>,
}

/// A label that nobody stands by yet.
struct Proposal {
    id: RecordId,
    name: String,
    may_refuse: bool,
}

/// Columns of other tables next to one, in one way: a few, and where all of them are.
struct Named {
    way: String,
    links: Vec<ColumnLink>,
    rest: Option<(String, String)>,
}

struct Key {
    name: String,
    /// What a foreign key leads to.
    to: Option<(String, Option<String>)>,
}

pub static PAGE: RecordPage = RecordPage {
    name: "table",
    folder: "tables",
    section: "sources",
    tabs: Tabs { noun: "table", names: &["columns", "lineage", "sample", "queries", "access", "activity"] },
    tab: |here, tab| match tab {
        "lineage" => Box::pin(lineage::tab(here)),
        "sample" => Box::pin(sample::tab(here)),
        "queries" => Box::pin(queries::tab(here)),
        "access" => Box::pin(access::tab(here)),
        _ => Box::pin(columns(here)),
    },
    is_edited: true,
    is_followed: true,
    forms: &[describing::FORM, describing::PROPOSAL, lending::FORM],
    ..RecordPage::PLAIN
};

async fn columns(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let top = here.top().await?;
    let keys = keys(visit, view);
    let mut columns = Vec::new();
    flatten(visit, &view.targets_by_place(TAGGED), view.field("columns"), "", 0, &keys, &mut columns);
    let mut profile = Profile::of(visit, reading, view).await?;
    let may_edit = fault::is_allowed(reading.require(Action::EditDescription, &view.record).await)?;
    let may_tag = fault::is_allowed(reading.ask_change(&view.record, &[TAGGED.name()]).await)?;
    // They are told to who holds the rows, and to nobody else.
    let loans = reading.rows().loans(&[view.id()]).await?.remove(&view.id());
    let holds = loans.is_some();
    // What says that data are personal is confirmed by whoever tags, and taken off by who holds the rows alone.
    let decides = |label: &&Label| may_tag && label.is_proposed;
    let proposal = |label: &Label| Proposal {
        may_refuse: holds || !personal::is_sensitive(&label.fqn),
        id: label.id,
        name: label.name.clone(),
    };
    let (mut neighbours, is_origin) = Neighbours::of(reading, view).await?;
    let are_asked = Needs::are_asked(visit);
    let paths = columns.iter().filter(|column| are_asked && column.depth == 0).map(|column| &*column.path);
    let Needs { mut by_column, is_cut } = Needs::of(visit.t, reading, view, &paths.collect::<Vec<_>>()).await?;
    let is_needed = !by_column.is_empty();
    for column in &mut columns {
        let labels = column.tags.iter().chain(&column.terms);
        column.proposed = labels.filter(decides).map(proposal).collect();
        column.edit = may_edit.then(|| describing::address_of(&column.path));
        column.measured = profile.of_column(&column.path, &column.own, column.depth);
        let Neighbours { from, into } = neighbours.remove(&column.path).unwrap_or_default();
        let ways = [("lineage.up", from), ("lineage.down", into)].into_iter().filter(|(_, links)| !links.is_empty());
        column.needed = by_column.remove(&column.path);
        column.neighbours = ways.map(|(way, links)| named(here, way, links)).collect();
        let trace = || lineage::trace(&address::of_record(&view.record), view.id(), &column.path);
        column.trace = (!column.neighbours.is_empty()).then(trace);
    }
    let described = describe(&mut columns).await?;
    let (part, whole) = (visit.t.number(described as u64), visit.t.number(columns.len() as u64));
    let text = |field: &str| view.text(field).map(shown);
    let fact = |field: &str| Some((visit.t.say(&format!("fact.{field}")), text(field)?));
    let ty = view.text("table_type").map(|ty| (visit.t.say("fact.table_type"), choice::rendered(visit.t, ty)));
    let facts = ty.into_iter().chain(["retention_period", "location_path", "file_format"].into_iter().filter_map(fact));
    let Holders { shown: mut holders, all, queried, .. } =
        holders::of(visit, reading, view, &loans.unwrap_or_default(), Part::FIRST).await?;
    if profile.is_of_columns() {
        let through: Vec<&View> = queried.iter().filter(|_| !holds).collect();
        let newest = data_age::newest(reading, &through, std::slice::from_ref(&view.record), visit.now).await?;
        profile.newest = newest.seen().map(|at| visit.moment(at));
    }
    let gives = holds || holders.iter().any(|holder| holder.giving.is_some());
    let queries = holders.iter().any(|holder| holder.queries);
    let asking: Vec<Link> = holders.iter().filter_map(Holder::asked).collect();
    let asks = (!queries && !asking.is_empty()).then_some("fault.ask");
    holders.truncate(MOST_HOLDERS);
    let is_more = !all.is_exact || all.number > MOST_HOLDERS as u64;
    let rest = Rest::of_more(visit.t, holders.len(), is_more);
    // Where he sees none, he sees none there either.
    let rest = match holders.is_empty() {
        true => rest,
        false => rest.map(|rest| rest.by(visit.t, "rest.holders", access::address_of(view))),
    };
    let needs = (!are_asked && (is_origin || !holders.is_empty())).then(|| Needs::address_of(view));
    let primary = if gives { Some("table.give") } else { asks };
    answer(&Table {
        p: here.shell(),
        gives,
        queries,
        asking,
        description: markdown::beyond(view.text("description"), &top.head.line).await?,
        total: visit.t.count("count.columns", columns.len()),
        described: visit.t.with("table.described", &[("part", &part), ("whole", &whole)]),
        holders,
        holders_rest: rest,
        facts: facts.collect(),
        file: files::of_table(here).await?,
        definition: text("schema_definition"),
        columns,
        needs,
        is_partly_looked: is_cut,
        is_needed_by_none: are_asked && !is_needed && !is_cut,
        profile,
        tests: TableTests::of(visit, reading, view).await?,
        joins: Joins::of(visit, reading, view).await?,
        top: Top { primary: primary.map(|label| here.primary(label, "access")), ..top },
    })
}

/// Makes HTML of what is said of the columns, and counts those of which anything is.
async fn describe(columns: &mut [Column]) -> Result<usize, Fault> {
    let described: Vec<&mut String> = columns.iter_mut().filter_map(|column| column.description.as_mut()).collect();
    let texts: Vec<&str> = described.iter().map(|text| text.as_str()).collect();
    let html = markdown::all_shown(&texts).await?;
    let count = html.len();
    described.into_iter().zip(html).for_each(|(text, html)| *text = html);
    Ok(count)
}

fn named(here: Here<'_>, way: &str, mut links: Vec<ColumnLink>) -> Named {
    let t = here.visit.t;
    let rest = links.split_off(links.len().min(MOST_NEIGHBOURS)).len();
    let all = address::with_query(&here.address(), &[("tab", "lineage")]);
    Named { way: t.say(way), links, rest: (rest > 0).then(|| (t.count("lineage.columns", rest), all)) }
}

/// Keys that the table's own constraints name, by column.
fn keys(visit: &Visit, view: &View) -> HashMap<String, Vec<Key>> {
    let mut keys: HashMap<String, Vec<Key>> = HashMap::new();
    for constraint in view.field("table_constraints").and_then(Value::as_array).into_iter().flatten() {
        let texts = |member: &str| -> Vec<&str> {
            constraint.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let kind = constraint.get("constraint_type").and_then(Value::as_str).unwrap_or_default();
        let referred = texts("referred_columns");
        for (index, column) in texts("columns").into_iter().enumerate() {
            let to = referred.get(index).and_then(|fqn| Some(referred_to(visit, &name::split(fqn)?)));
            let key = Key { name: key_name(visit, kind), to };
            keys.entry(column.to_owned()).or_default().push(key);
        }
    }
    keys
}

fn referred_to(visit: &Visit, names: &[String]) -> (String, Option<String>) {
    let rendered = names[names.len().saturating_sub(2)..].join(".");
    let table =
        names.split_last().map(|(_, table)| table.iter().map(|part| name::quote(part)).collect::<Vec<_>>().join("."));
    let address = table.and_then(|fqn| address::of(visit.catalog().kind("table"), &fqn));
    (shown(&rendered), address)
}

fn key_name(visit: &Visit, kind: &str) -> String {
    visit.t.find(&format!("key.{kind}")).map_or_else(|| shown(&kind.replace('_', " ").to_lowercase()), str::to_owned)
}

fn flatten(
    visit: &Visit,
    labels: &TargetsByPlace<'_>,
    columns: Option<&Value>,
    above: &str,
    depth: usize,
    keys: &HashMap<String, Vec<Key>>,
    into: &mut Vec<Column>,
) {
    for column in columns.and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| column.get(field).and_then(Value::as_str).unwrap_or_default();
        let own = text("name");
        let path = if above.is_empty() { name::quote(own) } else { format!("{above}.{}", name::quote(own)) };
        let (tags, terms) = Label::each(labels.get(&*COLUMNS.place(&path)).into_iter().flatten().copied());
        let ty = if text("data_type_display").is_empty() {
            text("data_type").to_lowercase()
        } else {
            text("data_type_display").to_owned()
        };
        let mut named: Vec<Key> = Vec::new();
        let constraint = text("constraint");
        if !constraint.is_empty() && constraint != "NULL" {
            named.push(Key { name: key_name(visit, constraint), to: None });
        }
        for key in keys.get(own).into_iter().flatten().filter(|_| depth == 0) {
            if key.to.is_some() || named.iter().all(|known| known.name != key.name) {
                named.push(Key { name: key.name.clone(), to: key.to.clone() });
            }
        }
        into.push(Column {
            name: shown(if text("display_name").is_empty() { own } else { text("display_name") }),
            anchor: column::anchor(&path),
            depth: depth.min(4),
            ty: shown(&ty),
            keys: named,
            description: Some(text("description").to_owned()).filter(|text| !text.trim().is_empty()),
            tags,
            terms,
            path: path.clone(),
            own: own.to_owned(),
            measured: None,
            neighbours: Vec::new(),
            trace: None,
            needed: None,
            proposed: Vec::new(),
            edit: None,
        });
        flatten(visit, labels, column.get("children"), &path, depth + 1, keys, into);
    }
}
