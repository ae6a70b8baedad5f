//! The past of a record: who changed what, and two states beside each other.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::Revision;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};

use crate::difference::{self, Difference};
use crate::fault::Fault;
use crate::losses::Losses;
use crate::moment::Moment;
use crate::plain::shown;
use crate::record::Here;
use crate::texts::Texts;
use crate::{address, restore};

/// States on a page.
const PAGE: u32 = 20;
/// The same of records with so many edges that their states are long to read.
const PAGE_OF_LARGE: u32 = 5;
const LARGE: usize = 400;

/// A record's past, newest first; or the comparison of two of its states.
#[derive(Template)]
#[template(path = "parts/history.html")]
pub struct History {
    t: Texts,
    entries: Vec<Entry>,
    older: Option<String>,
    compared: Option<Compared>,
}

impl HtmlSafe for History {}

pub struct Entry {
    /// Whether the state says who made it, and when: not where something ended by itself, or is a mark of somebody's own.
    pub is_signed: bool,
    pub by: String,
    pub through: Option<String>,
    /// By which door; `None` where nobody knows.
    pub door: Option<String>,
    pub at: Moment,
    pub version: String,
    /// States of one version are told apart by these.
    pub revision: String,
    pub clock: String,
    pub differences: Vec<Difference>,
    pub is_first: bool,
    pub compare: Option<String>,
    /// Where it is brought back, for who may.
    pub restore: Option<String>,
}

pub struct Compared {
    pub said: String,
    pub differences: Vec<Difference>,
    pub losses: Option<Losses>,
    pub restore: Option<String>,
    pub back: String,
}

impl History {
    /// Of a record, as the query of its address asks: `before=<revision>` goes on, `from=…&to=…` compares.
    pub async fn of(here: Here<'_>) -> Result<History, Fault> {
        let Here { page: of, visit, reading, view } = here;
        let at = &here.address();
        let may_restore = of.is_edited && restore::may(reading, view).await?;
        let asked = |name: &str| visit.query(name).parse().ok().map(Revision);
        if let Some(from) = asked("from") {
            let to = asked("to").unwrap_or(view.record.revision);
            let compared = compare(here, (from, to), may_restore).await?;
            return Ok(History::of_two(visit.t, compared));
        }
        let page = if view.edges.len() > LARGE { PAGE_OF_LARGE } else { PAGE };
        let found = reading.history(view, asked("before"), page + 1).await?;
        let has_more = found.len() > page as usize;
        let states = states(reading, &found).await?;
        let mut entries = Vec::new();
        for (index, record) in found.iter().take(page as usize).enumerate() {
            let older = states.get(index + 1).and_then(Option::as_ref);
            let differences = match (&states[index], older) {
                (Some(new), Some(old)) => difference::between(visit.t, old, new),
                _ => Vec::new(),
            };
            let is_newest = record.revision == view.record.revision;
            let revision = record.revision.0.to_string();
            let pairs = [("tab", "activity"), ("from", revision.as_str())];
            entries.push(Entry {
                is_signed: older.is_none_or(|older| {
                    // The steps of one request bear one stamp.
                    older.record.updated != record.updated || older.record.version != record.version
                }),
                by: shown(&record.updated.by.name),
                through: record.updated.by.through.as_deref().map(shown),
                door: record
                    .updated
                    .by
                    .door
                    .as_deref()
                    .map(|door| visit.t.with("history.door", &[("door", &visit.t.door(door))])),
                at: visit.moment(record.updated.at),
                version: format!("{}.{}", record.version / 10, record.version % 10),
                revision: visit.t.number(record.revision.0),
                clock: visit.moment(record.updated.at).exact,
                is_first: !has_more && index + 1 == found.len(),
                differences,
                compare: (!is_newest).then(|| address::with_query(at, &pairs)),
                restore: (!is_newest && may_restore).then(|| restore::address_of(at, record.revision)),
            });
        }
        let last = found.get(page as usize - 1).filter(|_| has_more).map(|record| record.revision.0.to_string());
        let older = last.map(|last| address::with_query(at, &[("tab", "activity"), ("before", &last)]));
        Ok(History::of_all(visit.t, entries, older))
    }

    /// `older` is where those are that come after these.
    pub fn of_all(t: Texts, entries: Vec<Entry>, older: Option<String>) -> History {
        History { t, entries, older, compared: None }
    }

    pub fn of_two(t: Texts, compared: Compared) -> History {
        History { compared: Some(compared), ..History::of_all(t, Vec::new(), None) }
    }
}

async fn states(reading: &Reading<'_>, found: &[Record]) -> Result<Vec<Option<View>>, Fault> {
    let wanted: Vec<_> = found.iter().map(|record| (record.id, record.revision)).collect();
    Ok(reading.states(&wanted).await?)
}

async fn compare(here: Here<'_>, (from, to): (Revision, Revision), may_restore: bool) -> Result<Compared, Fault> {
    let Here { visit, reading, view, .. } = here;
    let at = &here.address();
    let mut found = reading.states(&[(view.id(), from), (view.id(), to)]).await?;
    let (Some(Some(new)), Some(Some(old))) = (found.pop(), found.pop()) else { return Err(Fault::NoSuchState) };
    let when = |state: &View| visit.moment(state.record.updated.at).exact;
    Ok(Compared {
        said: visit.t.with("history.compared", &[("old", &when(&old)), ("new", &when(&new))]),
        differences: difference::between(visit.t, &old, &new),
        losses: Losses::between(visit, reading, (view, &old, &new)).await?,
        restore: may_restore.then(|| restore::address_of(at, from)),
        back: address::with_query(at, &[("tab", "activity")]),
    })
}
