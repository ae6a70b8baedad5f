//! What is declared of a part: its names in answers and in the core, its shapes, and how it lives.

use emporion_catalog::relation::Relation;
use emporion_edge::shape::Struct;
use serde_json::{Map, Value};

use crate::failure::Violation;
use crate::message::Message;

/// The content of a part, in the core's names.
pub type Fields = Map<String, Value>;

/// What a part is called, what its requests and answers look like, and how it lives.
pub struct Spec {
    /// The kind of the core.
    pub kind: &'static str,
    /// What its drafts say they belong to.
    pub word: &'static str,
    /// Members of answers that hold one and many.
    pub one: &'static str,
    pub many: &'static str,
    /// What clients call one and many.
    pub noun: &'static str,
    pub nouns: &'static str,
    pub life: Life,
    pub create: &'static Struct,
    pub object: &'static Struct,
    /// What lists show of an item, where that is less.
    pub listed: &'static Struct,
    /// Core fields that `?search=` looks into; without any there is no search.
    pub search: &'static [&'static str],
    /// What no two live items share.
    pub unique: &'static [Unique],
    /// Leads to another record while the part is live.
    pub link: Option<Link>,
    /// Records that belong to an item alone, and go when it goes.
    pub owns: &'static [Owned],
    /// A setting of the product that says whether it has any, live or drafted.
    pub setting: Option<&'static str>,
}

/// One thing that is unique among the live items of a product.
pub struct Unique {
    /// The member of the wire that holds it.
    pub pointer: &'static str,
    /// The form in which it is compared; `None` compares with nothing.
    pub form: fn(&Fields) -> Option<String>,
    /// The field that keeps the form, where one does: others of the same form are then found without reading all.
    pub kept: Option<&'static str>,
    /// What a client reads of a second one of this form.
    pub message: fn(String) -> Message,
}

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

/// Without names, for `..PLAIN` in the constants of parts.
pub const PLAIN: Spec = Spec {
    kind: "",
    word: "",
    one: "",
    many: "",
    noun: "",
    nouns: "",
    life: Life::AtOnce,
    create: Struct::EMPTY,
    object: Struct::EMPTY,
    listed: Struct::EMPTY,
    search: &[],
    unique: &[],
    link: None,
    owns: &[],
    setting: None,
};

impl Spec {
    /// The shape of an item in lists.
    pub fn line(&self) -> &'static Struct {
        if self.listed.members.is_empty() { self.object } else { self.listed }
    }

    pub fn has_drafts(&self) -> bool {
        self.life != Life::AtOnce
    }
}

impl Unique {
    pub fn violation(&self, form: String) -> Violation {
        Violation::new(self.pointer, "unique", (self.message)(form))
    }
}
