//! Rows and what they stand for: the one place that knows how records, edges and the rest are written in columns, in
//! every engine that has columns.

use std::collections::HashMap;
use std::sync::Arc;

use emporion_model::audit_event::{AuditEvent, AuditEventKind};
use emporion_model::change_set::{Credential, CredentialClass, Event, EventKind, RememberedAnswer, SealedSecret};
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, AuditEventId, CredentialId, EdgeId, Millis, RecordId, Revision, Seq};
use emporion_model::kind::{Kind, Visibility};
use emporion_model::ports::StoreError;
use emporion_model::record::{Actor, Body, Change, Edge, FieldChange, Record, Stamp, State};
use emporion_model::registry::Registry;
use emporion_model::relation::{self, Relation};
use serde_json::{Map, Value, json};
use uuid::Uuid;

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

/// The columns that `audit_event` reads.
pub const AUDIT_EVENT: &str = "id, account, at, by_id, by_name, by_through, by_door, what, about, detail";

/// A row of any engine.
pub trait Columns {
    type Error: From<StoreError>;

    fn is_null(&self, column: usize) -> Result<bool, Self::Error>;
    fn text(&self, column: usize) -> Result<&str, Self::Error>;
    fn bytes(&self, column: usize) -> Result<&[u8], Self::Error>;
    fn uuid(&self, column: usize) -> Result<Uuid, Self::Error>;
    fn int(&self, column: usize) -> Result<i64, Self::Error>;
}

/// A column that does not hold what it should.
pub fn wrong(column: usize, error: impl std::fmt::Display) -> StoreError {
    StoreError::Internal(format!("column {column}: {error}"))
}

fn internal(detail: impl Into<String>) -> StoreError {
    StoreError::Internal(detail.into())
}

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

    pub fn kind(&self, name: &str) -> Result<Kind, StoreError> {
        self.registry.get(name).ok_or_else(|| internal(format!("a row of the unknown kind {name:?}")))
    }

    /// The names of all kinds.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.registry.iter().map(Kind::name).collect()
    }

    /// A record; none where it is of a kind that a newer node alone knows.
    pub fn known_record<R: Columns>(&self, row: &R) -> Result<Option<Record>, R::Error> {
        let is_known = self.registry.get(text(row, 2)?).is_some();
        is_known.then(|| self.record(row)).transpose()
    }

    /// The same of an edge and its relation.
    pub fn known_edge<R: Columns>(&self, row: &R, ended: bool) -> Result<Option<Edge>, R::Error> {
        let is_known = self.relations.contains_key(text(row, 2)?);
        is_known.then(|| self.edge(row, ended)).transpose()
    }

    /// A record that refers to another, and by which relation.
    pub fn referrer<R: Columns>(&self, row: &R) -> Result<(Relation, RecordId), R::Error> {
        Ok((self.relation(text(row, 0)?)?, id(row, 1)?))
    }

    fn relation(&self, name: &str) -> Result<Relation, StoreError> {
        let known = self.relations.get(name).copied();
        known.ok_or_else(|| internal(format!("an edge of the unknown relation {name:?}")))
    }

    pub fn record<R: Columns>(&self, row: &R) -> Result<Record, R::Error> {
        self.past(row, None)
    }

    /// A state, which may share its body and its change with the state after it.
    pub fn past<R: Columns>(&self, row: &R, after: Option<&Record>) -> Result<Record, R::Error> {
        let shared = match (text(row, 18)?, after) {
            (SHARED, Some(after)) => Some(after),
            (SHARED, None) => return Err(internal("a state without a body, and none after it").into()),
            _ => None,
        };
        Ok(Record {
            id: id(row, 0)?,
            account: AccountId::from_uuid(uuid(row, 1)?),
            kind: self.kind(text(row, 2)?)?,
            parent: parent(row, 3)?,
            name: text(row, 4)?.to_owned(),
            fqn: text(row, 5)?.to_owned(),
            state: match row.int(6)? {
                ALIVE => State::Alive,
                DELETED_HOLDING => State::Deleted { holds_name: true },
                DELETED_FREED => State::Deleted { holds_name: false },
                other => return Err(internal(format!("a record in the unknown state {other}")).into()),
            },
            revision: Revision(count(row, 7)?),
            version: small(row, 8)?,
            content_revision: small(row, 9)?,
            created: stamp(row, 10)?,
            updated: stamp_with_way(row, 13, 19)?,
            visibility: if row.int(16)? == 0 { Visibility::Open } else { Visibility::Granted },
            change: match shared {
                Some(after) => after.change.clone(),
                None => optional(row, 17, |row| Ok(Arc::new(read_change(text(row, 17)?)?)))?,
            },
            body: match shared {
                Some(after) => after.body.clone(),
                None => stored(Body::stored(text(row, 18)?))?,
            },
        })
    }

    /// An edge; `until` stands behind the columns of `EDGE` where the edge has ended.
    pub fn edge<R: Columns>(&self, row: &R, ended: bool) -> Result<Edge, R::Error> {
        Ok(Edge {
            id: EdgeId::from_uuid(uuid(row, 0)?),
            from: id(row, 1)?,
            relation: self.relation(text(row, 2)?)?,
            at: text(row, 3)?.to_owned(),
            ord: small(row, 4)?,
            to: id(row, 5)?,
            attributes: optional(row, 6, |row| Ok(object(text(row, 6)?)?))?.unwrap_or_default(),
            since: Revision(count(row, 7)?),
            until: if ended { Some(Revision(count(row, 8)?)) } else { None },
        })
    }

    pub fn event<R: Columns>(&self, row: &R) -> Result<(Seq, Event), R::Error> {
        let what = text(row, 5)?;
        Ok((
            Seq(count(row, 0)?),
            Event {
                account: AccountId::from_uuid(uuid(row, 1)?),
                at: Millis(row.int(2)?),
                by: actor(row, 3, Some(11))?,
                what: EventKind::ALL
                    .iter()
                    .copied()
                    .find(|known| known.name() == what)
                    .ok_or_else(|| internal(format!("an event of the unknown sort {what:?}")))?,
                kind: self.kind(text(row, 6)?)?,
                id: id(row, 7)?,
                fqn: text(row, 8)?.to_owned(),
                revision: Revision(count(row, 9)?),
                detail: optional(row, 10, |row| Ok(parse(text(row, 10)?)?))?,
            },
        ))
    }
}

