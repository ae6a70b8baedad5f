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
use crate::records::record::Here;
use crate::text::plain::{shown, shown_prose};

/// What a form offers to be ticked at once.
const MOST: u32 = 200;
/// What it takes, of all that it has offered.
pub const MOST_TICKED: usize = 1_000;
const PLACES: [&str; 3] = ["database_schema", "database", "database_service"];

/// The field of a form that says where from, and that of what is ticked.
pub const FROM: &str = "from";
const TICKED: &str = "tick";
/// Where what it has listed is from, and what asks for another list.
const LISTED: &str = "listed";
const LIST: &str = "list";

#[derive(Default)]
pub struct Ticking {
    pub from: String,
    /// What was ticked of other lists before.
    pub ticked: Vec<Entry>,
    pub entries: Vec<Entry>,
    /// There is more than is offered.
    pub is_cut: bool,
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
    sent.has(LIST) || !from.is_empty() && from != sent.trimmed(LISTED)
}

impl Ticking {
    /// What is there and is no asset of the record yet; nothing where nothing is asked for.
    pub async fn of(here: Here<'_>, from: &str, ticked: &[String]) -> Result<Ticking, Fault> {
        let from = from.trim();
        let known: HashSet<RecordId> = here.view.targets(relation::HAS_ASSET).map(|(edge, _)| edge.to).collect();
        let is_fresh = |record: &Record| record.kind.0.asset == Asset::Item && !known.contains(&record.id);
        let entry = |record: Record| {
            let id = record.id.to_string();
            Entry { is_ticked: ticked.contains(&id), id, name: shown(&record.fqn) }
        };
        let before = here.reading.records(&ids(ticked), States::Alive).await?.into_iter();
        let ticked_before = before.filter(is_fresh).map(entry).collect();
        let mut ticking = Ticking { from: from.to_owned(), ticked: ticked_before, ..Ticking::default() };
        if from.is_empty() {
            return Ok(ticking);
        }
        let named = match below(here, from).await? {
            Some(found) => Some(found),
            None => read_by(here, from).await?,
        };
        let (found, is_cut) = match named {
            Some(found) => found,
            None => match found(here, from).await? {
                Ok(found) => found,
                Err(fault) => {
                    ticking.faults.push(fault);
                    return Ok(ticking);
                }
            },
        };
        ticking.entries = found.into_iter().filter(is_fresh).map(entry).collect();
        // What is listed again is ticked there.
        ticking.ticked.retain(|ticked| ticking.entries.iter().all(|entry| entry.id != ticked.id));
        ticking.is_cut = is_cut;
        Ok(ticking)
    }
}

/// The tables below a place; `None` where none is called so.
async fn below(here: Here<'_>, from: &str) -> Result<Option<(Vec<Record>, bool)>, Fault> {
    let reading = here.reading;
    for kind in PLACES {
        match reading.find(&Ref::Name(reading.catalog().kind(kind), from.to_owned())).await {
            Ok(Some(place)) if States::Alive.holds(&place) => {
                let tables = ListQuery::of(reading.account(), reading.catalog().kind("table"));
                let query = ListQuery { within: Some(place.fqn), limit: MOST, ..tables };
                let page = reading.list(query, &Depth { alone: true, ..Depth::bare() }).await?;
                return Ok(Some((page.views.into_iter().map(|view| view.record).collect(), page.more)));
            }
            Ok(_) | Err(Problem::Ambiguous { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(None)
}

/// The tables that something reads, itself or by what it is made of; `None` where nothing is called so that reads any.
async fn read_by(here: Here<'_>, from: &str) -> Result<Option<(Vec<Record>, bool)>, Fault> {
    let reading = here.reading;
    // A name alone is rather a word that is looked for.
    if !from.contains('.') {
        return Ok(None);
    }
    // What it is made of says which.
    let flows = |kind: &Kind| kind.0.asset == Asset::Item && kind.has_facet(Facet::Lineage);
    for kind in reading.catalog().registry().iter().filter(flows) {
        match reading.find(&Ref::Name(kind, from.to_owned())).await {
            Ok(Some(reader)) if States::Alive.holds(&reader) => {
                let (tables, is_cut) = lineage::tables_read(reading, &SeenCard::from(&reader)).await?;
                let ids: Vec<RecordId> = tables.iter().map(|table| table.id).take(MOST as usize).collect();
                let is_cut = is_cut || tables.len() > ids.len();
                return Ok(Some((reading.records(&ids, States::Alive).await?, is_cut)));
            }
            Ok(_) | Err(Problem::Ambiguous { .. }) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(None)
}

/// What a search finds; or why it cannot be looked for.
async fn found(here: Here<'_>, from: &str) -> Result<Result<(Vec<Record>, bool), String>, Fault> {
    let search = Search { limit: MOST, ..Search::of(from.to_owned()) };
    let found = match here.visit.door.finder.find(here.visit.caller(), &search).await {
        Ok(found) => found,
        Err(Refusal::Broken { message, .. }) => return Ok(Err(shown_prose(&message))),
        Err(Refusal::Problem(problem)) => return Err(problem.into()),
    };
    let ids: Vec<RecordId> = found.hits.iter().map(|hit| hit.id).collect();
    let is_cut = found.total > ids.len() as u64;
    Ok(Ok((here.reading.records(&ids, States::Alive).await?, is_cut)))
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
