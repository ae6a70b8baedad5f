//! Terms of a glossary.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::list_of;
use crate::members::*;
use crate::noun::{
    Ancestor, Count, Counted, Filter, FilterBy, Input, Noun, OnPut, Output, Parent, Parentage, Reference,
};

static TERM_REFERENCE: Struct =
    Struct { name: "TermReference", open: false, members: &[text("name"), Member::optional("endpoint", URL)] };
static CONCEPT_MAPPING: Struct = Struct {
    name: "ConceptMapping",
    open: false,
    members: &[
        Member::required("conceptIri", URL),
        Member::required(
            "mappingType",
            Shape::Enumeration(&[
                "EXACT_MATCH",
                "CLOSE_MATCH",
                "BROAD_MATCH",
                "NARROW_MATCH",
                "RELATED_MATCH",
                "SAME_AS",
            ]),
        ),
        Member::optional("schemeIri", URL),
        text("source"),
    ],
};
static TERM_RELATION: Struct =
    Struct { name: "TermRelation", open: false, members: &[text("relationType"), reference_required("term")] };
const REFERENCES_OUTSIDE: Member = Member::optional("references", list_of!(TERM_REFERENCE));
const MAPPINGS: Member = Member::optional("conceptMappings", list_of!(CONCEPT_MAPPING));
const SYNONYMS: Member = names("synonyms");
const IRI: Member = Member::optional("iri", URL);

pub static CREATE: Struct = Struct {
    name: "CreateGlossaryTerm",
    open: false,
    members: &[
        fqn_required("glossary"),
        NAME,
        DESCRIPTION_REQUIRED,
        fqn("parent"),
        DISPLAY_NAME,
        IRI,
        STYLE,
        SYNONYMS,
        names_or_references("relatedTerms"),
        REFERENCES_OUTSIDE,
        MAPPINGS,
        REVIEWERS_INPUT,
        OWNERS_INPUT,
        TAGS_INPUT,
        PROVIDER,
        MUTUALLY_EXCLUSIVE,
        EXTENSION,
        DOMAINS_INPUT,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "GlossaryTerm",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        reference_required("glossary"),
        DISPLAY_NAME,
        STYLE,
        FQN,
        IRI,
        SYNONYMS,
        reference("parent"),
        references("children"),
        Member::optional("relatedTerms", list_of!(TERM_RELATION)),
        REFERENCES_OUTSIDE,
        MAPPINGS,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        REVIEWERS,
        OWNERS,
        count("usageCount"),
        TAGS,
        CHANGE,
        INCREMENTAL_CHANGE,
        ENTITY_STATUS,
        DELETED,
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        EXTENSION,
        DOMAINS,
        DATA_PRODUCTS,
        DATA_CONTRACT,
        VOTES,
        count("childrenCount"),
    ],
};

pub const NOUN: Noun = Noun {
    kind: "glossary_term",
    entity_type: "glossaryTerm",
    collection: "glossaryTerms",
    tag: "Glossary Terms",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "children",
        "relatedTerms",
        "reviewers",
        "owners",
        "tags",
        "usageCount",
        "domains",
        "dataProducts",
        "extension",
        "childrenCount",
        "votes",
    ],
    always: &[],
    filters: &[
        Filter { name: "glossary", by: FilterBy::Ancestor(&["glossary"]) },
        Filter { name: "parent", by: FilterBy::Ancestor(&["glossary_term", "glossary"]) },
        Filter { name: "directChildrenOf", by: FilterBy::Parent(&["glossary_term", "glossary"]) },
        Filter { name: "entityStatus", by: FilterBy::Text("entity_status") },
        Filter { name: "domain", by: FilterBy::Domain },
    ],
    place: Parentage::Under {
        members: &[Parent { member: "parent", kind: "glossary_term" }, Parent { member: "glossary", kind: "glossary" }],
        required: true,
    },
    ancestors: &[
        Ancestor { member: "glossary", kind: "glossary", direct: false },
        Ancestor { member: "parent", kind: "glossary_term", direct: true },
    ],
    references: &[
        Reference {
            output: Output::TermRelation,
            ..out("relatedTerms", "related_term", Input::Fqns, &["glossary_term"], OnPut::Replace)
        },
        Reference { inherits: true, ..REVIEWERS_REF },
        OWNERS_REF,
        TAGS_REF,
        DOMAINS_REF,
        DATA_PRODUCTS_REF,
        VOTES_REF,
    ],
    counts: &[
        Count { member: "usageCount", of: Counted::ToAnyBelow("tagged") },
        Count { member: "childrenCount", of: Counted::Children("glossary_term") },
    ],
    computed: &["children", "dataContract"],
    request_only: &[],
    protected: &["children", "provider", "votes", "dataProducts"],
    domain_echo: None,
    soft_delete: true,
    rename: true,
    moves: true,
};
