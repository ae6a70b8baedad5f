//! Members that the shapes of several nouns share, spelled once.

use emporion_catalog::formats;
use emporion_catalog::kinds::shared;
use emporion_catalog::relation;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, TimeForm, UUID};

use crate::names;
use crate::noun::{Direction, Input, OnPut, Output, Reference};

/// Longest list that a request may carry.
const MANY: usize = 100_000;

/// A list of the structure. A macro, since the shape of the items must be a static of its own.
#[macro_export]
macro_rules! list_of {
    ($structure:expr) => {{
        static ITEM: emporion_edge::shape::Shape = emporion_edge::shape::Shape::Struct(&$structure);
        $crate::members::list(&ITEM)
    }};
}

/// A page of the structure: `{data, paging}`.
#[macro_export]
macro_rules! page_of {
    ($name:literal, $structure:expr) => {
        emporion_edge::shape::Struct {
            name: $name,
            open: false,
            members: &[
                emporion_edge::shape::Member::required("data", $crate::list_of!($structure)),
                emporion_edge::shape::Member::required("paging", emporion_edge::shape::Shape::Object),
            ],
        }
    };
}

pub const fn list(of: &'static Shape) -> Shape {
    Shape::List { of, min: 0, max: MANY }
}

pub const fn text(name: &'static str) -> Member {
    Member::optional(name, TEXT)
}

pub const fn boolean(name: &'static str) -> Member {
    Member::optional(name, Shape::Boolean)
}

pub const fn integer(name: &'static str) -> Member {
    Member::optional(name, Shape::Integer { min: i64::MIN, max: i64::MAX })
}

pub const fn count(name: &'static str) -> Member {
    Member::optional(name, Shape::Integer { min: 0, max: i64::MAX })
}