pub fn credential<R: Columns>(row: &R) -> Result<Credential, R::Error> {
    let class = text(row, 3)?;
    Ok(Credential {
        id: CredentialId::from_uuid(uuid(row, 0)?),
        account: AccountId::from_uuid(uuid(row, 1)?),
        user: id(row, 2)?,
        class: CredentialClass::ALL
            .iter()
            .copied()
            .find(|known| known.name() == class)
            .ok_or_else(|| internal(format!("a credential of the unknown class {class:?}")))?,
        public: text(row, 4)?.to_owned(),
        label: text(row, 5)?.to_owned(),
        secret: row.bytes(6)?.to_vec(),
        created: Millis(row.int(7)?),
        expires: optional(row, 8, |row| row.int(8))?.map(Millis),
        made_with: optional(row, 9, |row| row.uuid(9))?.map(CredentialId::from_uuid),
    })
}

pub fn follower_state<R: Columns>(row: &R, follower: &str) -> Result<FollowerState, R::Error> {
    Ok(FollowerState {
        follower: follower.to_owned(),
        key: text(row, 0)?.to_owned(),
        account: AccountId::from_uuid(uuid(row, 1)?),
        position: Seq(count(row, 2)?),
        data: object(text(row, 3)?)?,
    })
}

pub fn audit_event<R: Columns>(row: &R) -> Result<AuditEvent, R::Error> {
    let what = text(row, 7)?;
    Ok(AuditEvent {
        id: AuditEventId::from_uuid(uuid(row, 0)?),
        account: AccountId::from_uuid(uuid(row, 1)?),
        at: Millis(row.int(2)?),
        by: actor(row, 3, Some(5))?,
        what: AuditEventKind::named(what).ok_or_else(|| internal(format!("a line of the unknown sort {what:?}")))?,
        about: optional(row, 8, |row| id(row, 8))?,
        detail: object(text(row, 9)?)?,
    })
}

