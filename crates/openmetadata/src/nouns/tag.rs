//! Tags of a classification.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::list_of;
use crate::members::*;
use crate::noun::{Ancestor, Count, Counted, Filter, FilterBy, Noun, Parent, Parentage};

/// What a recogniser looks for is the classifier's affair.
static RECOGNIZER: Struct = Struct {
    name: "Recognizer",
    open: true,
    members: &[
        Member::required("name", emporion_edge::shape::TEXT),
        Member::required("recognizerConfig", Shape::Object),
    ],
};
const RECOGNIZERS: Member = Member::optional("recognizers", list_of!(RECOGNIZER));
const AUTO: Member = boolean("autoClassificationEnabled");
const PRIORITY: Member = integer("autoClassificationPriority");

pub static CREATE: Struct = Struct {
    name: "CreateTag",
    open: false,
    members: &[
        NAME,
        DESCRIPTION_REQUIRED,
        fqn("classification"),
        fqn("parent"),
        DISPLAY_NAME,
        STYLE,
        // Kept, although the entity has no member that shows them.
        Member::optional("associatedTags", TEXTS),
        PROVIDER,
        MUTUALLY_EXCLUSIVE,
        DOMAINS_INPUT,
        OWNERS_INPUT,
        REVIEWERS_INPUT,
        RECOGNIZERS,
        AUTO,
        PRIORITY,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Tag",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        DISPLAY_NAME,
        FQN,
        STYLE,
        reference("classification"),
        reference("parent"),
        references("children"),
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        count("usageCount"),
        boolean("deprecated"),
        DELETED,
        CHANGE,
        INCREMENTAL_CHANGE,
        PROVIDER,
        DISABLED,
        MUTUALLY_EXCLUSIVE,
        DOMAINS,
        DATA_PRODUCTS,
        DATA_CONTRACT,
        OWNERS,
        REVIEWERS,
        ENTITY_STATUS,
        RECOGNIZERS,
        AUTO,
        PRIORITY,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "tag",
    entity_type: "tag",
    collection: "tags",
    tag: "Tags",
    create: &CREATE,
    entity: &ENTITY,
    fields: &["children", "usageCount", "domains", "owners", "reviewers", "dataProducts", "recognizers"],
    always: &["recognizers"],
    filters: &[
        Filter { name: "parent", by: FilterBy::Ancestor(&["classification", "tag"]) },
        Filter { name: "classification", by: FilterBy::Ancestor(&["classification"]) },
        Filter { name: "disabled", by: FilterBy::Flag("disabled") },
        Filter { name: "domain", by: FilterBy::Domain },
    ],
    place: Parentage::Under {
        members: &[
            Parent { member: "parent", kind: "tag" },
            Parent { member: "classification", kind: "classification" },
        ],
        required: true,
    },
    ancestors: &[
        Ancestor { member: "classification", kind: "classification", direct: false },
        Ancestor { member: "parent", kind: "tag", direct: true },
    ],
    references: &[DOMAINS_REF, DATA_PRODUCTS_REF, OWNERS_REF, REVIEWERS_REF],
    counts: &[Count { member: "usageCount", of: Counted::ToAnyBelow("tagged") }],
    computed: &["children", "dataContract"],
    request_only: &[],
    protected: &["children", "provider", "dataProducts"],
    domain_echo: None,
    soft_delete: true,
    rename: true,
    moves: false,
};
