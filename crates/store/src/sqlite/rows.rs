//! Rows and what they stand for: the one place that knows how records, edges and the rest are written in columns.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_model::change_set::{Credential, CredentialClass, Event, EventKind, RememberedAnswer, SealedSecret};
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, CredentialId, EdgeId, Millis, RecordId, Revision, Seq};
use emporion_model::kind::{Kind, Visibility};
use emporion_model::record::{Actor, Body, Change, Edge, FieldChange, Record, Stamp, State};
use emporion_model::registry::Registry;
use emporion_model::relation::{self, Relation};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::SqliteError;

/// The columns that `Codec::record` reads, in its order; `records` and `revisions` both have them.
pub const RECORD: &str = "id, account, kind, parent, name, fqn, state, revision, version, content_revision, created_at, \
     created_by, created_by_name, updated_at, updated_by, updated_by_name, visibility, change, body, updated_through, \
     updated_door";
/// The columns that `Codec::edge` reads, but for `until`, which only ended edges have.
pub const EDGE: &str = "id, source, relation, place, ord, target, attributes, since";
pub const CREDENTIAL: &str = "id, account, user, class, public, label, secret, created_at, expires_at, made_with";

/// Stands in the place of the body of a past state that shares it, and its change, with the state after it.
pub const SHARED: &str = "";

/// How a state stands in its column.
pub const ALIVE: i64 = 0;
pub const DELETED_HOLDING: i64 = 1;
pub const DELETED_FREED: i64 = 2;

pub const fn state_code(state: State) -> i64 {
    match state {
        State::Alive => ALIVE,
        State::Deleted { holds_name: true } => DELETED_HOLDING,
        State::Deleted { holds_name: false } => DELETED_FREED,
    }
}

pub const fn visibility_code(visibility: Visibility) -> i64 {
    match visibility {
        Visibility::Open => 0,
        Visibility::Granted => 1,
    }
}

/// The columns that `Codec::event` reads.
pub const EVENT: &str = "seq, account, at, by_id, by_name, what, kind, id, fqn, revision, detail, by_through, by_door";

/// Reads rows; knows the kinds and relations of the running catalogue.
#[derive(Debug)]
pub struct Codec {
    registry: Registry,
    relations: HashMap<&'static str, Relation>,
}

impl Codec {
    pub fn new(registry: Registry) -> Codec {
        let declared = registry.iter().flat_map(|kind| kind.relations().collect::<Vec<_>>());
        let relations = relation::ALL.iter().copied().chain(declared).map(|r| (r.name(), r)).collect();
        Codec { registry, relations }
    }

    pub fn kind(&self, name: &str) -> Result<Kind, SqliteError> {
        self.registry.get(name).ok_or_else(|| SqliteError::internal(format!("a row of the unknown kind {name:?}")))
    }

    /// A record that refers to another, and by which relation.
    pub fn referrer(&self, row: &Row<'_>) -> Result<(Relation, RecordId), SqliteError> {
        Ok((self.relation(text(row, 0)?)?, id(row, 1)?))
    }

    fn relation(&self, name: &str) -> Result<Relation, SqliteError> {
        let known = self.relations.get(name).copied();
        known.ok_or_else(|| SqliteError::internal(format!("an edge of the unknown relation {name:?}")))
    }

    pub fn record(&self, row: &Row<'_>) -> Result<Record, SqliteError> {
        self.past(row, None)
    }

    /// A state, which may share its body and its change with the state after it.
    pub fn past(&self, row: &Row<'_>, after: Option<&Record>) -> Result<Record, SqliteError> {
        let shared = match (text(row, 18)?, after) {
            (SHARED, Some(after)) => Some(after),
            (SHARED, None) => return Err(SqliteError::internal("a state without a body, and none after it")),
            _ => None,
        };
        Ok(Record {
            id: id(row, 0)?,
            account: AccountId::from_uuid(uuid(row, 1)?),
            kind: self.kind(text(row, 2)?)?,
            parent: parent(row, 3)?,
            name: text(row, 4)?.to_owned(),
            fqn: text(row, 5)?.to_owned(),
            state: match row.get::<_, i64>(6)? {
                ALIVE => State::Alive,
                DELETED_HOLDING => State::Deleted { holds_name: true },
                DELETED_FREED => State::Deleted { holds_name: false },
                other => return Err(SqliteError::internal(format!("a record in the unknown state {other}"))),
            },
            revision: Revision(count(row, 7)?),
            version: small(row, 8)?,
            content_revision: small(row, 9)?,
            created: stamp(row, 10)?,
            updated: stamp_with_way(row, 13, 19)?,
            visibility: if row.get::<_, i64>(16)? == 0 { Visibility::Open } else { Visibility::Granted },
            change: match (shared, row.get_ref(17)?) {
                (Some(after), _) => after.change.clone(),
                (None, ValueRef::Null) => None,
                _ => Some(Arc::new(read_change(text(row, 17)?)?)),
            },
            body: match shared {
                Some(after) => after.body.clone(),
                None => stored(Body::stored(text(row, 18)?))?,
            },
        })
    }

