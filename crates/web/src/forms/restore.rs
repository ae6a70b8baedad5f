//! Bringing back what an earlier version of a record said: first a look at what would change, then the restore, as one change
//! like any other.
//!
//! What comes back is what people write by the forms of a record: its texts, its people, its labels, and those of its columns.
//! What sources tell (the columns themselves), what a product holds, roles and rows that are lent stay as they are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use askama::Template;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::{self, Relation};
use serde_json::{Map, Value};

use crate::fault::{self, Fault, wording};
use crate::forms::conflict::Conflict;
use crate::forms::edit::{command, editable};
use crate::forms::form::Form;
use crate::forms::saving::{self, Notes, RecordForm};
use crate::forms::wrong::Wrong;
use crate::layout::icon::Icon;
use crate::layout::shell::Shell;
use crate::records::difference::{self, Difference};
use crate::records::record::Here;
use crate::records::{address, naming};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::field_name;

/// What the form is called in addresses.
pub const EDIT: &str = "restore";
/// Attributes of a label that come back with it.
const OF_LABEL: &[&str] = &["label_type", "state", "reason"];
/// What of a column people write.
const OF_COLUMN: &[&str] = &["description", "display_name"];

#[derive(Template)]
#[template(path = "restore.html")]
struct Page {
    p: Shell,
    icon: Icon,
    record: String,
    at: Moment,
    by: String,
    differences: Vec<Difference>,
    /// What of it does not come back, each with the reason.
    left: Vec<String>,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    version: u64,
    revision: u64,
    address: String,
    back: String,
}

/// What is to be done, and what cannot be.
#[derive(Default)]
struct Plan {
    draft: Draft,
    left: Vec<String>,
}

/// What can come back at all, as rights name it.
fn names(view: &View) -> Vec<&'static str> {
    let kind = view.record.kind;
    editable::texts(kind).chain(links_of(view).map(Relation::name)).collect()
}

fn links_of(view: &View) -> impl Iterator<Item = Relation> {
    editable::links(view.record.kind).filter(|relation| *relation != relation::HAS_ASSET)
}

/// Whether the visitor may bring anything of the record's past back.
pub async fn may(reading: &Reading<'_>, view: &View) -> Result<bool, Fault> {
    fault::is_allowed(reading.ask_change(&view.record, &names(view)).await)
}

/// Where the form of an earlier version is.
pub fn address_of(at: &str, version: Revision) -> String {
    address::with_query(at, &[("edit", EDIT), ("version", &version.0.to_string())])
}

/// The look at what would change.
pub async fn form(here: Here<'_>) -> Shown {
    let version = saving::revision(here.visit, &here.visit.query("version"))?;
    look(here, version, Notes::default()).await
}

/// The form that brings a version back.
pub struct Restoring {
    version: Revision,
}

impl RecordForm for Restoring {
    async fn of(here: Here<'_>, sent: &Form) -> Result<Restoring, Fault> {
        let version = saving::revision(here.visit, sent.text("version"))?;
        here.reading.ask_change(&here.view.record, &names(here.view)).await?;
        Ok(Restoring { version })
    }

    async fn draft(&self, here: Here<'_>, _: &Form) -> Result<Result<Draft, Vec<Wrong>>, Fault> {
        let Here { visit, reading, view, .. } = here;
        let old = old(reading, view, self.version).await?;
        Ok(Ok(plan(visit, reading, view, &old).await?.draft))
    }

    async fn page(self, here: Here<'_>, notes: Notes) -> Shown {
        look(here, self.version, notes).await
    }

    fn saved(&self, _: &View, after: &View, done: &str) -> String {
        let done = if done == "saved" { "restored" } else { done };
        address::with_query(&address::of_record(&after.record), &[("tab", "activity"), ("done", done)])
    }
}

async fn look(here: Here<'_>, version: Revision, notes: Notes) -> Shown {
    let Notes { status, mut faults, conflict, .. } = notes;
    let Here { visit, reading, view, .. } = here;
    reading.ask_change(&view.record, &names(view)).await?;
    let old = old(reading, view, version).await?;
    let Plan { draft, left } = plan(visit, reading, view, &old).await?;
    // A dry run: decided as the restore will be, and nothing stored.
    let differences = match visit.catalog().dry_run(visit.caller(), &command::change(view, draft)).await {
        Ok(outcome) => {
            let (mut before, mut after) = (view.clone(), outcome.view);
            difference::keep_seen(reading, &mut [&mut before, &mut after]).await?;
            difference::compared(difference::between(visit.t, &before, &after)).await?
        }
        Err(Problem::Stale { .. } | Problem::Overtaken) => return Err(Problem::Overtaken.into()),
        Err(problem) => {
            faults.extend(wording::in_form(visit.t, problem)?.1);
            Vec::new()
        }
    };
    let record = &view.record;
    let at = address::of_record(record);
    let page = Page {
        p: here.shell(),
        icon: Icon::of(record.kind),
        record: naming::rendered_of(record),
        at: visit.moment(old.record.updated.at),
        by: shown(&old.record.updated.by.name),
        differences,
        left,
        faults,
        conflict,
        version: version.0,
        revision: record.revision.0,
        back: address::with_query(&at, &[("tab", "activity")]),
        address: at,
    };
    Ok(headers::page(status, &page))
}

async fn old(reading: &Reading<'_>, view: &View, version: Revision) -> Result<View, Fault> {
    reading.state(view.id(), version).await?.ok_or(Fault::NoSuchState)
}

