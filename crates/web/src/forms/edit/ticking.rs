//! Assets to tick, where a form adds them: the tables below a place that is named, those that something reads, or what a
//! search finds.

use std::collections::HashSet;

use emporion_catalog::command::{Ref, Target};
use emporion_catalog::facet::Facet;
use emporion_catalog::finder::{Refusal, Search};
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::SeenCard;
use emporion_catalog::record::Record;
use emporion_catalog::relation;

use crate::fault::Fault;
use crate::forms::form::Form;
use crate::lineage;
use crate::records::naming::{self, named_record};
use crate::records::record::Here;
use crate::text::plain::{shown, shown_prose};

/// What a form offers to be ticked at once.
const MOST: usize = 200;
/// What it takes, of all that it has offered.
pub const MOST_TICKED: usize = 1_000;
/// What people look for by what it is called.
const READERS: &[&str] = &["dashboard", "pipeline"];
const PLACES: [&str; 3] = ["database_schema", "database", "database_service"];

/// The field of a form that says where from, and that of what is ticked.
pub const FROM: &str = "from";
const TICKED: &str = "tick";
/// Where what it has listed is from, and what asks for another list.
const LISTED: &str = "listed";
const LIST: &str = "list";
/// What ticks all that is listed, or all that was found.
const ALL: &str = "all";

/// What a form asks to be ticked beside what was ticked by hand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum All {
    Listed,
    Found,
}

/// What was found.
struct Found {
    records: Vec<Record>,
    /// How much there is of it, what cannot be added counted in.
    total: u64,
    /// What was meant, where it is not what was typed.
    meant: Option<String>,
}

#[derive(Default)]
pub struct Ticking {
    pub from: String,
    /// What was ticked of other lists before.
    pub ticked: Vec<Entry>,
    pub entries: Vec<Entry>,
    /// Why nothing is offered, where something was asked for.
    pub none: Option<String>,
    /// How much was found, in a sentence, where there is more than is offered.
    pub found: Option<String>,
    /// What was meant by what was typed: it reads what is listed.
    pub meant: Option<String>,
    /// What is wrong with the search.
    pub faults: Vec<String>,
}

pub struct Entry {
    pub id: String,
    pub name: String,
    pub is_ticked: bool,
}

pub fn ticked(sent: &Form) -> Vec<String> {
    sent.all(TICKED).map(str::to_owned).collect()
}

/// Whether another list is asked for: by its button, or with the key that sends a form, which does not know which of the
/// form's fields it was pressed in.
pub fn is_asked(sent: &Form) -> bool {
    let from = sent.trimmed(FROM);
    sent.has(LIST) || all(sent).is_some() || !from.is_empty() && from != sent.trimmed(LISTED)
}

/// What is to be ticked at once, where that is asked for.
pub fn all(sent: &Form) -> Option<All> {
    match sent.text(ALL) {
        "listed" => Some(All::Listed),
        "found" => Some(All::Found),
        _ => None,
    }
}

impl Ticking {
    /// What is there and is no asset of the record yet; nothing where nothing is asked for.
    pub async fn of(here: Here<'_>, from: &str, ticked: &[String], all: Option<All>) -> Result<Ticking, Fault> {
        let from = from.trim();
        let known: HashSet<RecordId> = here.view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
        let is_fresh = |record: &Record| record.kind.0.asset == Asset::Item && !known.contains(&record.id);
        let entry = |record: Record| {
            let id = record.id.to_string();
            // By what people call it, and where it stands.
            let rendered = naming::rendered_of(&record);
            let name = match record.body.contains_key("display_name") {
                true => format!("{rendered} ({})", shown(&record.fqn)),
                false => shown(&record.fqn),
            };
            Entry { is_ticked: ticked.contains(&id), id, name }
        };
        let before = here.reading.records(&ids(ticked), States::Alive).await?.into_iter();
        let ticked_before = before.filter(is_fresh).map(entry).collect();
        let mut ticking = Ticking { from: from.to_owned(), ticked: ticked_before, ..Ticking::default() };
        if from.is_empty() {
            return Ok(ticking);
        }
        // What is ticked is shown, however much it is.
        let most = if all == Some(All::Found) { MOST_TICKED } else { MOST };
        let named = match below(here, from, most).await? {
            Some(found) => Some(found),
            None => read_by(here, from, most).await?,
        };
        let (is_named, found) = match named {
            Some(found) => (true, found),
            None => match found(here, from, most).await? {
                Ok(found) => (false, found),
                Err(fault) => {
                    ticking.faults.push(fault);
                    return Ok(ticking);
                }
            },
        };
        let is_cut = found.total > found.records.len() as u64;
        let is_known = found.records.iter().any(|record| known.contains(&record.id));
        ticking.entries = found.records.into_iter().filter(is_fresh).map(entry).collect();
        // What is listed again is ticked there.
        let listed: HashSet<&str> = ticking.entries.iter().map(|entry| entry.id.as_str()).collect();
        ticking.ticked.retain(|ticked| !listed.contains(ticked.id.as_str()));
        if all.is_some() {
            let room = MOST_TICKED.saturating_sub(ticking.ticked.len());
            let fresh = ticking.entries.iter_mut().filter(|entry| !entry.is_ticked);
            fresh.take(room).for_each(|entry| entry.is_ticked = true);
        }
        let t = here.visit.t;
        ticking.none = ticking.entries.is_empty().then(|| match (is_known, is_named) {
            (true, _) => t.say("edit.tick_all_in"),
            (false, true) => t.say("edit.tick_none"),
            (false, false) => t.with("edit.tick_unknown", &[("from", &shown(from))]),
        });
        ticking.found = is_cut.then(|| t.with("edit.tick_more", &[("found", &t.number(found.total))]));
        ticking.meant = found.meant;
        Ok(ticking)
    }
}

