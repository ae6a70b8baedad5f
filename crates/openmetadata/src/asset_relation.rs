//! Assets as nouns declare them: what a record holds by a relation, with operations of its own.

use emporion_catalog::command::How;
use emporion_catalog::relation::{OWNER, Relation, TAGGED};
use emporion_edge::shape::{Member, Struct, TEXT};

use crate::list_of;
use crate::members::{REFERENCE_INPUT, TAG_LABEL_INPUT, boolean, list};
use crate::noun::Direction;

/// What a record holds: `GET /{collection}/{id}/{path}` lists it, `PUT /{collection}/{name}/{path}/add` and `…/remove`
/// change it, many at a time, where it is the holder's to change.
#[derive(Debug, Clone, Copy)]
pub struct AssetRelation {
    pub path: &'static str,
    pub relation: Relation,
    /// `Out`: the holder leads to its assets, so that one change of it takes any number. `In`: each asset leads to its
    /// holder, and is changed by itself.
    pub direction: Direction,
    /// What refusals call the relation.
    pub field: &'static str,
    /// How an asset is added: beside the others of its relation, or in their place.
    pub add: How,
    pub request: &'static Struct,
    /// Only the asset says it: there is nothing to add or remove here, and of all that has the relation data assets alone
    /// are listed.
    pub only_listed: bool,
    /// Lists show whole entities, with what `fields` asks for, and no references.
    pub whole: bool,
    /// Kinds that lists and counts leave out.
    pub leave_out: &'static [&'static str],
    /// What adding, removing, listing by id and listing by name are said to do…
    pub summaries: [&'static str; 4],
    /// …and counting, where `GET /{collection}/{path}/counts` is served.
    pub count: Option<&'static str>,
}

const ASSETS: Member = Member::optional("assets", list_of!(REFERENCE_INPUT));
static REQUEST: Struct = Struct { name: "BulkAssets", open: false, members: &[ASSETS, boolean("dryRun")] };
/// `glossaryTags` (tags that come along with a term) are derived at each read and need no request of their own.
static LABEL_REQUEST: Struct = Struct {
    name: "AddGlossaryToAssets",
    open: false,
    members: &[
        ASSETS,
        boolean("dryRun"),
        Member::optional("operation", list(&TEXT)),
        Member::optional("glossaryTags", list_of!(TAG_LABEL_INPUT)),
    ],
};

/// Assets that the holder leads to.
pub const fn holds(path: &'static str, relation: Relation, summaries: [&'static str; 4]) -> AssetRelation {
    AssetRelation {
        path,
        relation,
        direction: Direction::Out,
        field: "assets",
        add: How::Add,
        request: &REQUEST,
        only_listed: false,
        whole: false,
        leave_out: &[],
        summaries,
        count: None,
    }
}

/// Assets that name the record as their owner.
pub const fn owned(by_id: &'static str, by_name: &'static str) -> AssetRelation {
    AssetRelation {
        direction: Direction::In,
        field: "owners",
        only_listed: true,
        ..holds("assets", OWNER, ["", "", by_id, by_name])
    }
}

/// Assets that bear the record as a label.
pub const fn labels(summaries: [&'static str; 4]) -> AssetRelation {
    AssetRelation {
        direction: Direction::In,
        field: "tags",
        request: &LABEL_REQUEST,
        ..holds("assets", TAGGED, summaries)
    }
}
