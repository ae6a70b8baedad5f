//! Glossaries.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{counted, shown};
use crate::has;
use crate::members::list;
use crate::noun::Counted;

pub const NOUN: NounDef = NounDef {
    kind: kinds::GLOSSARY,
    entity_type: "glossary",
    collection: "glossaries",
    tag: "Glossaries",
    members: &[&[
        has::DESCRIPTION,
        has::REVIEWERS,
        has::OWNERS,
        counted("usageCount", Counted::ToAnyBelow("tagged")),
        counted("termCount", Counted::Below("glossary_term")),
        has::TAGS,
        has::PROVIDER,
        has::DISABLED,
        has::MUTUALLY_EXCLUSIVE,
        has::DOMAINS,
        has::IN_DATA_PRODUCTS,
        has::DATA_CONTRACT,
        has::VOTES,
        has::EXTENSION,
        has::ENTITY_STATUS,
        shown(Member::optional("namespaces", list(&Shape::Object))).fixed(),
    ]],
    rename: true,
    ..PLAIN
};