/// What makes the present say what the old state said, as far as the visitor may write it.
async fn plan(visit: &Visit, reading: &Reading<'_>, view: &View, old: &View) -> Result<Plan, Fault> {
    let mut plan = Plan::default();
    for field in editable::texts(view.record.kind) {
        if old.field(field) != view.field(field) && may_write(visit, reading, view, field, &mut plan).await? {
            plan.draft.set(field, old.field(field).cloned().unwrap_or(Value::Null));
        }
    }
    if let Some(columns) = columns(view, old)
        && may_write(visit, reading, view, "columns", &mut plan).await?
    {
        plan.draft.set("columns", columns);
    }
    for relation in links_of(view) {
        links(visit, reading, (view, old), relation, &mut plan).await?;
    }
    Ok(plan)
}

/// What he may not write is left as it is, and he is told.
async fn may_write(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    name: &str,
    plan: &mut Plan,
) -> Result<bool, Fault> {
    let is_allowed = fault::is_allowed(reading.ask_change(&view.record, &[name]).await)?;
    if !is_allowed {
        let t = visit.t;
        let rendered = t.find(&format!("relation.{name}")).map_or_else(|| field_name(t, name), str::to_owned);
        plan.left.push(t.with("restore.may_not", &[("what", &rendered)]));
    }
    Ok(is_allowed)
}

/// The present columns with the words of the old ones; `None` where these are the same.
fn columns(view: &View, old: &View) -> Option<Value> {
    let Some(Value::Array(now)) = view.field("columns") else { return None };
    let mut words: BTreeMap<String, Vec<Option<Value>>> = BTreeMap::new();
    COLUMNS.walk(COLUMNS.of(|name| old.field(name)), &mut |path, column| {
        words.insert(path.to_owned(), OF_COLUMN.iter().map(|member| column.get(*member).cloned()).collect());
    });
    let mut columns = now.clone();
    COLUMNS.walk_mut(&mut columns, &mut |path, column: &mut Map<String, Value>| {
        for (member, old) in OF_COLUMN.iter().zip(words.get(path).into_iter().flatten()) {
            match old {
                Some(old) => drop(column.insert((*member).to_owned(), old.clone())),
                None => drop(column.shift_remove(*member)),
            }
        }
    });
    (columns != *now).then_some(Value::Array(columns))
}

async fn links(
    visit: &Visit,
    reading: &Reading<'_>,
    (view, old): (&View, &View),
    relation: Relation,
    plan: &mut Plan,
) -> Result<(), Fault> {
    // What hung on a column that is gone has no place to come back to.
    let places = COLUMNS.paths(COLUMNS.of(|name| view.field(name)));
    let has_place = |edge: &&Edge| match COLUMNS.path(&edge.at) {
        Some(path) => places.contains(path),
        None => edge.at.is_empty(),
    };
    let of = |state: &'_ View| -> BTreeMap<(String, RecordId), Edge> {
        let own = state.edges.iter().filter(|edge| edge.relation == relation).filter(has_place);
        own.map(|edge| ((edge.at.clone(), edge.to), edge.clone())).collect()
    };
    let (before, after) = (of(view), of(old));
    let wanted: BTreeSet<RecordId> = after.keys().filter(|key| !before.contains_key(*key)).map(|key| key.1).collect();
    let gone: Vec<&Edge> = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, edge)| edge).collect();
    if wanted.is_empty() && gone.is_empty() {
        return Ok(());
    }
    if !may_write(visit, reading, view, relation.name(), plan).await? {
        return Ok(());
    }
    let there = reading.cards(&wanted.iter().copied().collect::<Vec<_>>()).await?;
    let there: HashSet<RecordId> = there.iter().map(|card| card.id).collect();
    for id in wanted.iter().filter(|id| !there.contains(*id)) {
        let name = old.cards.get(id).map_or_else(|| "—".to_owned(), |card| naming::rendered(card));
        plan.left.push(visit.t.with("restore.gone", &[("name", &name)]));
    }
    let card = |id: &RecordId| old.cards.get(id).or_else(|| view.cards.get(id));
    let target = |edge: &Edge| Some(Target::of(Ref::Id(card(&edge.to)?.kind, edge.to)).at(edge.at.clone()));
    // What he does not see stays: nobody is asked to agree to what is not shown.
    let ids: Vec<RecordId> = gone.iter().map(|edge| edge.to).collect();
    let seen: HashSet<RecordId> = reading.in_any_state(&ids).await?.iter().map(|record| record.id).collect();
    let removed: Vec<Target> = gone.into_iter().filter(|edge| seen.contains(&edge.to)).filter_map(target).collect();
    let is_back = |edge: &&Edge| !before.contains_key(&(edge.at.clone(), edge.to)) && there.contains(&edge.to);
    let added = after.values().filter(is_back).filter_map(|edge| {
        let known = OF_LABEL.iter().filter(|_| relation == relation::TAGGED);
        let known = known.filter_map(|name| Some((*name, edge.attributes.get(*name)?.clone())));
        Some(known.fold(target(edge)?, |target, (name, value)| target.with(name, value)))
    });
    let added: Vec<Target> = added.collect();
    for (how, targets) in [(How::Remove, removed), (How::Add, added)] {
        if !targets.is_empty() {
            plan.draft.relate(relation, how, relation.name(), targets);
        }
    }
    Ok(())
}
