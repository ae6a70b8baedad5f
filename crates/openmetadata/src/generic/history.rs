//! `GET /{collection}/history`: the versions of a whole collection that came to be in a span of time, newest first.
//!
//! The log says when which record changed; a version is printed from the record's own past.

use std::collections::HashSet;

use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::kind::Kind;
use emporion_catalog::reading::Reading;
use emporion_edge::answer::Answer;
use emporion_edge::json_writer;
use serde_json::{Map, Value, json};

use super::versions;
use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::noun::Noun;
use crate::operation::Call;
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

pub async fn of_collection(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let query = call.query();
    let span = (params::instant(&query, "startTs", 0)?, params::instant(&query, "endTs", i64::MAX)?);
    let limit = params::limit_up_to(&query, "limit", params::DEFAULT_LIMIT, MAX_LIMIT)? as usize;
    let window = match (params::value(&query, "before"), params::value(&query, "after")) {
        (Some(_), Some(_)) => return Err(OmError::both_cursors()),
        (before, after) => (place("before", before)?, place("after", after)?),
    };
    let reading = call.reading().await?;
    let mut made = made(&reading, call.kind(noun.kind_name), span).await?;
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
    let mut views = Vec::with_capacity(end - start);
    let mut told = HashSet::new();
    let wanted: Vec<(RecordId, Revision)> = made[start..end].iter().map(|line| (line.id, line.revision)).collect();
    for (line, past) in made[start..end].iter().zip(reading.states(&wanted).await?) {
        // Changes that were merged into one version are that version once.
        if let Some(view) = past.filter(|view| told.insert((line.id, view.record.version))) {
            views.push(view);
        }
    }
    let around = versions::around(&call, noun, &views).await?;
    let printed = views.iter().zip(&around).map(|(view, around)| versions::print(&call, noun, view, around));
    let data: Vec<Value> = printed.map(|entity| json_writer::read(&entity)).collect();
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
async fn made(reading: &Reading<'_>, kind: Kind, span: (i64, i64)) -> OmResult<Vec<Made>> {
    let mut place = match span.0 {
        ..=0 => Seq(0),
        start => reading.first_at(start.saturating_sub(events::SKEW_MS)).await?,
    };
    let is_meant =
        |event: &Event| event.kind == kind && (span.0..=span.1).contains(&event.at.0) && makes_a_version(event);
    let mut made = Vec::new();
    loop {
        let lines = reading.log(place, CHUNK, &is_meant).await?;
        let Some((last, newest_ms)) = lines.end else { return Ok(made) };
        place = last;
        // A record whose name was freed is not there to be asked.
        let there = lines.found.into_iter().filter(|line| line.is_there);
        made.extend(there.map(|line| Made { seq: line.seq, id: line.event.id, revision: line.event.revision }));
        if newest_ms.saturating_sub(events::SKEW_MS) > span.1 {
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
