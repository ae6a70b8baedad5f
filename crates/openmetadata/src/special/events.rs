//! Change events: the log of the catalogue from a point in time on, as far as the caller sees what it tells of.

use emporion_catalog::caller::Caller;
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{RecordId, Revision, Seq};
use emporion_catalog::reading::log::Line;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Shape, Struct};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::marks::CHANGE_EVENT;
use crate::members::*;
use crate::noun::{Fields, Noun};
use crate::operation::{Call, ok, row};
use crate::page_of;
use crate::params;
use crate::render;
use crate::version;

const TAG: &str = "Events";
const DEFAULT: u32 = 1_000;
const MOST: u32 = 10_000;
/// Lines of the log that are read at once.
const CHUNK: u32 = 1_000;
/// A change is stamped when it is planned and logged when it is stored: later lines can bear times this much earlier.
pub const SKEW_MS: i64 = 60_000;

static QUERY: Struct = Struct {
    name: "EventQuery",
    open: true,
    members: &[
        text("entityCreated").at(Location::Query),
        text("entityUpdated").at(Location::Query),
        text("entityRestored").at(Location::Query),
        text("entityDeleted").at(Location::Query),
        integer("timestamp").at(Location::Query),
        count("limit").at(Location::Query),
        text("after").at(Location::Query),
    ],
};
static LIST: Struct = page_of!("ChangeEventList", CHANGE_EVENT);

pub fn routes() -> Vec<Route<Door>> {
    vec![Route {
        summary: "List what has changed since a point in time".into(),
        input: &QUERY,
        output: Some(Shape::Struct(&LIST)),
        ..row(Method::GET, "/v1/events", "listChangeEvents", TAG, list_events)
    }]
}

/// Which events a request asks for.
#[derive(Debug, Default)]
struct Wanted {
    created: Types,
    updated: Types,
    restored: Types,
    deleted: Types,
    since_ms: i64,
    after: Seq,
    limit: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Types {
    #[default]
    None,
    All,
    These(Vec<String>),
}

impl Types {
    fn read(query: &[(String, String)], name: &str) -> Types {
        match params::value(query, name) {
            None => Types::None,
            Some("*") => Types::All,
            Some(text) => Types::These(text.split(',').map(|part| part.trim().to_owned()).collect()),
        }
    }

    fn has(&self, entity_type: &str) -> bool {
        match self {
            Types::None => false,
            Types::All => true,
            Types::These(types) => types.iter().any(|known| known == entity_type || known == "*"),
        }
    }
}

impl Wanted {
    fn read(query: &[(String, String)]) -> OmResult<Wanted> {
        let number = |name: &str| match params::value(query, name) {
            None => Ok(0),
            Some(text) => text.parse::<i64>().map_err(|_| OmError::query_param(name, "must be a whole number")),
        };
        let after = u64::try_from(number("after")?).map_err(|_| OmError::query_param("after", "is not a cursor"))?;
        let mut wanted = Wanted {
            created: Types::read(query, "entityCreated"),
            updated: Types::read(query, "entityUpdated"),
            restored: Types::read(query, "entityRestored"),
            deleted: Types::read(query, "entityDeleted"),
            since_ms: number("timestamp")?,
            after: Seq(after),
            limit: params::limit(query, DEFAULT, MOST)? as usize,
        };
        let none = [&wanted.created, &wanted.updated, &wanted.restored, &wanted.deleted];
        // Who names no kind of event means all of them.
        if none.into_iter().all(|types| *types == Types::None) {
            wanted = Wanted {
                created: Types::All,
                updated: Types::All,
                restored: Types::All,
                deleted: Types::All,
                ..wanted
            };
        }
        Ok(wanted)
    }