pub const fn choice(name: &'static str, choices: &'static [&'static str]) -> Member {
    Member::optional(name, Shape::Enumeration(choices))
}

pub const fn object(name: &'static str) -> Member {
    Member::optional(name, Shape::Object)
}

pub const fn json(name: &'static str) -> Member {
    Member::optional(name, Shape::Json)
}

pub const fn structure(name: &'static str, shape: &'static Struct) -> Member {
    Member::optional(name, Shape::Struct(shape))
}

pub const NAME_TEXT: Shape =
    Shape::Text(Text::between(1, names::MAX_NAME).matching(names::NAME_PATTERN, names::obeys_pattern));
pub const FQN_TEXT: Shape = Shape::Text(Text::between(1, names::MAX_FQN));
pub const MILLIS: Shape = Shape::Time(TimeForm::EpochMillis);
/// An absolute URL.
pub const URL: Shape = Shape::Text(Text::ANY.matching("^[A-Za-z][A-Za-z0-9+.-]*:.+$", formats::is_url).format("uri"));
/// ISO 8601, with or without a time.
pub const DATE_TIME: Shape =
    Shape::Text(Text::ANY.matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?$", formats::is_date_time));
pub const EMAIL: Shape =
    Shape::Text(Text::between(6, 127).matching("^\\S+@\\S+\\.\\S+$", formats::is_email).format("email"));

pub const TEXTS: Shape = list(&TEXT);
pub const FQNS: Shape = list(&FQN_TEXT);
const NAMES: Shape = list(&NAME_TEXT);
const UUIDS: Shape = list(&UUID);

// ---- what requests say

pub const NAME: Member = Member::required("name", NAME_TEXT);
pub const DISPLAY_NAME: Member = text("displayName");
pub const DESCRIPTION: Member = text("description");
/// `""` will do, but it may not be missing.
pub const DESCRIPTION_REQUIRED: Member = Member::required("description", TEXT);
pub const EXTENSION: Member = object("extension");
pub const SOURCE_URL: Member = text("sourceUrl");
/// Whether a crawler has read what the record says of lineage.
pub const PROCESSED_LINEAGE: Member = boolean("processedLineage");
pub const SOURCE_HASH: Member = Member::optional("sourceHash", Shape::Text(Text::between(1, 64)));
pub const RETENTION: Member = text("retentionPeriod");
pub const PROVIDER: Member = choice("provider", &["system", "user", "automation"]);
pub const MUTUALLY_EXCLUSIVE: Member = boolean("mutuallyExclusive");

/// A reference as requests give it: `type`, and `id` or a name.
pub static REFERENCE_INPUT: Struct = Struct {
    name: "EntityReferenceInput",
    open: false,
    members: &[
        Member::optional("id", UUID),
        text("type"),
        text("name"),
        text("fullyQualifiedName"),
        text("description"),
        text("displayName"),
        boolean("deleted"),
        boolean("inherited"),
        text("href"),
    ],
};
pub const REFERENCES_INPUT: Shape = list_of!(REFERENCE_INPUT);

/// Names, or references where the documentation speaks of them.
const NAMES_OR_REFERENCES: Shape = list(&Shape::Json);

pub static TAG_LABEL_INPUT: Struct = Struct {
    name: "TagLabelInput",
    open: false,
    members: &[
        Member::required("tagFQN", FQN_TEXT),
        // The other two have defaults: Manual and Confirmed.
        Member { required: true, ..TAG_SOURCE },
        TAG_LABEL_TYPE,
        TAG_STATE,
        text("name"),
        text("displayName"),
        text("description"),
        STYLE,
        text("href"),
        text("reason"),
        Member::optional("appliedAt", DATE_TIME),
        text("appliedBy"),
        object("metadata"),
    ],
};
pub const TAG_SOURCES: &[&str] = shared::LABEL_SOURCES;
const TAG_SOURCE: Member = choice("source", TAG_SOURCES);
const TAG_LABEL_TYPE: Member = choice("labelType", relation::LABEL_TYPES);
const TAG_STATE: Member = choice("state", relation::LABEL_STATES);

pub const TAGS_INPUT: Member = Member::optional("tags", list_of!(TAG_LABEL_INPUT));
pub const OWNERS_INPUT: Member = Member::optional("owners", REFERENCES_INPUT);
pub const REVIEWERS_INPUT: Member = Member::optional("reviewers", REFERENCES_INPUT);
pub const EXPERTS_INPUT: Member = Member::optional("experts", NAMES_OR_REFERENCES);
pub const DOMAINS_INPUT: Member = Member::optional("domains", FQNS);
/// The documented singular of `domains`.
pub const DOMAIN_INPUT: Member = Member::optional("domain", FQN_TEXT);
pub const DATA_PRODUCTS_INPUT: Member = Member::optional("dataProducts", FQNS);

/// A required member that names another record by FQN.
pub const fn fqn_required(name: &'static str) -> Member {
    Member::required(name, FQN_TEXT)
}

pub const fn fqn(name: &'static str) -> Member {
    Member::optional(name, FQN_TEXT)
}

pub const fn fqns(name: &'static str) -> Member {
    Member::optional(name, FQNS)
}

pub const fn names(name: &'static str) -> Member {
    Member::optional(name, NAMES)
}

pub const fn names_or_references(name: &'static str) -> Member {
    Member::optional(name, NAMES_OR_REFERENCES)
}

pub const fn ids(name: &'static str) -> Member {
    Member::optional(name, UUIDS)
}

pub const fn references_input(name: &'static str) -> Member {
    Member::optional(name, REFERENCES_INPUT)
}

pub const fn reference_input(name: &'static str) -> Member {
    structure(name, &REFERENCE_INPUT)
}

// ---- what both sides say

pub static STYLE_SHAPE: Struct = Struct {
    name: "Style",
    open: false,
    members: &[text("color"), text("iconURL"), structure("coverImage", &COVER_IMAGE)],
};
static COVER_IMAGE: Struct = Struct { name: "CoverImage", open: false, members: &[text("url"), text("position")] };
pub const STYLE: Member = structure("style", &STYLE_SHAPE);

/// Code, and what it is written in.
pub static CODE: Struct = Struct {
    name: "Code",
    open: false,
    members: &[choice("language", &["SQL", "Java", "JavaScript", "Python", "External"]), text("code")],
};

static LIFE_CYCLE_SHAPE: Struct = Struct {
    name: "LifeCycle",
    open: false,
    members: &[
        structure("created", &ACCESS_DETAILS),
        structure("updated", &ACCESS_DETAILS),
        structure("accessed", &ACCESS_DETAILS),
    ],
};
static ACCESS_DETAILS: Struct = Struct {
    name: "AccessDetails",
    open: false,
    members: &[
        Member::required("timestamp", MILLIS),
        structure("accessedBy", &REFERENCE_SHAPE),
        text("accessedByAProcess"),
    ],
};
pub const LIFE_CYCLE: Member = structure("lifeCycle", &LIFE_CYCLE_SHAPE);

static PROFILE_SHAPE: Struct =
    Struct { name: "Profile", open: false, members: &[structure("images", &IMAGES), object("subscription")] };
static IMAGES: Struct = Struct {
    name: "ImageList",
    open: false,
    members: &[
        Member::optional("image", URL),
        Member::optional("image24", URL),
        Member::optional("image32", URL),
        Member::optional("image48", URL),
        Member::optional("image72", URL),
        Member::optional("image192", URL),
        Member::optional("image512", URL),
    ],
};
pub const PROFILE: Member = structure("profile", &PROFILE_SHAPE);

// ---- what answers say

pub static REFERENCE_SHAPE: Struct = Struct {
    name: "EntityReference",
    open: false,
    members: &[
        Member::required("id", UUID),
        Member::required("type", TEXT),
        text("name"),
        text("fullyQualifiedName"),
        text("description"),
        text("displayName"),
        boolean("deleted"),
        boolean("inherited"),
        Member::optional("href", URL),
    ],
};
pub const REFERENCES: Shape = list_of!(REFERENCE_SHAPE);

pub static TAG_LABEL: Struct = Struct {
    name: "TagLabel",
    open: false,
    members: &[
        Member::required("tagFQN", FQN_TEXT),
        Member { required: true, ..TAG_SOURCE },
        Member { required: true, ..TAG_LABEL_TYPE },
        Member { required: true, ..TAG_STATE },
        text("name"),
        text("displayName"),
        text("description"),
        STYLE,
        Member::optional("href", URL),
        text("reason"),
        Member::optional("appliedAt", DATE_TIME),
        text("appliedBy"),
        object("metadata"),
    ],
};

static CHANGE_DESCRIPTION_SHAPE: Struct = Struct {
    name: "ChangeDescription",
    open: false,
    members: &[
        Member::optional("fieldsAdded", FIELD_CHANGES),
        Member::optional("fieldsUpdated", FIELD_CHANGES),
        Member::optional("fieldsDeleted", FIELD_CHANGES),
        Member::optional("previousVersion", VERSION_NUMBER),
        object("changeSummary"),
    ],
};
static FIELD_CHANGE: Struct =
    Struct { name: "FieldChange", open: false, members: &[text("name"), json("oldValue"), json("newValue")] };
const FIELD_CHANGES: Shape = list_of!(FIELD_CHANGE);
const VERSION_NUMBER: Shape = Shape::Number { min: 0.1, max: 1.0e9 };

static VOTES_SHAPE: Struct = Struct {
    name: "Votes",
    open: false,
    members: &[
        count("upVotes"),
        count("downVotes"),
        Member::optional("upVoters", REFERENCES),
        Member::optional("downVoters", REFERENCES),
    ],
};

static CERTIFICATION_SHAPE: Struct = Struct {
    name: "AssetCertification",
    open: false,
    members: &[
        Member::required("tagLabel", Shape::Struct(&TAG_LABEL)),
        Member::required("appliedDate", MILLIS),
        Member::required("expiryDate", MILLIS),
    ],
};

static USAGE_STATS: Struct = Struct {
    name: "UsageStats",
    open: false,
    members: &[
        Member::required("count", Shape::Integer { min: 0, max: i64::MAX }),
        Member::optional("percentileRank", Shape::Number { min: 0.0, max: 100.0 }),
    ],
};
static USAGE_DETAILS: Struct = Struct {
    name: "UsageDetails",
    open: false,
    members: &[
        Member::required("dailyStats", Shape::Struct(&USAGE_STATS)),
        structure("weeklyStats", &USAGE_STATS),
        structure("monthlyStats", &USAGE_STATS),
        Member::required("date", DATE_TIME),
    ],
};

pub const ID: Member = Member::required("id", UUID);
/// Answers carry whatever name the core holds: the other doors' names obey other rules than this one's.
pub const ENTITY_NAME: Member = Member::required("name", TEXT);
pub const FQN: Member = fqn("fullyQualifiedName");
pub const VERSION: Member = Member::optional("version", VERSION_NUMBER);
pub const UPDATED_AT: Member = Member::optional("updatedAt", MILLIS);
pub const UPDATED_BY: Member = text("updatedBy");
pub const IMPERSONATED_BY: Member = text("impersonatedBy");
pub const HREF: Member = Member::optional("href", URL);
pub const CHANGE: Member = structure("changeDescription", &CHANGE_DESCRIPTION_SHAPE);
pub const INCREMENTAL_CHANGE: Member = structure("incrementalChangeDescription", &CHANGE_DESCRIPTION_SHAPE);
pub const DELETED: Member = boolean("deleted");
pub const TAGS: Member = Member::optional("tags", list_of!(TAG_LABEL));
pub const OWNERS: Member = references("owners");
pub const EXPERTS: Member = references("experts");
pub const REVIEWERS: Member = references("reviewers");
pub const DOMAINS: Member = references("domains");
pub const DATA_PRODUCTS: Member = references("dataProducts");
pub const FOLLOWERS: Member = references("followers");
pub const VOTES: Member = structure("votes", &VOTES_SHAPE);
pub const CERTIFICATION: Member = structure("certification", &CERTIFICATION_SHAPE);
pub const USAGE_SUMMARY: Member = structure("usageSummary", &USAGE_DETAILS);
pub const DATA_CONTRACT: Member = reference("dataContract");
pub const ENTITY_STATUS: Member = choice("entityStatus", shared::ENTITY_STATUSES);
pub const DISABLED: Member = boolean("disabled");

pub const fn reference(name: &'static str) -> Member {
    structure(name, &REFERENCE_SHAPE)
}

pub const fn reference_required(name: &'static str) -> Member {
    Member::required(name, Shape::Struct(&REFERENCE_SHAPE))
}

pub const fn references(name: &'static str) -> Member {
    Member::optional(name, REFERENCES)
}

// ---- relations that many nouns have

const PLAIN: Reference = Reference {
    member: "",
    relation: "",
    direction: Direction::Out,
    input: Input::None,
    output: Output::Reference,
    many: true,
    targets: &[],
    on_put: OnPut::Replace,
    bot_keeps: false,
    inherits: false,
};

/// A relation that starts at the record and that requests may set.
pub const fn out(
    member: &'static str,
    relation: &'static str,
    input: Input,
    targets: &'static [&'static str],
    on_put: OnPut,
) -> Reference {
    Reference { member, relation, input, targets, on_put, ..PLAIN }
}

/// A relation that only answers show, seen from its target.
pub const fn shown(member: &'static str, relation: &'static str, targets: &'static [&'static str]) -> Reference {
    Reference { member, relation, direction: Direction::In, targets, on_put: OnPut::Keep, ..PLAIN }
}

