//! Lists of the memory engine: every record is looked at.

use std::cmp::Ordering;

use emporion_model::kind::Visibility;
use emporion_model::number;
use emporion_model::query::{DeletedWith, Keyset, KeysetKey, ListQuery, Order};
use emporion_model::record::{Edge, Record};
use emporion_model::relation::{EDITOR, OWNER, OWNING_TEAM, VIEWER};
use emporion_model::text;
use serde_json::Value;

use super::state::{State, is_below};

pub fn list(state: &State, query: &ListQuery) -> Vec<Record> {
    let ahead = |record: &&Record| query.after.as_ref().is_none_or(|place| compare(query, record, place).is_gt());
    let mut found: Vec<&Record> = matching(state, query).filter(ahead).collect();
    found.sort_by(|a, b| compare(query, a, &query.keyset(b)));
    found.into_iter().take(query.limit as usize).cloned().collect()
}

pub fn matching<'a>(state: &'a State, query: &'a ListQuery) -> impl Iterator<Item = &'a Record> {
    state.of_kind(query.account, query.kind).filter(|record| matches(state, query, record))
}

/// Where the record stands against a place, in the direction of the list.
fn compare(query: &ListQuery, record: &Record, place: &Keyset) -> Ordering {
    let by_key = match (&place.key, query.order) {
        (KeysetKey::Name(name), _) => record.name.cmp(name),
        (KeysetKey::At(at), Order::Updated) => record.updated.at.cmp(at),
        (KeysetKey::At(at), _) => record.created.at.cmp(at),
    };
    let order = by_key.then(record.id.cmp(&place.id));
    if query.descending { order.reverse() } else { order }
}

fn matches(state: &State, query: &ListQuery, record: &Record) -> bool {
    let edge = |wanted: &dyn Fn(&Edge) -> bool| state.edges.values().any(|edge| edge.from == record.id && wanted(edge));
    let shown_to = |ids: &[_]| {
        let shows = [OWNER, OWNING_TEAM, EDITOR, VIEWER];
        record.visibility == Visibility::Open || edge(&|e| shows.contains(&e.relation) && ids.contains(&e.to))
    };
    query.states.holds(record)
        && query.parent.is_none_or(|parent| record.parent == Some(parent))
        && !(query.roots_only && record.parent.is_some())
        && query.within.as_ref().is_none_or(|fqn| is_below(&record.fqn, fqn))
        && query.linked.iter().all(|(relation, to)| edge(&|e| e.relation == *relation && to.contains(&e.to)))
        && !query.unlinked.iter().any(|relation| edge(&|e| e.relation == *relation))
        && query.linked_from.is_none_or(|(source, relation)| {
            state.edges.values().any(|e| e.from == source && e.relation == relation && e.to == record.id)
        })
        && query.fields.iter().all(|(field, value)| equals(record.body.get(*field), value))
        && query.ids.as_ref().is_none_or(|ids| ids.contains(&record.id))
        && query.name.as_ref().is_none_or(|name| record.name == *name)
        && query.containing.iter().all(|part| contains(record, part))
        && query.since.is_none_or(|since| record.created.at >= since)
        && (!query.hidden || record.visibility != Visibility::Open)
        && query.deleted_with.is_none_or(|with| with == deleted_with(state, record))
        && query.visible_to.as_ref().is_none_or(|ids| shown_to(ids))
}

fn deleted_with(state: &State, record: &Record) -> DeletedWith {
    state.deleted_with.get(&record.id).map_or(DeletedWith::Nothing, |root| DeletedWith::Record(*root))
}

fn equals(found: Option<&Value>, wanted: &Value) -> bool {
    match (found.unwrap_or(&Value::Null), wanted) {
        (Value::Null, Value::Bool(false)) => true,
        (Value::Number(found), Value::Number(wanted)) => number::is_same(found, wanted),
        (found, wanted) => found == wanted,
    }
}

fn contains(record: &Record, part: &str) -> bool {
    let description = record.body.get("description").and_then(Value::as_str);
    text::fold(&record.name).contains(part) || description.is_some_and(|text| text::fold(text).contains(part))
}
