//! Assets that are nothing more specific: made in another dialect by those who know their types and forms, read and
//! described here.

use emporion_catalog::kinds;

use crate::definition::{NounDef, PLAIN};
use crate::entry::shown;
use crate::has;
use crate::members::{SOURCE_URL, text};
use crate::noun::{Filter, FilterBy};

pub const NOUN: NounDef = NounDef {
    kind: kinds::ASSET,
    entity_type: "asset",
    collection: "assets",
    tag: "Assets",
    members: &[&[
        shown(text("typeName")).fixed(),
        shown(text("typeRevision")).fixed(),
        shown(text("externalIdentifier")).fixed(),
        shown(SOURCE_URL),
        has::OWNERS,
        has::INHERITED_DOMAINS,
        has::DATA_PRODUCTS,
        has::TAGS,
        has::EXTENSION,
        has::FOLLOWERS,
        has::VOTES,
    ]],
    filters: &[Filter { name: "domain", by: FilterBy::Ancestor(&["domain"]) }],
    made_elsewhere: true,
    soft_delete: false,
    rename: true,
    ..PLAIN
};