pub const OWNERS_REF: Reference = Reference {
    bot_keeps: true,
    inherits: true,
    ..out("owners", "owner", Input::References, &["user", "team"], OnPut::ReplaceIfGiven)
};
pub const DOMAINS_REF: Reference = Reference {
    bot_keeps: true,
    inherits: true,
    ..out("domains", "in_domain", Input::Fqns, &["domain"], OnPut::ReplaceIfGiven)
};
pub const OWN_DOMAINS_REF: Reference = Reference { inherits: false, ..DOMAINS_REF };
pub const EXPERTS_REF: Reference =
    Reference { inherits: true, ..out("experts", "expert", Input::Names, &["user"], OnPut::Replace) };
pub const REVIEWERS_REF: Reference = out("reviewers", "reviewer", Input::References, &["user", "team"], OnPut::Replace);
pub const TAGS_REF: Reference = Reference {
    output: Output::TagLabel,
    ..out("tags", "tagged", Input::TagLabels, &["tag", "glossary_term"], OnPut::Merge)
};
pub const FOLLOWERS_REF: Reference = out("followers", "follower", Input::None, &["user"], OnPut::Keep);
pub const VOTES_REF: Reference =
    Reference { output: Output::Votes, ..out("votes", "vote", Input::None, &["user"], OnPut::Keep) };
/// The products that hold the record. A crawler that does not mention them must not take tables out of products.
pub const DATA_PRODUCTS_REF: Reference = Reference {
    direction: Direction::In,
    ..out("dataProducts", "has_asset", Input::Fqns, &["data_product"], OnPut::ReplaceIfPresent)
};