pub fn secret<R: Columns>(row: &R) -> Result<SealedSecret, R::Error> {
    Ok(SealedSecret {
        path: text(row, 0)?.to_owned(),
        sealed: row.bytes(1)?.to_vec(),
        fingerprint: row.bytes(2)?.to_vec(),
    })
}

pub fn answer<R: Columns>(row: &R, account: AccountId, scope: &str, key: &str) -> Result<RememberedAnswer, R::Error> {
    Ok(RememberedAnswer {
        account,
        scope: scope.to_owned(),
        key: key.to_owned(),
        fingerprint: row.bytes(0)?.to_vec(),
        status: u16::try_from(row.int(1)?).map_err(|error| wrong(1, error))?,
        body: row.bytes(2)?.to_vec().into(),
        at: Millis(row.int(3)?),
    })
}

pub fn text<R: Columns>(row: &R, column: usize) -> Result<&str, R::Error> {
    row.text(column)
}

pub fn uuid<R: Columns>(row: &R, column: usize) -> Result<Uuid, R::Error> {
    row.uuid(column)
}

pub fn id<R: Columns>(row: &R, column: usize) -> Result<RecordId, R::Error> {
    Ok(RecordId::from_uuid(uuid(row, column)?))
}

pub fn optional<R: Columns, T>(
    row: &R,
    column: usize,
    read: impl FnOnce(&R) -> Result<T, R::Error>,
) -> Result<Option<T>, R::Error> {
    if row.is_null(column)? { Ok(None) } else { read(row).map(Some) }
}

/// `None` where it stands below none.
pub fn parent<R: Columns>(row: &R, column: usize) -> Result<Option<RecordId>, R::Error> {
    optional(row, column, |row| id(row, column))
}

pub fn count<R: Columns>(row: &R, column: usize) -> Result<u64, R::Error> {
    Ok(u64::try_from(row.int(column)?).map_err(|error| wrong(column, error))?)
}

fn small<R: Columns>(row: &R, column: usize) -> Result<u32, R::Error> {
    Ok(u32::try_from(row.int(column)?).map_err(|error| wrong(column, error))?)
}

fn stamp<R: Columns>(row: &R, first: usize) -> Result<Stamp, R::Error> {
    Ok(Stamp { at: Millis(row.int(first)?), by: actor(row, first + 1, None)? })
}

fn stamp_with_way<R: Columns>(row: &R, first: usize, way: usize) -> Result<Stamp, R::Error> {
    Ok(Stamp { at: Millis(row.int(first)?), by: actor(row, first + 1, Some(way))? })
}

/// Id and name; at `way`, where it is kept, the program and the door.
pub fn actor<R: Columns>(row: &R, first: usize, way: Option<usize>) -> Result<Actor, R::Error> {
    let word = |column: usize| optional(row, column, |row| text(row, column).map(Into::into));
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

pub fn parse(json: &str) -> Result<Value, StoreError> {
    stored(serde_json::from_str(json))
}

fn object(json: &str) -> Result<Map<String, Value>, StoreError> {
    stored(serde_json::from_str(json))
}

fn stored<T>(read: serde_json::Result<T>) -> Result<T, StoreError> {
    read.map_err(|error| internal(format!("stored JSON: {error}")))
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

fn read_change(json: &str) -> Result<Change, StoreError> {
    let mut json = object(json)?;
    let mut list = |name: &str| match json.remove(name) {
        Some(Value::Array(items)) => items.into_iter().map(read_field).collect(),
        _ => Ok(Vec::new()),
    };
    let (added, updated, deleted) = (list("added")?, list("updated")?, list("deleted")?);
    let previous = json.get("previous").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let previous_version = previous.ok_or_else(|| internal("a change without its previous version"))?;
    Ok(Change { previous_version, added, updated, deleted })
}

fn read_field(mut json: Value) -> Result<FieldChange, StoreError> {
    let map = json.as_object_mut().ok_or_else(|| internal("a change of a field that is no object"))?;
    match map.remove("field") {
        Some(Value::String(field)) => Ok(FieldChange { field, old: map.remove("old"), new: map.remove("new") }),
        _ => Err(internal("a change of a field without its name")),
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
