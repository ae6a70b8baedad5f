//! `GET /{collection}/history`: the versions of a whole collection that came to be in a span of time, newest first.
//!
//! The log says when which record changed; a version is printed from the record's own past.

use std::collections::{HashMap, HashSet};

use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::ports::Snapshot;
use emporion_edge::answer::Answer;
use serde_json::{Map, Value, json};

use super::{Cx, versions};
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::noun::Noun;
use crate::params;
use crate::special::events;

pub const MAX_LIMIT: u32 = 500;
/// Lines of the log that are read at once.
const CHUNK: u32 = 1_000;

/// A line of the log that made a version.
struct Made {
    seq: Seq,
    id: RecordId,
    revision: Revision,
}

pub async fn of_collection(cx: Cx, noun: &'static Noun) -> OmResult<Answer> {
    let query = cx.query();
    let span = (params::instant(&query, "startTs", 0)?, params::instant(&query, "endTs", i64::MAX)?);
    let limit = params::limit_up_to(&query, "limit", params::DEFAULT_LIMIT, MAX_LIMIT)? as usize;
    let window = match (params::value(&query, "before"), params::value(&query, "after")) {
        (Some(_), Some(_)) => return Err(OmError::both_cursors()),
        (before, after) => (place("before", before)?, place("after", after)?),
    };
    let snapshot = cx.door.catalog.snapshot().await?;
    let mut made = made(&cx, &*snapshot, noun, span).await?;
    made.reverse();
    let total = made.len();
    // Newest first: what comes after a place lies before it in the log.
    let (start, end) = match window {
        (None, None) => (0, limit.min(total)),
        (_, Some(after)) => {
            let start = made.partition_point(|line| line.seq >= after);
            (start, (start + limit).min(total))
        }
        (Some(before), None) => {
            let end = made.partition_point(|line| line.seq > before);
            (end.saturating_sub(limit), end)
        }
    };
    let mut paging = Map::from_iter([("total".to_owned(), Value::from(total))]);
    if let Some(first) = made[start..end].first().filter(|_| start > 0) {
        paging.insert("before".into(), Value::from(first.seq.0.to_string()));
    }
    if let Some(last) = made[start..end].last().filter(|_| end < total) {
        paging.insert("after".into(), Value::from(last.seq.0.to_string()));
    }
    let mut data = Vec::with_capacity(end - start);
    let mut told = HashSet::new();
    let wanted: Vec<(RecordId, Revision)> = made[start..end].iter().map(|line| (line.id, line.revision)).collect();
    for (line, past) in made[start..end].iter().zip(cx.door.catalog.states(&*snapshot, &cx.caller, &wanted).await?) {
        // Changes that were merged into one version are that version once.
        if let Some(view) = past.filter(|view| told.insert((line.id, view.record.version))) {
            data.push(versions::print(&cx, noun, &view));
        }
    }
    Ok(Answer::json(200, MEDIA_TYPE, &json!({"data": data, "paging": paging})))
}

fn place(param: &str, text: Option<&str>) -> OmResult<Option<Seq>> {
    let read = |text: &str| {
        let number = text.parse().map_err(|_| OmError::query_param(param, "is not a cursor that this server gave out"));
        number.map(Seq)
    };
    text.map(read).transpose()
}

/// The lines in the span that made versions of what the caller sees, oldest first.
async fn made(cx: &Cx, snapshot: &dyn Snapshot, noun: &'static Noun, span: (i64, i64)) -> OmResult<Vec<Made>> {
    let (kind, account) = (cx.kind(noun), cx.caller.account());
    let mut place = match span.0 {
        ..=0 => Seq(0),
        start => events::first_at(snapshot, start.saturating_sub(events::SKEW_MS)).await?,
    };
    let mut seen: HashMap<RecordId, bool> = HashMap::new();
    let mut made = Vec::new();
    loop {
        let lines = snapshot.events(place, CHUNK).await?;
        let Some((last, newest)) = lines.last() else { return Ok(made) };
        place = *last;
        let is_over = newest.at.0.saturating_sub(events::SKEW_MS) > span.1;
        let is_meant = |event: &Event| {
            event.account == account
                && event.kind == kind
                && (span.0..=span.1).contains(&event.at.0)
                && makes_a_version(event)
        };
        let lines: Vec<(Seq, Event)> = lines.into_iter().filter(|(_, event)| is_meant(event)).collect();
        learn(cx, snapshot, &mut seen, &lines).await?;
        let visible = lines.into_iter().filter(|(_, event)| seen.get(&event.id) == Some(&true));
        made.extend(visible.map(|(seq, event)| Made { seq, id: event.id, revision: event.revision }));
        if is_over {
            return Ok(made);
        }
    }
}

/// Followers, votes and what other doors alone show make no version, and their lines tell no change of fields.
fn makes_a_version(event: &Event) -> bool {
    match event.what {
        EventKind::Created | EventKind::Restored | EventKind::Deleted => true,
        EventKind::Updated => event.tells_fields(),
        EventKind::Purged => false,
    }
}

/// Which of the records that the lines tell of are there to be asked, and seen by the caller.
async fn learn(
    cx: &Cx,
    snapshot: &dyn Snapshot,
    seen: &mut HashMap<RecordId, bool>,
    lines: &[(Seq, Event)],
) -> OmResult<()> {
    let mut ids: Vec<RecordId> = lines.iter().map(|(_, event)| event.id).filter(|id| !seen.contains_key(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        seen.insert(*id, false);
    }
    let found = snapshot.by_id(cx.caller.account(), &ids).await?.into_iter().flatten();
    let there = found.filter(|record| record.state.holds_name()).collect();
    let visible = cx.door.catalog.access().seen(snapshot, &cx.caller.principal, there).await?;
    seen.extend(visible.iter().map(|record| (record.id, true)));
    Ok(())
}
