//! The past of a record: who changed what, and two states beside each other.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::kind::Kind;
use emporion_catalog::ports::StatePlace;
use emporion_catalog::reading::{PartChange, Reading};
use emporion_catalog::record::{Record, Stamp, View};

use crate::fault::Fault;
use crate::forms::restore;
use crate::lineage::impact::Impact;
use crate::products::part_changes;
use crate::records::address;
use crate::records::difference::{self, Difference};
use crate::records::naming;
use crate::records::record::Here;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown;
use crate::text::texts::Texts;

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
    /// Who that is.
    pub who: Option<RecordId>,
    pub through: Option<String>,
    /// By which door; `None` where nobody knows.
    pub door: Option<String>,
    pub at: Moment,
    /// `None` where it is no state of the record itself.
    pub version: Option<String>,
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
    pub rendered: String,
    pub differences: Vec<Difference>,
    pub losses: Option<Impact>,
    pub restore: Option<String>,
    pub back: String,
}

impl History {
    /// Of a record, as the query of its address asks: `before=<revision>` goes on, `from=…&to=…` compares.
    pub async fn of(here: Here<'_>) -> Result<History, Fault> {
        History::with_parts(here, &[]).await
    }

    /// The same in one with what has become of its parts of these kinds, of which `parts=<place>` goes on; where that is
    /// not given, they go on where the record does. Of what is deleted the parts are not shown, and so not told.
    pub async fn with_parts(here: Here<'_>, kinds: &[&str]) -> Result<History, Fault> {
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
        let mut found = reading.history(view, asked("before"), page + 1).await?;
        let has_more = found.len() > page as usize;
        let states = states(reading, &found).await?;
        found.truncate(page as usize);
        let kinds: Vec<Kind> = match view.record.state.is_alive() {
            true => kinds.iter().map(|kind| reading.catalog().kind(kind)).collect(),
            false => Vec::new(),
        };
        let begun = if kinds.is_empty() { None } else { begun(here, asked("before")).await? };
        let parts = reading.part_changes(view, &kinds, begun, PAGE).await?;
        let may_edit = !parts.found.is_empty() && reading.may(Action::EditAll, &view.record).await?;
        let mut past = Past::default();
        let (mut own, mut part) = (0, 0);
        loop {
            let of_own = found.get(own).map(|state| (state.updated.at, state.revision));
            let of_part = parts.found.get(part).map(|change| change.place.at);
            match next((of_own, has_more), (of_part, parts.more.is_some())) {
                Some(Step::Own) => {
                    let is_first = !has_more && own + 1 == found.len();
                    let older = states.get(own + 1).and_then(Option::as_ref);
                    let entry = entry(here, (&found[own], states[own].as_ref(), older), may_restore);
                    past.add(&found[own], Entry { is_first, ..entry });
                    own += 1;
                }
                Some(Step::Part) => {
                    past.add_part(visit, &parts.found[part], may_edit);
                    part += 1;
                }
                None => break,
            }
        }
        let people = naming::people(reading, past.entries.iter().filter_map(|entry| entry.who)).await?;
        for entry in &mut past.entries {
            if let Some(name) = entry.who.and_then(|who| people.get(&who)) {
                entry.by.clone_from(name);
            }
        }
        difference::compare(past.entries.iter_mut().flat_map(|entry| &mut entry.differences)).await?;
        let has_older = has_more || parts.more.is_some() || own < found.len() || part < parts.found.len();
        let before = own.checked_sub(1).map_or(asked("before"), |last| Some(found[last].revision));
        let before = before.map(|revision| revision.0.to_string()).unwrap_or_default();
        let after_part = match (part.checked_sub(1), parts.more) {
            (_, Some(more)) if part == parts.found.len() => part_changes::written(more),
            (Some(last), _) => part_changes::written(parts.found[last].place),
            (None, _) => visit.query("parts"),
        };
        let pairs = [("tab", "activity"), ("before", &*before), ("parts", &*after_part)];
        Ok(History::of_all(visit.t, past.entries, has_older.then(|| address::with_query(at, &pairs))))
    }

    /// `older` is where those are that come after these.
    pub fn of_all(t: Texts, entries: Vec<Entry>, older: Option<String>) -> History {
        History { t, entries, older, compared: None }
    }

    pub fn of_two(t: Texts, compared: Compared) -> History {
        History { compared: Some(compared), ..History::of_all(t, Vec::new(), None) }
    }
}

impl Entry {
    /// What a stamp alone says.
    fn stamped(visit: &Visit, stamp: &Stamp) -> Entry {
        let door = |door: &str| visit.t.with("history.door", &[("door", &visit.t.door(door))]);
        let at = visit.moment(stamp.at);
        Entry {
            is_signed: true,
            by: shown(&stamp.by.name),
            who: Some(stamp.by.id),
            through: stamp.by.through.as_deref().map(shown),
            door: stamp.by.door.as_deref().map(door),
            version: None,
            revision: String::new(),
            clock: at.exact.clone(),
            at,
            differences: Vec::new(),
            is_first: false,
            compare: None,
            restore: None,
        }
    }
}

