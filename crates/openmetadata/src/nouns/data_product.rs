//! Data products. Their home is the first of their domains.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::members::*;
use crate::noun::{DomainEcho, Filter, FilterBy, Noun, Parentage, Reference};

const TYPES: &[&str] = &[
    "RAW_DATA",
    "DERIVED_DATA",
    "DATASET",
    "REPORTS",
    "ANALYTIC_VIEW",
    "VISUALISATION_3D",
    "ALGORITHM",
    "DECISION_SUPPORT",
    "AUTOMATED_DECISION_MAKING",
    "DATA_ENHANCED_PRODUCT",
    "DATA_DRIVEN_SERVICE",
    "DATA_ENABLED_PERFORMANCE",
    "BI_DIRECTIONAL",
];
const STAGES: &[&str] = &["IDEATION", "DESIGN", "DEVELOPMENT", "TESTING", "PRODUCTION", "DEPRECATED", "RETIRED"];

const TYPE: Member = choice("dataProductType", TYPES);
const VISIBILITY: Member = choice("visibility", &["PRIVATE", "INVITATION", "ORGANISATION", "DATASPACE", "PUBLIC"]);
const PRIORITY: Member = choice("portfolioPriority", &["CRITICAL", "HIGH", "MEDIUM", "LOW"]);

static SLA: Struct = Struct {
    name: "DataProductSla",
    open: false,
    members: &[
        choice("tier", &["GOLD", "SILVER", "BRONZE", "CUSTOM"]),
        Member::optional("availability", Shape::Number { min: 0.0, max: 100.0 }),
        count("responseTime"),
        count("dataFreshness"),
        Member::optional("dataQuality", Shape::Number { min: 0.0, max: 100.0 }),
    ],
};

pub static CREATE: Struct = Struct {
    name: "CreateDataProduct",
    open: false,
    members: &[
        NAME,
        DESCRIPTION_REQUIRED,
        DOMAINS_INPUT,
        DOMAIN_INPUT,
        FQN,
        DISPLAY_NAME,
        STYLE,
        OWNERS_INPUT,
        EXPERTS_INPUT,
        REVIEWERS_INPUT,
        references_input("assets"),
        TAGS_INPUT,
        TYPE,
        VISIBILITY,
        PRIORITY,
        EXTENSION,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "DataProduct",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        DISPLAY_NAME,
        STYLE,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        HREF,
        OWNERS,
        EXPERTS,
        REVIEWERS,
        DOMAINS,
        // Only in the answer to a request that used it.
        reference("domain"),
        references("assets"),
        choice("lifecycleStage", STAGES),
        TYPE,
        VISIBILITY,
        PRIORITY,
        structure("sla", &SLA),
        references("consumesFrom"),
        references("providesTo"),
        TAGS,
        CHANGE,
        INCREMENTAL_CHANGE,
        EXTENSION,
        FOLLOWERS,
        VOTES,
        CERTIFICATION,
        ENTITY_STATUS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "data_product",
    entity_type: "dataProduct",
    collection: "dataProducts",
    tag: "Data Products",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "domains",
        "owners",
        "reviewers",
        "experts",
        "extension",
        "tags",
        "followers",
        "votes",
        "certification",
        "assets",
    ],
    always: &[],
    filters: &[Filter { name: "domain", by: FilterBy::Domain }],
    place: Parentage::FirstOf { member: "domains", kind: "domain" },
    ancestors: &[],
    references: &[
        OWNERS_REF,
        EXPERTS_REF,
        REVIEWERS_REF,
        Reference { bot_keeps: false, ..OWN_DOMAINS_REF },
        TAGS_REF,
        FOLLOWERS_REF,
        VOTES_REF,
    ],
    counts: &[],
    // Assets have operations of their own, so in the entity they stay absent.
    computed: &["domain", "assets"],
    // Assets in a create body are ignored, as in every server since 1.11.
    request_only: &["fullyQualifiedName", "domain", "assets"],
    protected: &["followers", "votes", "assets", "domain"],
    domain_echo: Some(DomainEcho::Reference),
    soft_delete: false,
    rename: true,
    moves: false,
};
