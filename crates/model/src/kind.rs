//! Kinds are data: one constant says everything the core knows of a kind.

use std::borrow::Cow;
use std::fmt;

use crate::facet::Facet;
use crate::field::Field;
use crate::observation::Series;
use crate::parts::PartList;
use crate::relation::Relation;
use crate::rule::Rule;

/// Who sees a record without being given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Any active user of the account sees it.
    Open,
    /// Only owners, the owning team, editors, viewers and administrators see it.
    Granted,
}

/// What a kind of record is: where it stands, what it holds, how it lives.
pub struct KindDef {
    /// Singular, snake_case, unique: `data_product`.
    pub name: &'static str,
    /// Kinds it may stand under. Empty: it never has a parent.
    pub parents: &'static [&'static str],
    pub parent_required: bool,
    /// Declared fields, beside `display_name` and `description`, which every kind has.
    pub fields: &'static [Field],
    /// What every record of the kind can have: owners, tags, followers…
    pub facets: &'static [Facet],
    /// Parts of its records that have names and bear labels.
    pub parts: &'static [PartList],
    /// What is observed of its records.
    pub series: &'static [Series],
    /// Relations that only this kind has.
    pub relations: &'static [Relation],
    /// Where owners, domains, experts and reviewers of its records come from, which they do not name themselves.
    pub inherits_from: Origin,
    /// What of this counts for rights alone: who owns a domain may change the teams in it, and is not said to own them.
    pub inherits_silently: &'static [Relation],
    pub naming: Naming,
    pub on_delete: OnDelete,
    pub visibility: Visibility,
    /// A part of its parent: who may change the parent sees and changes it, nobody else.
    pub part: bool,
    /// Such a part that whoever sees the parent sees as well.
    pub shown: bool,
    /// Such a part that is its maker's own: he sees and changes it while he sees the parent. Those who may give rights on
    /// the parent know of it, and administrators delete it. For everybody else it is not there.
    pub personal: bool,
    /// Such a part that asks for a right: its maker sees it while he sees the parent, and so do those who may give what it
    /// asks for. They decide it, he may take it back, and nobody changes or deletes it otherwise.
    pub asks: bool,
    /// Such a part that is in nobody's way: what it belongs to is deleted without a question whether it has some, and takes
    /// them along.
    pub attends: bool,
    /// Rows lie in its records, or below them.
    pub rows: bool,
    pub asset: Asset,
    /// Data stewards may make its records: the role is one that every account has from the start.
    pub stewarded: bool,
    /// How many an account may have, where there is a limit.
    pub most: Option<u64>,
    /// A change of any record of the kind can alter rights, so it raises the access epoch.
    pub access: bool,
    /// Invariants that concern more than one field, run in order by every change.
    pub rules: &'static [Rule],
    /// Draft fields of a record that passes its own checks; tests loop over it.
    pub sample: fn() -> serde_json::Value,
}

/// Where a record has from what it does not say itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From what it stands below, the nearest first.
    Above,
    /// From the domains that it is in, before that.
    Domains,
}

/// How a kind's names compare and make FQNs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Byte for byte; the FQN is the parent's FQN plus the name.
    Exact,
    /// The same, with this word between the parent's FQN and the name.
    Among(&'static str),
    /// The name is the path below the parent, written as FQNs are: parts of the parent first, such as a column.
    Path,
    /// Case is folded (users); the FQN is the folded name.
    Folded,
    /// Names need not be unique; the FQN ends in the id.
    ById,
}

/// Whether records of a kind are data assets: what products hold, and what people look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    No,
    /// Products can hold it. It contains others, so that inventories do not list it.
    Container,
    /// Products can hold it, and inventories list it.
    Item,
}

/// What a soft delete does to the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// A new record may take it at once.
    FreesName,
    /// It stays taken; an upsert of the name brings the record back.
    KeepsName,
}