    /// An edge; `until` stands behind the columns of `EDGE` where the edge has ended.
    pub fn edge(&self, row: &Row<'_>, ended: bool) -> Result<Edge, SqliteError> {
        Ok(Edge {
            id: EdgeId::from_uuid(uuid(row, 0)?),
            from: id(row, 1)?,
            relation: self.relation(text(row, 2)?)?,
            at: text(row, 3)?.to_owned(),
            ord: small(row, 4)?,
            to: id(row, 5)?,
            attributes: match row.get_ref(6)? {
                ValueRef::Null => Map::new(),
                _ => object(text(row, 6)?)?,
            },
            since: Revision(count(row, 7)?),
            until: if ended { Some(Revision(count(row, 8)?)) } else { None },
        })
    }

    pub fn event(&self, row: &Row<'_>) -> Result<(Seq, Event), SqliteError> {
        let what = text(row, 5)?;
        Ok((
            Seq(count(row, 0)?),
            Event {
                account: AccountId::from_uuid(uuid(row, 1)?),
                at: Millis(row.get(2)?),
                by: actor(row, 3, Some(11))?,
                what: EventKind::ALL
                    .iter()
                    .copied()
                    .find(|known| known.name() == what)
                    .ok_or_else(|| SqliteError::internal(format!("an event of the unknown sort {what:?}")))?,
                kind: self.kind(text(row, 6)?)?,
                id: id(row, 7)?,
                fqn: text(row, 8)?.to_owned(),
                revision: Revision(count(row, 9)?),
                detail: match row.get_ref(10)? {
                    ValueRef::Null => None,
                    _ => Some(parse(text(row, 10)?)?),
                },
            },
        ))
    }
}

pub fn credential(row: &Row<'_>) -> Result<Credential, SqliteError> {
    let class = text(row, 3)?;
    Ok(Credential {
        id: CredentialId::from_uuid(uuid(row, 0)?),
        account: AccountId::from_uuid(uuid(row, 1)?),
        user: id(row, 2)?,
        class: CredentialClass::ALL
            .iter()
            .copied()
            .find(|known| known.name() == class)
            .ok_or_else(|| SqliteError::internal(format!("a credential of the unknown class {class:?}")))?,
        public: text(row, 4)?.to_owned(),
        label: text(row, 5)?.to_owned(),
        secret: blob(row, 6)?.to_vec(),
        created: Millis(row.get(7)?),
        expires: row.get::<_, Option<i64>>(8)?.map(Millis),
        made_with: match row.get_ref(9)? {
            ValueRef::Null => None,
            _ => Some(CredentialId::from_uuid(uuid(row, 9)?)),
        },
    })
}

pub fn follower_state(row: &Row<'_>, follower: &str) -> Result<FollowerState, SqliteError> {
    Ok(FollowerState {
        follower: follower.to_owned(),
        key: text(row, 0)?.to_owned(),
        account: AccountId::from_uuid(uuid(row, 1)?),
        position: Seq(count(row, 2)?),
        data: object(text(row, 3)?)?,
    })
}

pub fn secret(row: &Row<'_>) -> Result<SealedSecret, SqliteError> {
    Ok(SealedSecret {
        path: text(row, 0)?.to_owned(),
        sealed: blob(row, 1)?.to_vec(),
        fingerprint: blob(row, 2)?.to_vec(),
    })
}

pub fn answer(row: &Row<'_>, account: AccountId, scope: &str, key: &str) -> Result<RememberedAnswer, SqliteError> {
    Ok(RememberedAnswer {
        account,
        scope: scope.to_owned(),
        key: key.to_owned(),
        fingerprint: blob(row, 0)?.to_vec(),
        status: row.get(1)?,
        body: blob(row, 2)?.to_vec().into(),
        at: Millis(row.get(3)?),
    })
}

pub fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, SqliteError> {
    row.get_ref(column)?.as_str().map_err(|error| SqliteError::internal(format!("column {column}: {error}")))
}

fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8], SqliteError> {
    row.get_ref(column)?.as_blob().map_err(|error| SqliteError::internal(format!("column {column}: {error}")))
}

pub fn uuid(row: &Row<'_>, column: usize) -> Result<Uuid, SqliteError> {
    Uuid::from_slice(blob(row, column)?).map_err(|error| SqliteError::internal(format!("column {column}: {error}")))
}

pub fn id(row: &Row<'_>, column: usize) -> Result<RecordId, SqliteError> {
    Ok(RecordId::from_uuid(uuid(row, column)?))
}

/// `None` where it stands below none.
pub fn parent(row: &Row<'_>, column: usize) -> Result<Option<RecordId>, SqliteError> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => Ok(Some(id(row, column)?)),
    }
}

pub fn count(row: &Row<'_>, column: usize) -> Result<u64, SqliteError> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| SqliteError::internal(format!("column {column} is negative")))
}