/// A state of the record itself, and what it changed of the one before.
fn entry(here: Here<'_>, (record, new, older): (&Record, Option<&View>, Option<&View>), may_restore: bool) -> Entry {
    let Here { visit, view, .. } = here;
    let at = &here.address();
    let is_newest = record.revision == view.record.revision;
    let revision = record.revision.0.to_string();
    let pairs = [("tab", "activity"), ("from", revision.as_str())];
    Entry {
        is_signed: older.is_none_or(|older| {
            // The steps of one request bear one stamp.
            older.record.updated != record.updated || older.record.version != record.version
        }),
        version: Some(format!("{}.{}", record.version / 10, record.version % 10)),
        revision: visit.t.number(record.revision.0),
        differences: new.zip(older).map(|(new, old)| difference::between(visit.t, old, new)).unwrap_or_default(),
        compare: (!is_newest).then(|| address::with_query(at, &pairs)),
        restore: (!is_newest && may_restore).then(|| restore::address_of(at, record.revision)),
        ..Entry::stamped(visit, &record.updated)
    }
}

/// Entries, newest first.
#[derive(Default)]
struct Past {
    entries: Vec<Entry>,
    /// The stamp of the last one, where more can be told of the same request with it.
    last: Option<Stamp>,
}

impl Past {
    fn add(&mut self, state: &Record, entry: Entry) {
        // Somebody follows it, or has voted: nobody's change, and nothing to bring back.
        if !entry.is_signed && entry.differences.is_empty() && !entry.is_first {
            return;
        }
        self.last = (entry.is_signed && !entry.is_first).then(|| state.updated.clone());
        self.entries.push(entry);
    }

    fn add_part(&mut self, visit: &Visit, change: &PartChange, may_edit: bool) {
        let (stamp, differences) = (&change.after.updated, part_changes::reported(visit.t, change, may_edit));
        if differences.is_empty() {
            return;
        }
        match self.entries.last_mut().filter(|_| self.last.as_ref() == Some(stamp)) {
            Some(entry) => entry.differences.extend(differences),
            None => {
                self.entries.push(Entry { differences, ..Entry::stamped(visit, stamp) });
                self.last = Some(stamp.clone());
            }
        }
    }
}

/// Of what an entry is: of a state of the record itself, or of a part.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Own,
    Part,
}

/// What comes next in the order of time, of the next of either sort; nothing where there may be a newer one among those
/// of a sort that were not read. In one request a record is made before its parts, and changed after them.
fn next(
    (own, has_more): (Option<(Millis, Revision)>, bool),
    (part, has_more_parts): (Option<Millis>, bool),
) -> Option<Step> {
    match (own, part) {
        (None, _) if has_more => None,
        (_, None) if has_more_parts => None,
        (Some((at, revision)), Some(part)) if (at, revision > Revision::FIRST) < (part, true) => Some(Step::Part),
        (Some(_), _) => Some(Step::Own),
        (None, Some(_)) => Some(Step::Part),
        (None, None) => None,
    }
}

/// Behind which change of a part a page goes on.
async fn begun(here: Here<'_>, before: Option<Revision>) -> Result<Option<StatePlace>, Fault> {
    let given = part_changes::place(&here.visit.query("parts"));
    let (None, Some(before)) = (given, before) else { return Ok(given) };
    let reported = here.reading.history(here.view, Some(before.next()), 1).await?.pop();
    let reported = reported.filter(|state| state.revision == before);
    Ok(reported.map(|state| part_changes::place_at(state.updated.at)))
}

async fn states(reading: &Reading<'_>, found: &[Record]) -> Result<Vec<Option<View>>, Fault> {
    let wanted: Vec<_> = found.iter().map(|record| (record.id, record.revision)).collect();
    let mut states = reading.states(&wanted).await?;
    difference::keep_seen(reading, &mut states.iter_mut().flatten().collect::<Vec<_>>()).await?;
    Ok(states)
}

async fn compare(here: Here<'_>, (from, to): (Revision, Revision), may_restore: bool) -> Result<Compared, Fault> {
    let Here { visit, reading, view, .. } = here;
    let at = &here.address();
    let mut found = reading.states(&[(view.id(), from), (view.id(), to)]).await?;
    difference::keep_seen(reading, &mut found.iter_mut().flatten().collect::<Vec<_>>()).await?;
    let (Some(Some(new)), Some(Some(old))) = (found.pop(), found.pop()) else { return Err(Fault::NoSuchState) };
    let when = |state: &View| visit.moment(state.record.updated.at).exact;
    Ok(Compared {
        rendered: visit.t.with("history.compared", &[("old", &when(&old)), ("new", &when(&new))]),
        differences: difference::compared(difference::between(visit.t, &old, &new)).await?,
        losses: Impact::between(visit, reading, (view, &old, &new)).await?,
        restore: may_restore.then(|| restore::address_of(at, from)),
        back: address::with_query(at, &[("tab", "activity")]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_changes_of_parts_are_told_in_the_order_of_time() {
        let own = |at: i64, revision: u64| Some((Millis(at), Revision(revision)));
        let part = |at: i64| Some(Millis(at));
        assert_eq!(next((own(2, 5), true), (part(1), true)), Some(Step::Own));
        assert_eq!(next((own(1, 5), true), (part(2), true)), Some(Step::Part));
        assert_eq!(next((own(1, 5), false), (part(1), false)), Some(Step::Own), "changed with its parts");
        assert_eq!(next((own(1, 1), false), (part(1), false)), Some(Step::Part), "made before its parts");
        assert_eq!(next((own(1, 1), false), (None, false)), Some(Step::Own));
        assert_eq!(next((None, false), (part(1), true)), Some(Step::Part));
        assert_eq!(next((None, true), (part(1), false)), None, "there may be a newer state");
        assert_eq!(next((own(1, 1), false), (None, true)), None, "there may be a newer change of a part");
        assert_eq!(next((None, false), (None, false)), None);
    }
}
