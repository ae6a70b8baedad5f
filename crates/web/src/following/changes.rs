//! What has become of the records that somebody follows: one entry for each, with what is different from when he looked last,
//! or was told last. It is read with his rights of now.

use emporion_catalog::action::Action;
use emporion_catalog::id::Millis;
use emporion_catalog::kind::Kind;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};

use crate::fault::Fault;
use crate::products::part_changes;
use crate::records::{difference, naming};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// States of a record that are read at once, and that are looked through at most.
const STATES: u32 = 20;
const MOST_STATES: usize = 400;
/// Lines of one entry.
const MOST_LINES: usize = 6;

/// What has become of one record.
pub struct Change {
    pub record: Record,
    pub at: Millis,
    /// Who changed it last.
    pub by: String,
    /// Whether all of it is the reader's own doing.
    pub is_own: bool,
    pub what: What,
}

pub enum What {
    Created,
    Deleted,
    /// In words; none where that is nothing that is told.
    Changed(Vec<String>),
}

impl Change {
    /// What it was, in lines.
    pub fn lines(self, t: Texts) -> Vec<String> {
        match self.what {
            What::Created => vec![t.say("history.created")],
            What::Deleted => vec![t.say("following.deleted")],
            What::Changed(lines) if lines.is_empty() => vec![t.say("following.silent")],
            What::Changed(lines) => lines,
        }
    }

    /// Whether there is something to tell.
    pub fn says(&self) -> bool {
        !matches!(&self.what, What::Changed(lines) if lines.is_empty())
    }
}

/// The time of which something is told: what came behind the first moment, up to the second.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub since: Millis,
    pub until: Millis,
}

/// What is different in a state of a record from an earlier one, in so many lines as are told.
async fn changed(
    t: Texts,
    reading: &Reading<'_>,
    (old, new): (&Record, &Record),
    begun: Millis,
) -> Result<Vec<String>, Fault> {
    let wanted = [(old.id, old.revision), (new.id, new.revision)];
    let mut found: Vec<View> = reading.states(&wanted).await?.into_iter().flatten().collect();
    difference::keep_seen(reading, &mut found.iter_mut().collect::<Vec<_>>()).await?;
    let [old, new] = found.as_slice() else { return Ok(Vec::new()) };
    let mut lines = difference::sentences(t, old, new);
    if new.record.kind.is("data_product") {
        lines.extend(of_parts(t, reading, new, Span { since: begun, until: new.record.updated.at }).await?);
    }
    if lines.len() > MOST_LINES {
        let more = lines.split_off(MOST_LINES).len();
        lines.push(t.count("home.others", more));
    }
    Ok(lines)
}

/// What became of the parts of a product in a time, in words.
async fn of_parts(t: Texts, reading: &Reading<'_>, product: &View, span: Span) -> Result<Vec<String>, Fault> {
    let kinds: Vec<Kind> = part_changes::KINDS.iter().map(|kind| reading.catalog().kind(kind)).collect();
    let parts = reading.part_changes(product, &kinds, Some(part_changes::place_at(span.until)), STATES).await?;
    let may_edit = !parts.found.is_empty() && reading.may(Action::EditAll, &product.record).await?;
    let changes = parts.found.iter().filter(|change| change.place.at > span.since);
    let told = changes.flat_map(|change| part_changes::reported(t, change, may_edit));
    Ok(told.map(|difference| difference.rendered).collect())
}

/// What became of a record in a time, or with its last change alone; `None` where nothing did.
pub async fn of_record(
    t: Texts,
    reading: &Reading<'_>,
    record: Record,
    span: Option<Span>,
) -> Result<Option<Change>, Fault> {
    let since = span.map(|span| span.since);
    if since.is_some_and(|since| record.updated.at <= since) {
        return Ok(None);
    }
    let reader = reading.caller().principal.user;
    let mut states = reading.history(&record, None, STATES).await?;
    let mut is_all = states.len() < STATES as usize;
    // Marks of others may hide what has changed: so far back as something is told of.
    while let (Some(since), Some(last)) = (since, states.last())
        && !is_all
        && last.updated.at > since
        && states.len() < MOST_STATES
    {
        let older = reading.history(&record, Some(last.revision), STATES).await?;
        is_all = older.len() < STATES as usize;
        states.extend(older);
    }
    states.retain(|state| span.is_none_or(|span| state.updated.at <= span.until));
    let Some(newest) = states.first().cloned() else { return Ok(None) };
    let is_before = |state: &Record| match since {
        Some(since) => state.updated.at <= since,
        // A mark of somebody's bears the stamp of the state before it.
        None => state.updated != newest.updated,
    };
    let begins = states.iter().position(is_before);
    if begins == Some(0) {
        return Ok(None);
    }
    let newer = &states[..begins.unwrap_or(states.len())];
    let is_own = newer.iter().all(|state| state.updated.by.id == reader);
    let is_first = begins.is_none() && is_all;
    let what = match (begins.map(|at| &states[at]).or(states.last()), states.first()) {
        _ if !newest.state.is_alive() => What::Deleted,
        _ if is_first => What::Created,
        (Some(old), Some(new)) if old.revision != new.revision => {
            let begun = since.unwrap_or(old.updated.at);
            What::Changed(changed(t, reading, (old, new), begun).await?)
        }
        _ => What::Changed(Vec::new()),
    };
    let what = match what {
        // The state from which it is told was not found: what is different is not known, but that it was changed is.
        What::Changed(lines) if lines.is_empty() && since.is_some() && begins.is_none() => {
            What::Changed(vec![t.say("following.silent")])
        }
        what => what,
    };
    let (at, who) = (newest.updated.at, &newest.updated.by);
    let called = naming::people(reading, [who.id].into_iter()).await?.remove(&who.id);
    let by = called.unwrap_or_else(|| shown(&who.name));
    Ok(Some(Change { record, at, by, is_own, what }))
}