fn small(row: &Row<'_>, column: usize) -> Result<u32, SqliteError> {
    Ok(row.get(column)?)
}

fn stamp(row: &Row<'_>, first: usize) -> Result<Stamp, SqliteError> {
    Ok(Stamp { at: Millis(row.get(first)?), by: actor(row, first + 1, None)? })
}

fn stamp_with_way(row: &Row<'_>, first: usize, way: usize) -> Result<Stamp, SqliteError> {
    Ok(Stamp { at: Millis(row.get(first)?), by: actor(row, first + 1, Some(way))? })
}

/// Id and name; at `way`, where it is kept, the program and the door.
pub fn actor(row: &Row<'_>, first: usize, way: Option<usize>) -> Result<Actor, SqliteError> {
    let word = |column: usize| match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => text(row, column).map(|word| Some(word.into())),
    };
    let (through, door) = match way {
        Some(way) => (word(way)?, word(way + 1)?),
        None => (None, None),
    };
    Ok(Actor { id: id(row, first)?, name: text(row, first + 1)?.into(), through, door })
}

/// Numbers beyond what a signed column holds do not occur: counters begin at 1 and rise one by one.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub fn parse(json: &str) -> Result<Value, SqliteError> {
    stored(serde_json::from_str(json))
}

fn object(json: &str) -> Result<Map<String, Value>, SqliteError> {
    stored(serde_json::from_str(json))
}

fn stored<T>(read: serde_json::Result<T>) -> Result<T, SqliteError> {
    read.map_err(|error| SqliteError::internal(format!("stored JSON: {error}")))
}

pub fn write_object(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).expect("a JSON object can always be printed")
}

/// Attributes of most edges are empty; those take no room.
pub fn write_attributes(attributes: &Map<String, Value>) -> Option<String> {
    (!attributes.is_empty()).then(|| write_object(attributes))
}

/// A change as JSON: `{"previous":1,"added":[…],"updated":[…],"deleted":[…]}`, empty lists left out.
pub fn write_change(change: &Change) -> String {
    let mut json = json!({ "previous": change.previous_version });
    for (name, list) in [("added", &change.added), ("updated", &change.updated), ("deleted", &change.deleted)] {
        if !list.is_empty() {
            json[name] = list.iter().map(write_field).collect();
        }
    }
    json.to_string()
}

fn write_field(change: &FieldChange) -> Value {
    let mut json = json!({ "field": change.field });
    // Absent and null are two things.
    if let Some(old) = &change.old {
        json["old"] = old.clone();
    }
    if let Some(new) = &change.new {
        json["new"] = new.clone();
    }
    json
}

fn read_change(json: &str) -> Result<Change, SqliteError> {
    let mut json = object(json)?;
    let mut list = |name: &str| match json.remove(name) {
        Some(Value::Array(items)) => items.into_iter().map(read_field).collect(),
        _ => Ok(Vec::new()),
    };
    let (added, updated, deleted) = (list("added")?, list("updated")?, list("deleted")?);
    let previous = json.get("previous").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let previous_version = previous.ok_or_else(|| SqliteError::internal("a change without its previous version"))?;
    Ok(Change { previous_version, added, updated, deleted })
}

fn read_field(mut json: Value) -> Result<FieldChange, SqliteError> {
    let map = json.as_object_mut().ok_or_else(|| SqliteError::internal("a change of a field that is no object"))?;
    match map.remove("field") {
        Some(Value::String(field)) => Ok(FieldChange { field, old: map.remove("old"), new: map.remove("new") }),
        _ => Err(SqliteError::internal("a change of a field without its name")),
    }
}

/// What stands around `version` in the change text of a record that is deleted or restored with its root, so that one
/// statement writes it for all.
pub fn mark_change(deletes: bool) -> (&'static str, &'static str) {
    if deletes {
        (r#"{"previous":"#, r#","updated":[{"field":"deleted","old":false,"new":true}]}"#)
    } else {
        (r#"{"previous":"#, r#","updated":[{"field":"deleted","old":true,"new":false}]}"#)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let change = Change {
            previous_version: 3,
            added: vec![FieldChange { field: "a".into(), old: None, new: Some(Value::Null) }],
            updated: vec![FieldChange { field: "b".into(), old: Some(json!([1])), new: Some(json!({"x": 1})) }],
            deleted: vec![FieldChange { field: "c.d".into(), old: Some(json!("")), new: None }],
        };
        assert_eq!(read_change(&write_change(&change)).unwrap(), change);
    }

    #[test]
    fn the_change_of_a_marked_record_can_be_read() {
        for (deletes, old, new) in [(true, false, true), (false, true, false)] {
            let (before, after) = mark_change(deletes);
            let change = read_change(&format!("{before}12{after}")).unwrap();
            let field = FieldChange { field: "deleted".into(), old: Some(old.into()), new: Some(new.into()) };
            assert_eq!(change, Change { previous_version: 12, updated: vec![field], ..Default::default() });
        }
    }
}
