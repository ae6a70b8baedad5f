//! What a part of a product is: its names on the wire and in the core, how it lives, and the rules that only it has.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::relation::Relation;
use emporion_edge::shape::Struct;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::item::{Item, Shown};
use super::unique::Unique;
use crate::commit::Makes;
use crate::door::Door;
use crate::error::{Failure, Violation};
use crate::operation::Operation;
use crate::read_context::ReadContext;
use crate::warning::Warning;

/// The content of a part, in the core's names.
pub type Fields = Map<String, Value>;

/// One kind of part.
pub struct Part {
    /// The kind of the core.
    pub kind: &'static str,
    /// What its drafts say they belong to.
    pub word: &'static str,
    /// The section of the document.
    pub section: &'static str,
    /// The path segment below the product, and the name of the path parameter.
    pub folder: &'static str,
    pub label: &'static str,
    /// Members of answers that hold one and many.
    pub one: &'static str,
    pub many: &'static str,
    /// What clients call one and many.
    pub noun: &'static str,
    pub nouns: &'static str,
    pub life: Life,
    pub verbs: &'static [Verb],
    pub create: &'static Struct,
    pub object: &'static Struct,
    /// What lists show of an item, where that is less.
    pub listed: &'static Struct,
    /// Core fields that `?search=` looks into; without any there is no search.
    pub search: &'static [&'static str],
    /// Rules of a request beyond the shapes of its members.
    pub also: fn(&Map<String, Value>, &mut Vec<Violation>),
    /// What others than the catalogue have to say of content that is to be stored. Nobody waits for it.
    pub consult: Consult,
    /// Fills in what the client does not say.
    pub complete: fn(&mut Fields, &Maker<'_>),
    /// What no two live items share.
    pub unique: &'static [Unique],
    /// The one of all that counts, where only one does.
    pub lead: fn(&[Item]) -> Option<Uuid>,
    /// A member of the object that is more than a field.
    pub print: fn(&Shown<'_>, &str) -> Option<Value>,
    /// Leads to another record while the part is live.
    pub link: Option<Link>,
    /// Records that belong to an item alone, and go when it goes.
    pub owns: &'static [Owned],
    /// A setting of the product that says whether it has any, live or drafted.
    pub setting: Option<&'static str>,
    /// What printing needs besides the content, by item.
    pub beside: Besides,
    /// What the rest of the catalogue has to say to what a deploy would make of the items.
    pub stands: for<'a> fn(&'a ReadContext<'a>, &'a [Item], Deploying) -> Later<'a, Standing>,
    /// Members of a list's answer besides the items.
    pub more: More,
    /// Tells a deploy's answer what became of the drafts among the items.
    pub count: fn(&[Item], &Tally, &mut Map<String, Value>),
    /// Rows of the operation table that have no twin among other parts.
    pub rows: fn() -> Vec<Operation>,
}

/// A question to the catalogue on the way to an answer.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Content that somebody wants to store.
pub struct Wanted<'a> {
    pub door: &'a Door,
    pub caller: &'a Caller,
    pub product: RecordId,
    pub fields: &'a Fields,
    pub is_live: bool,
}

/// What was learned of content before it is stored.
#[derive(Default)]
pub struct Told {
    /// Fields that it shall have besides.
    pub fields: Fields,
    /// What printing needs besides it, where that was found out on the way.
    pub beside: Option<Value>,
    /// What is worth saying of it although it can be stored.
    pub warnings: Vec<Warning>,
}

pub type Consult = for<'a> fn(&'a Wanted<'a>) -> Later<'a, Told>;

/// What a deploy does besides promoting the part's own drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deploying {
    /// Tables come, go or change places: what is live already may lose what it stands on.
    pub moves_tables: bool,
}

/// How items stand within the rest of the catalogue.
#[derive(Debug, Default)]
pub struct Standing {
    /// What keeps them from being made live.
    pub violations: Vec<Violation>,
    pub warnings: Vec<Warning>,
}

/// Finds what printing needs besides the content.
pub type Besides = for<'a> fn(&'a ReadContext<'a>, Vec<(Uuid, &'a Fields)>) -> Later<'a, Beside>;

/// Finds members of a list's answer besides the items.
pub type More = for<'a> fn(&'a ReadContext<'a>, &'a [Item]) -> Later<'a, Map<String, Value>>;

/// What printing needs besides the content, by item.
pub type Beside = HashMap<Uuid, Value>;

/// A field that holds the id of another record, and the edge that follows it.
pub struct Link {
    pub field: &'static str,
    pub kind: &'static str,
    pub relation: Relation,
    /// The member of the wire, for error texts.
    pub pointer: &'static str,
}

/// A field that holds the id of a record which belongs to the item alone.
pub struct Owned {
    pub field: &'static str,
    pub kind: &'static str,
}

/// How a part comes to be what readers see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Every write is live at once.
    AtOnce,
    /// Writes are drafts until a deploy, unless they ask not to be.
    Drafted,
    /// The same, and what is live goes with a deploy, too.
    Staged,
    /// As `Drafted`, and a deploy takes the newest draft and throws the older ones away.
    NewestDraft,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    List,
    Create,
    Get,
    /// `POST` on the item: another content in the place of the present one.
    Revise,
    /// `DELETE`, of what is live, too, at once.
    Delete,
}

/// Who writes a part, when, and beside which others.
pub struct Maker<'a> {
    /// What the client says, in its words.
    pub body: &'a Map<String, Value>,
    pub user: RecordId,
    pub now_ms: i64,
    /// What is written stands already, with this content.
    pub before: Option<&'a Fields>,
    /// The number after the highest that any of the product's has had.
    pub next: i64,
}

/// What a deploy does with the drafts of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub promoted: usize,
    pub deleted: usize,
    /// Drafts that cease to exist, promoted ones included.
    pub removed: usize,
}

/// A part without names and without rules of its own, for `..PLAIN` in the constants of parts.
pub const PLAIN: Part = Part {
    kind: "",
    word: "",
    section: "",
    folder: "",
    label: "",
    one: "",
    many: "",
    noun: "",
    nouns: "",
    life: Life::AtOnce,
    verbs: &[],
    create: Struct::EMPTY,
    object: Struct::EMPTY,
    listed: Struct::EMPTY,
    search: &[],
    also: |_, _| {},
    consult: |_| Box::pin(async { Ok(Told::default()) }),
    complete: |_, _| {},
    unique: &[],
    lead: |_| None,
    print: |_, _| None,
    link: None,
    owns: &[],
    setting: None,
    beside: |_, _| Box::pin(async { Ok(Beside::new()) }),
    stands: |_, _, _| Box::pin(async { Ok(Standing::default()) }),
    more: |_, _| Box::pin(async { Ok(Map::new()) }),
    count: |_, _, _| {},
    rows: Vec::new,
};

impl Part {
    /// The shape of an item in lists.
    pub fn line(&self) -> &'static Struct {
        if self.listed.members.is_empty() { self.object } else { self.listed }
    }

    /// The path of the collection below the roots.
    pub fn path(&self) -> String {
        format!("/{{dataProductId}}/{}", self.folder)
    }

    /// What a create makes.
    pub fn makes(&self) -> Makes {
        Makes { shown: self.one, id: "id", version: None, folder: self.folder, is_part: true }
    }

    pub fn has_drafts(&self) -> bool {
        self.life != Life::AtOnce
    }
}