    fn has(&self, event: &Event, entity_type: &str) -> bool {
        let types = match event.what {
            EventKind::Created => &self.created,
            EventKind::Updated => &self.updated,
            EventKind::Restored => &self.restored,
            EventKind::Deleted | EventKind::Purged => &self.deleted,
        };
        event.at.0 >= self.since_ms && types.has(entity_type)
    }
}

async fn list_events(call: Call) -> OmResult<Answer> {
    let wanted = Wanted::read(&call.request.query())?;
    let reading = call.reading().await?;
    let mut place = wanted.after;
    if wanted.since_ms > 0 {
        place = place.max(reading.first_at(wanted.since_ms.saturating_sub(SKEW_MS)).await?);
    }
    let mut chosen: Vec<(&'static Noun, Seq, Event)> = Vec::new();
    let mut more = false;
    let noun_of = |event: &Event| call.door.noun_of_kind(event.kind.name());
    let is_wanted = |event: &Event| noun_of(event).is_some_and(|noun| wanted.has(event, noun.entity_type));
    while !more && chosen.len() < wanted.limit {
        let lines = reading.log(place, CHUNK, &is_wanted).await?;
        let Some((end, _)) = lines.end else { break };
        for Line { seq, event, .. } in lines.found {
            let Some(noun) = noun_of(&event) else { continue };
            if chosen.len() == wanted.limit {
                more = true;
                break;
            }
            chosen.push((noun, seq, event));
            place = seq;
        }
        if !more {
            place = end;
        }
    }
    let revisions: Vec<(RecordId, Revision)> = chosen.iter().map(|(_, _, event)| (event.id, event.revision)).collect();
    let states = reading.states(&revisions).await?;
    let base = &call.base;
    let told: Vec<Told<'_>> = chosen
        .iter()
        .zip(states)
        .map(|((noun, seq, event), state)| Told {
            noun,
            seq: *seq,
            event,
            state: state.filter(|view| tells(view, event)),
        })
        .collect();
    let data = printed_each(&call.door, &call.caller, base, &told).await?;
    let mut paging = json!({"total": data.len()});
    if let (true, Some(members)) = (more, paging.as_object_mut()) {
        members.insert("after".into(), Value::from(place.0.to_string()));
    }
    ok(&json!({"data": data, "paging": paging}))
}

/// An event as whoever sees its record is told of it.
pub async fn printed(
    door: &Door,
    caller: &Caller,
    base: &str,
    noun: &'static Noun,
    seq: Seq,
    event: &Event,
) -> OmResult<Value> {
    let reading = door.catalog.reading(caller).await?;
    let state = reading.states(&[(event.id, event.revision)]).await?.pop().flatten();
    drop(reading);
    let told = Told { noun, seq, event, state: state.filter(|view| tells(view, event)) };
    Ok(printed_each(door, caller, base, &[told]).await?.pop().unwrap_or_default())
}

/// A line of the log, and what its record was then. One whose name was freed is not there to be asked; the line itself says
/// enough.
struct Told<'e> {
    noun: &'static Noun,
    seq: Seq,
    event: &'e Event,
    state: Option<View>,
}

fn tells(view: &View, event: &Event) -> bool {
    view.record.kind == event.kind
}

/// Cost: what one record asks, for each noun among them.
async fn printed_each(door: &Door, caller: &Caller, base: &str, told: &[Told<'_>]) -> OmResult<Vec<Value>> {
    let mut nouns: Vec<&'static Noun> = Vec::new();
    for one in told {
        if nouns.iter().all(|noun| noun.kind_name != one.noun.kind_name) {
            nouns.push(one.noun);
        }
    }
    let mut shown: Vec<Option<Value>> = vec![None; told.len()];
    for noun in nouns {
        let of_noun = || told.iter().enumerate().filter(|(_, one)| one.noun.kind_name == noun.kind_name);
        let (places, views): (Vec<usize>, Vec<View>) =
            of_noun().filter_map(|(place, one)| Some((place, one.state.clone()?))).unzip();
        let entities = render::entities(door, caller, base, noun, &views, &Fields::NONE).await?;
        for (place, entity) in places.into_iter().zip(entities) {
            shown[place] = Some(entity);
        }
    }
    Ok(told.iter().zip(shown).map(|(one, shown)| printed_as(one, shown)).collect())
}

fn printed_as(told: &Told<'_>, shown: Option<Value>) -> Value {
    let Told { noun, seq, event, state } = told;
    let mut body = json!({
        "id": id_of(*seq, event).to_string(),
        "eventType": event_type(noun, event.what),
        "entityType": noun.entity_type,
        "entityId": event.id.to_string(),
        "entityFullyQualifiedName": event.fqn,
        "userName": &*event.by.name,
        "timestamp": event.at.0,
    });
    let (Some(members), Some(view), Some(shown)) = (body.as_object_mut(), state, shown) else { return body };
    let now = view.record.version;
    let changed = event.what == EventKind::Updated && event.tells_fields();
    let previous = match &view.record.change {
        Some(change) if changed => change.previous_version,
        _ => now,
    };
    members.insert("previousVersion".into(), version::number(previous));
    members.insert("currentVersion".into(), version::number(now));
    if let Some(change) = shown.get("changeDescription").filter(|_| changed) {
        members.insert("changeDescription".into(), change.clone());
    }
    members.insert("entity".into(), shown);
    body
}

pub fn event_type(noun: &Noun, what: EventKind) -> &'static str {
    match what {
        EventKind::Created => "entityCreated",
        EventKind::Updated => "entityUpdated",
        EventKind::Restored => "entityRestored",
        EventKind::Deleted if noun.soft_delete => "entitySoftDeleted",
        EventKind::Deleted | EventKind::Purged => "entityDeleted",
    }
}

/// The same event has the same id whenever it is read.
pub fn id_of(seq: Seq, event: &Event) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(event.account.as_bytes());
    hash.update(seq.0.to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> OmResult<Wanted> {
        let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Wanted::read(&text.split('&').filter_map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn kinds_of_events_are_asked_for_by_type() {
        let some = wanted("entityCreated=table,topic&entityUpdated=*&timestamp=5").expect("a query");
        assert!(some.created.has("table") && !some.created.has("domain"));
        assert!(some.updated.has("domain") && !some.deleted.has("domain"));
        assert_eq!(some.since_ms, 5);
        assert!(wanted("timestamp=5").expect("a query").deleted.has("domain"), "nothing named means everything");
        assert_eq!(wanted("timestamp=soon").expect_err("no number").status, 400);
        assert_eq!(wanted("after=-1").expect_err("no place").status, 400);
    }
}
