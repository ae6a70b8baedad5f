//! Records, edges, cards and the view that puts them together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use crate::body::Body;
use crate::id::{AccountId, EdgeId, Millis, RecordId, Revision};
use crate::kind::{Kind, Visibility};
use crate::kinds::shared::CERTIFICATION;
use crate::relation::{self, BY_QUERY, ITEM_TERMS, NOMINAL, OF_A_VIEW, Relation, UNTIL};

/// One record at one revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: RecordId,
    pub account: AccountId,
    pub kind: Kind,
    pub name: String,
    pub fqn: String,
    pub parent: Option<RecordId>,
    pub revision: Revision,
    /// In tenths: 1 is 0.1.
    pub version: u32,
    pub content_revision: u32,
    pub created: Stamp,
    pub updated: Stamp,
    pub state: State,
    pub visibility: Visibility,
    pub body: Body,
    /// What the last change of `version` changed, against `change.previous_version`.
    pub change: Option<Arc<Change>>,
}

/// When and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    pub at: Millis,
    pub by: Actor,
}

/// Who did something: the user's id, and the name he had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: RecordId,
    pub name: Arc<str>,
    /// The name of the program that acted for the user, where it was not he himself. Kept in the log, and with a record of
    /// its updates; so is the door.
    pub through: Option<Arc<str>>,
    /// The name of the door that it came in by. `None` for what the server did of itself, and for what was written before
    /// doors were noted.
    pub door: Option<Arc<str>>,
}

/// The door that runs of ingestions write by, whoever started them and from where.
pub const INGESTION: &str = "ingestion";

impl Actor {
    /// Of what somebody did who has not proven who he is, and of what nobody did.
    pub fn nobody() -> Actor {
        Actor { id: RecordId::from_uuid(uuid::Uuid::nil()), name: "".into(), through: None, door: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Alive,
    /// Can be restored. Whether it still holds its name is the kind's (or the deleter's) choice.
    Deleted {
        holds_name: bool,
    },
}

impl State {
    pub fn is_alive(self) -> bool {
        self == State::Alive
    }
    pub fn holds_name(self) -> bool {
        matches!(self, State::Alive | State::Deleted { holds_name: true })
    }
}

/// The difference between two versions, in the core's field and relation names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// In tenths.
    pub previous_version: u32,
    pub added: Vec<FieldChange>,
    pub updated: Vec<FieldChange>,
    pub deleted: Vec<FieldChange>,
}

/// `field` is a field or relation name, dotted for parts (`columns.id.description`).
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub field: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.updated.is_empty() && self.deleted.is_empty()
    }

    /// Names of the fields and relations that differ, without their parts.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.added.iter().chain(&self.updated).chain(&self.deleted).map(|c| c.field.split('.').next().unwrap_or(""))
    }
}

/// One relation from a record to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    pub id: EdgeId,
    pub from: RecordId,
    pub relation: Relation,
    /// The place inside the source: empty, or a path such as `columns/a.b`.
    pub at: String,
    pub ord: u32,
    pub to: RecordId,
    pub attributes: Map<String, Value>,
    /// The source's revisions between which the edge lived; `until` is exclusive.
    pub since: Revision,
    pub until: Option<Revision>,
}

impl Edge {
    /// The terms of an item, in order, where this is the edge to its asset.
    pub fn item_terms(&self) -> impl Iterator<Item = RecordId> + '_ {
        let terms = self.attributes.get(ITEM_TERMS).and_then(Value::as_array);
        terms.into_iter().flatten().filter_map(|text| text.as_str()?.parse().ok())
    }

    /// Whether a role was given without the rows that go with it.
    pub fn is_nominal(&self) -> bool {
        self.attributes.get(NOMINAL) == Some(&Value::Bool(true))
    }

    /// Whether it leads to what the product's query brought in, and nobody by hand.
    pub fn is_by_query(&self) -> bool {
        self.attributes.get(BY_QUERY) == Some(&Value::Bool(true))
    }

    /// When what it says ends by itself, where it does.
    pub fn ends_at(&self) -> Option<Millis> {
        self.attributes.get(UNTIL).and_then(Value::as_i64).map(Millis)
    }

    /// Whether what it says lasts at least until then; `None` is without end.
    pub fn lives_until(&self, until: Option<Millis>) -> bool {
        self.ends_at().is_none_or(|ends| until.is_some_and(|until| ends >= until))
    }

    /// Whether a view says so itself that it reads what the edge leads to.
    pub fn is_of_a_view(&self) -> bool {
        self.attributes.get("source").and_then(Value::as_str) == Some(OF_A_VIEW)
    }
}

/// What a reference shows of the record it leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub id: RecordId,
    pub account: AccountId,
    pub kind: Kind,
    pub name: String,
    pub fqn: String,
    pub parent: Option<RecordId>,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub state: State,
    pub visibility: Visibility,
}

impl Card {
    pub fn of(record: &Record) -> Card {
        Card {
            id: record.id,
            account: record.account,
            kind: record.kind,
            name: record.name.clone(),
            fqn: record.fqn.clone(),
            parent: record.parent,
            display_name: record.body.text("display_name"),
            description: record.body.text("description"),
            state: record.state,
            visibility: record.visibility,
        }
    }
}

/// A record with the edges and cards that the reader asked for.
#[derive(Debug, Clone)]
pub struct View {
    pub record: Record,
    /// Edges from the record, in order of relation, place, `ord`.
    pub edges: Vec<Edge>,
    /// The targets of the edges, and the ancestors of the record.
    pub cards: foldhash::HashMap<RecordId, Arc<Card>>,
    /// Ancestors, the parent first.
    pub ancestors: Vec<Arc<Card>>,
    /// Edges that the record has from its ancestors (or domains), where it has none of its own.
    pub inherited: Vec<Edge>,
}