/// The parts of a definition that most kinds share, for `..PLAIN` in their constants.
pub const PLAIN: KindDef = KindDef {
    name: "",
    parents: &[],
    parent_required: false,
    fields: &[],
    facets: &[],
    parts: &[],
    series: &[],
    relations: &[],
    inherits_from: Origin::Above,
    inherits_silently: &[],
    naming: Naming::Exact,
    on_delete: OnDelete::KeepsName,
    visibility: Visibility::Open,
    part: false,
    shown: false,
    personal: false,
    asks: false,
    attends: false,
    rows: false,
    asset: Asset::No,
    stewarded: false,
    most: None,
    access: false,
    rules: &[],
    sample: || serde_json::json!({}),
};

/// What no product holds, beside parts: people, rights, what tells others, and what only the core knows.
const NOT_HELD: &[&str] = &[
    "account",
    "asset_type",
    "bot",
    "column",
    "domain",
    "event_subscription",
    "form_type",
    "policy",
    "role",
    "skill",
    "test_definition",
    "user",
];

/// A registered kind. Compared by name.
#[derive(Clone, Copy)]
pub struct Kind(pub &'static KindDef);

impl Kind {
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    pub fn is(self, name: &str) -> bool {
        self.0.name == name
    }

    /// Whether records of the kind may be the source of the relation.
    pub fn has(self, relation: Relation) -> bool {
        self.0.relations.contains(&relation) || self.0.facets.iter().any(|facet| facet.relation() == Some(relation))
    }

    /// Whether a record of the kind is said to have the edges of what is around it where it has none of its own.
    pub fn inherits(self, relation: Relation) -> bool {
        let has_origin = self.0.inherits_from == Origin::Domains || !self.0.parents.is_empty();
        has_origin && self.has(relation) && !self.0.inherits_silently.contains(&relation)
    }

    /// Whether records of the kind may be the target of the relation.
    pub fn takes(self, relation: Relation) -> bool {
        match relation.0.among {
            true => self.has(relation),
            false if relation.0.held => !self.0.part && !NOT_HELD.contains(&self.name()),
            false => relation.0.to.is_empty() || relation.0.to.contains(&self.name()),
        }
    }

    pub fn has_facet(self, facet: Facet) -> bool {
        self.0.facets.contains(&facet)
    }

    pub fn field(self, name: &str) -> Option<&'static Field> {
        crate::field::COMMON.iter().chain(self.0.fields).find(|field| field.name == name)
    }

    pub fn series(self, name: &str) -> Option<Series> {
        self.0.series.iter().copied().find(|series| series.name() == name)
    }

    /// Common fields first, then the declared ones.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        crate::field::COMMON.iter().chain(self.0.fields)
    }

    /// The parts to which a place inside a record belongs, and the path of the one that is meant.
    pub fn part_at(self, place: &str) -> Option<(&'static PartList, &str)> {
        self.0.parts.iter().find_map(|parts| Some((parts, parts.path(place)?)))
    }

    /// Every relation that the kind can be the source of.
    pub fn relations(self) -> impl Iterator<Item = Relation> {
        self.0.facets.iter().filter_map(|facet| facet.relation()).chain(self.0.relations.iter().copied())
    }

    /// What a name of this kind calls its record, without the parts of the parent that it may lead through.
    pub fn own_name(self, name: &str) -> Cow<'_, str> {
        let last = match self.0.naming {
            Naming::Path => crate::name::split(name).and_then(|mut path| path.pop()),
            _ => None,
        };
        last.map_or(Cow::Borrowed(name), Cow::Owned)
    }

    /// The FQN of a record of this kind.
    pub fn fqn(self, parent: Option<&str>, name: &str, id: Option<crate::id::RecordId>) -> String {
        match self.0.naming {
            Naming::Exact => crate::name::join(parent, name),
            Naming::Among(word) => crate::name::join(Some(&crate::name::join(parent, word)), name),
            Naming::Path => match parent {
                Some(parent) => format!("{parent}.{name}"),
                None => name.to_owned(),
            },
            Naming::ById => match id {
                Some(id) => crate::name::join(parent, &id.to_string()),
                None => crate::name::join(parent, name),
            },
            Naming::Folded => crate::name::quote(&crate::name::fold(name)),
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        // Most are the same definition.
        std::ptr::eq(self.0, other.0) || self.0.name == other.0.name
    }
}
impl Eq for Kind {}
impl std::hash::Hash for Kind {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
