//! What can be asked of a snapshot.

use std::cmp::Ordering;

use serde_json::Value;

use crate::id::{AccountId, Millis, RecordId};
use crate::kind::Kind;
use crate::record::Record;
use crate::relation::Relation;

/// A page of records of one kind. All conditions must hold.
#[derive(Debug, Clone)]
pub struct ListQuery {
    pub account: AccountId,
    pub kind: Kind,
    pub states: States,
    /// Direct children of this record.
    pub parent: Option<RecordId>,
    /// Records without a parent.
    pub roots_only: bool,
    /// All records below this FQN, at any depth.
    pub within: Option<String>,
    /// Records with an edge of the relation to any of the targets.
    pub linked: Vec<(Relation, Vec<RecordId>)>,
    /// Records with no edge of the relation.
    pub unlinked: Vec<Relation>,
    /// Records that the given one has an edge to.
    pub linked_from: Option<(RecordId, Relation)>,
    /// Body fields that equal a value; absent fields equal `null` and, for booleans, `false`.
    pub fields: Vec<(&'static str, Value)>,
    /// Only records with one of these ids.
    pub ids: Option<Vec<RecordId>>,
    /// The name, exactly.
    pub name: Option<String>,
    /// Texts, folded as searches fold them, each of which the name or the description contains when it is folded so.
    pub containing: Vec<String>,
    /// Made at this moment or later.
    pub since: Option<Millis>,
    /// `None`: everything. Otherwise open records, and those with an owner, owning-team, editor or viewer edge to one
    /// of these ids.
    pub visible_to: Option<Vec<RecordId>>,
    /// Only what not everybody in the account sees.
    pub hidden: bool,
    /// What it was deleted with. No plan knows: it is asked of a store.
    pub deleted_with: Option<DeletedWith>,
    pub order: Order,
    pub descending: bool,
    /// Start after this place in the order.
    pub after: Option<Keyset>,
    pub limit: u32,
}

impl ListQuery {
    pub fn of(account: AccountId, kind: Kind) -> ListQuery {
        ListQuery {
            account,
            kind,
            states: States::Alive,
            parent: None,
            roots_only: false,
            within: None,
            linked: Vec::new(),
            unlinked: Vec::new(),
            linked_from: None,
            fields: Vec::new(),
            ids: None,
            name: None,
            containing: Vec::new(),
            since: None,
            visible_to: None,
            hidden: false,
            deleted_with: None,
            order: Order::Name,
            descending: false,
            after: None,
            limit: 100,
        }
    }

    /// Whether nothing but account, kind and state restricts it, so that a tally can answer the count.
    pub fn is_whole_kind(&self) -> bool {
        self.parent.is_none()
            && !self.roots_only
            && self.within.is_none()
            && self.linked.is_empty()
            && self.unlinked.is_empty()
            && self.linked_from.is_none()
            && self.fields.is_empty()
            && self.ids.is_none()
            && self.name.is_none()
            && self.containing.is_empty()
            && self.since.is_none()
            && self.visible_to.is_none()
            && !self.hidden
            && self.deleted_with.is_none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum States {
    Alive,
    /// Deleted and still holding their names: those a client can still ask for.
    Deleted,
    /// Alive, or deleted and holding the name.
    All,
    /// Deleted, whether the name is held or free again.
    Dead,
}

impl States {
    pub fn holds(self, record: &Record) -> bool {
        match self {
            States::Alive => record.state.is_alive(),
            States::Deleted => !record.state.is_alive() && record.state.holds_name(),
            States::All => record.state.holds_name(),
            States::Dead => !record.state.is_alive(),
        }
    }
}

/// What took a record along when it was deleted, and brings it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletedWith {
    /// It was deleted itself, or is alive.
    Nothing,
    Record(RecordId),
}

/// The order of a list; ties are broken by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Name,
    Created,
    Updated,
}

/// A place in a list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    pub key: KeysetKey,
    pub id: RecordId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysetKey {
    Name(String),
    At(Millis),
}

impl ListQuery {
    /// Where a record stands in the order of the list.
    pub fn keyset(&self, record: &Record) -> Keyset {
        let key = match self.order {
            Order::Name => KeysetKey::Name(record.name.clone()),
            Order::Created => KeysetKey::At(record.created.at),
            Order::Updated => KeysetKey::At(record.updated.at),
        };
        Keyset { key, id: record.id }
    }

    /// Whether the record stands behind the one after which the page begins.
    pub fn is_ahead(&self, record: &Record) -> bool {
        let Some(after) = &self.after else { return true };
        let by_key = match &after.key {
            KeysetKey::Name(name) => record.name.cmp(name),
            KeysetKey::At(at) if self.order == Order::Updated => record.updated.at.cmp(at),
            KeysetKey::At(at) => record.created.at.cmp(at),
        };
        let order = by_key.then(record.id.cmp(&after.id));
        if self.descending { order.is_lt() } else { order.is_gt() }
    }

    /// The order of the list.
    pub fn compare(&self, a: &Record, b: &Record) -> Ordering {
        let by_key = match self.order {
            Order::Name => a.name.cmp(&b.name),
            Order::Created => a.created.at.cmp(&b.created.at),
            Order::Updated => a.updated.at.cmp(&b.updated.at),
        };
        let order = by_key.then(a.id.cmp(&b.id));
        if self.descending { order.reverse() } else { order }
    }
}