/// Edges with the cards of their targets, by the places inside the record where they start.
pub type TargetsByPlace<'v> = HashMap<&'v str, Vec<(&'v Edge, &'v Arc<Card>)>>;

impl View {
    pub fn id(&self) -> RecordId {
        self.record.id
    }

    pub fn field(&self, name: &str) -> Option<&Value> {
        self.record.body.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }

    /// What a field says, by the present names of what it names.
    pub fn said(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name == CERTIFICATION.name {
            true => self.certification().map(Cow::Owned),
            false => self.field(name).map(Cow::Borrowed),
        }
    }

    /// The tag that certifies the record now. The reader has asked for [`relation::CERTIFIED_BY`].
    pub fn certified_by(&self) -> Option<&Arc<Card>> {
        self.targets(relation::CERTIFIED_BY).next().map(|(_, tag)| tag)
    }

    /// What certifies the record, or has done so, by the present name of the tag. Where that is over, or the tag is gone, it
    /// is what was said when it was put on.
    pub fn certification(&self) -> Option<Value> {
        let mut said = self.field(CERTIFICATION.name)?.clone();
        if let Some(tag) = self.certified_by()
            && let Some(Value::Object(label)) = said.get_mut("tag_label")
        {
            let present =
                [("tag_fqn", Some(&tag.fqn)), ("name", Some(&tag.name)), ("display_name", tag.display_name.as_ref())];
            for (member, now) in present {
                if let (Some(member), Some(now)) = (label.get_mut(member), now) {
                    *member = now.as_str().into();
                }
            }
        }
        Some(said)
    }

    /// Own edges of a relation that start at the record itself, with the cards of targets that are alive.
    pub fn targets(&self, relation: Relation) -> impl Iterator<Item = (&Edge, &Arc<Card>)> {
        self.targets_at(relation, "")
    }

    /// The same for one place inside the record.
    pub fn targets_at<'a>(
        &'a self,
        relation: Relation,
        at: &'a str,
    ) -> impl Iterator<Item = (&'a Edge, &'a Arc<Card>)> {
        self.edges
            .iter()
            .filter(move |edge| edge.relation == relation && edge.at == at)
            .filter_map(|edge| self.cards.get(&edge.to).filter(|card| card.state.is_alive()).map(|card| (edge, card)))
    }

    /// All of them by their places, for who goes through thousands of these.
    pub fn targets_by_place(&self, relation: Relation) -> TargetsByPlace<'_> {
        let mut by_place = TargetsByPlace::new();
        for edge in self.edges.iter().filter(|edge| edge.relation == relation) {
            if let Some(card) = self.cards.get(&edge.to).filter(|card| card.state.is_alive()) {
                by_place.entry(&edge.at).or_default().push((edge, card));
            }
        }
        by_place
    }

    /// Inherited edges of a relation.
    pub fn inherited_targets(&self, relation: Relation) -> impl Iterator<Item = (&Edge, &Arc<Card>)> {
        self.inherited
            .iter()
            .filter(move |edge| edge.relation == relation)
            .filter_map(|edge| self.cards.get(&edge.to).filter(|card| card.state.is_alive()).map(|card| (edge, card)))
    }

    /// What a relation leads to, or where it leads nowhere, what it leads to from above.
    pub fn own_or_inherited(&self, relation: Relation) -> Vec<Arc<Card>> {
        let own: Vec<Arc<Card>> = self.targets(relation).map(|(_, card)| card.clone()).collect();
        if own.is_empty() { self.inherited_targets(relation).map(|(_, card)| card.clone()).collect() } else { own }
    }

    /// Who answers for the record: what names no owner belongs to its owning team, before it belongs to who owns what is above.
    /// The reader has asked for both relations, with what is inherited.
    pub fn owners(&self) -> Vec<Arc<Card>> {
        self.owning().into_iter().map(|(_, card)| card.clone()).collect()
    }

    /// The same, each by what makes it an owner: an edge of the record, or of a place above it.
    pub fn owning(&self) -> Vec<(&Edge, &Arc<Card>)> {
        let kind = self.record.kind;
        if !kind.inherits(relation::OWNER) {
            return self.targets(relation::OWNER).collect();
        }
        let has = |relation: Relation| kind.has(relation) && self.targets(relation).next().is_some();
        let is_of_team = !has(relation::OWNER) && has(relation::OWNING_TEAM);
        let relation = if is_of_team { relation::OWNING_TEAM } else { relation::OWNER };
        let own: Vec<(&Edge, &Arc<Card>)> = self.targets(relation).collect();
        if own.is_empty() { self.inherited_targets(relation).collect() } else { own }
    }

    /// The domains that the record is in: those that it names, or that what is above it names, or the one that it stands
    /// below. The reader has asked for the relation, with what is inherited.
    pub fn domains(&self) -> Vec<Arc<Card>> {
        let mut domains = self.own_or_inherited(relation::IN_DOMAIN);
        if domains.is_empty() {
            domains.extend(self.ancestor("domain").filter(|card| card.state.is_alive()).cloned());
        }
        domains
    }

    /// The parent's card.
    pub fn parent(&self) -> Option<&Arc<Card>> {
        self.ancestors.first()
    }

    /// The nearest ancestor of a kind.
    pub fn ancestor(&self, kind: &str) -> Option<&Arc<Card>> {
        self.ancestors.iter().find(|card| card.kind.is(kind))
    }
}