/// The tables below a place; `None` where none is called so.
async fn below(here: Here<'_>, from: &str, most: usize) -> Result<Option<Found>, Fault> {
    let reading = here.reading;
    for kind in PLACES {
        match reading.find(&Ref::Name(reading.catalog().kind(kind), from.to_owned())).await {
            Ok(Some(place)) if States::Alive.holds(&place) => {
                let tables = ListQuery::of(reading.account(), reading.catalog().kind("table"));
                let query = ListQuery { within: Some(place.fqn), limit: most as u32, ..tables };
                let page = reading.list(query, &Depth { alone: true, ..Depth::bare() }).await?;
                let total = page.total;
                let records = page.views.into_iter().map(|view| view.record).collect();
                return Ok(Some(Found { records, total, meant: None }));
            }
            Ok(_) | Err(Problem::Ambiguous { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(None)
}

/// The tables that something reads, itself or by what it is made of; `None` where nothing is called so that reads any.
async fn read_by(here: Here<'_>, from: &str, most: usize) -> Result<Option<Found>, Fault> {
    let reading = here.reading;
    // A name alone is rather a word that is looked for, unless people call a reader so.
    if !from.contains('.') {
        return shown_as(here, from, most).await;
    }
    // What it is made of says which.
    let flows = |kind: &Kind| kind.0.asset == Asset::Item && kind.has_facet(Facet::Lineage);
    for kind in reading.catalog().registry().iter().filter(flows) {
        match reading.find(&Ref::Name(kind, from.to_owned())).await {
            Ok(Some(reader)) if States::Alive.holds(&reader) => {
                return Ok(Some(tables_of(here, &reader, most).await?));
            }
            Ok(_) | Err(Problem::Ambiguous { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(None)
}

/// The same of what pages call so, where it reads any table.
async fn shown_as(here: Here<'_>, from: &str, most: usize) -> Result<Option<Found>, Fault> {
    let Ok((_, id)) = named_record(here.reading, READERS, from).await? else { return Ok(None) };
    let Some(reader) = here.reading.record(id).await? else { return Ok(None) };
    let found = tables_of(here, &reader, most).await?;
    let meant = Some(format!("{} ({})", naming::rendered_of(&reader), shown(&reader.fqn)));
    Ok((!found.records.is_empty()).then_some(Found { meant, ..found }))
}

async fn tables_of(here: Here<'_>, reader: &Record, most: usize) -> Result<Found, Fault> {
    let (tables, is_cut) = lineage::tables_read(here.reading, &SeenCard::from(reader)).await?;
    let ids: Vec<RecordId> = tables.iter().map(|table| table.id).take(most).collect();
    let total = tables.len() as u64 + u64::from(is_cut);
    Ok(Found { records: here.reading.records(&ids, States::Alive).await?, total, meant: None })
}

/// What a search finds; or why it cannot be looked for.
async fn found(here: Here<'_>, from: &str, most: usize) -> Result<Result<Found, String>, Fault> {
    let search = Search { limit: most as u32, ..Search::of(from.to_owned()) };
    let found = match here.visit.door.finder.find(here.visit.caller(), &search).await {
        Ok(found) => found,
        Err(Refusal::Broken { message, .. }) => return Ok(Err(shown_prose(&message))),
        Err(Refusal::Problem(problem)) => return Err(problem.into()),
    };
    let ids: Vec<RecordId> = found.hits.iter().map(|hit| hit.id).collect();
    Ok(Ok(Found { records: here.reading.records(&ids, States::Alive).await?, total: found.total, meant: None }))
}

/// What was ticked, as the change adds it: what the visitor sees of it.
pub async fn targets(here: Here<'_>, ticked: &[String], until: Option<Millis>) -> Result<Vec<Target>, Fault> {
    let records = here.reading.records(&ids(ticked), States::Alive).await?;
    let items = records.into_iter().filter(|record| record.kind.0.asset == Asset::Item);
    Ok(items.map(|record| Target::of(Ref::Id(record.kind, record.id)).lent_until(until)).collect())
}

fn ids(ticked: &[String]) -> Vec<RecordId> {
    ticked.iter().filter_map(|id| id.parse().ok()).take(MOST_TICKED).collect()
}
