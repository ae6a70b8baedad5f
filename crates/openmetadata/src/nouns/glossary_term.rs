//! Terms of a glossary.

use emporion_catalog::kinds;
use emporion_catalog::kinds::glossary_term::MAPPINGS;
use emporion_edge::shape::{Member, Shape, Struct};

use crate::asset_relation::labels;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, counted, directly_under, related, under};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Counted, Filter, FilterBy, Input, OnPut, Output, Reference};

static TERM_REFERENCE: Struct =
    Struct { name: "TermReference", open: false, members: &[text("name"), Member::optional("endpoint", URL)] };
static CONCEPT_MAPPING: Struct = Struct {
    name: "ConceptMapping",
    open: false,
    members: &[
        Member::required("conceptIri", URL),
        Member::required("mappingType", Shape::Enumeration(MAPPINGS)),
        Member::optional("schemeIri", URL),
        text("source"),
    ],
};
static TERM_RELATION: Struct =
    Struct { name: "TermRelation", open: false, members: &[text("relationType"), reference_required("term")] };
const RELATED: Reference = Reference {
    output: Output::TermRelation,
    ..out("relatedTerms", "related_term", Input::Fqns, &["glossary_term"], OnPut::ReplaceIfPresent)
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::GLOSSARY_TERM,
    entity_type: "glossaryTerm",
    collection: "glossaryTerms",
    tag: "Glossary Terms",
    members: &[&[
        has::DESCRIPTION,
        directly_under("parent", "glossary_term").filtered(FilterBy::Ancestor(&["glossary_term", "glossary"])),
        under("glossary", "glossary"),
        has::STYLE,
        both(Member::optional("iri", URL)),
        both(names("synonyms")),
        both(Member::optional("references", list_of!(TERM_REFERENCE))),
        both(Member::optional("conceptMappings", list_of!(CONCEPT_MAPPING))),
        computed(references("children")).gated().fixed(),
        counted("childrenCount", Counted::Children("glossary_term")),
        counted("usageCount", Counted::ToAnyBelow("tagged")),
        related(
            Some(names_or_references("relatedTerms")),
            Member::optional("relatedTerms", list_of!(TERM_RELATION)),
            RELATED,
        ),
        has::INHERITED_REVIEWERS,
        has::OWNERS,
        has::TAGS,
        has::DOMAINS,
        has::IN_DATA_PRODUCTS,
        has::DATA_CONTRACT,
        has::VOTES,
        has::EXTENSION,
        has::PROVIDER,
        has::DISABLED,
        has::MUTUALLY_EXCLUSIVE,
        has::ENTITY_STATUS.filtered(FilterBy::Text("entity_status")),
    ]],
    assets: &[labels([
        "Put a glossary term on assets",
        "Take a glossary term off assets",
        "List what a glossary term is put on",
        "List what a glossary term is put on",
    ])],
    filters: &[Filter { name: "directChildrenOf", by: FilterBy::Parent(&["glossary_term", "glossary"]) }],
    rename: true,
    moves: true,
    ..PLAIN
};
