//! What kind files have in common.

pub use crate::facet::{DESCRIBED, Facet, REVIEWED};
pub use crate::field::{BoundTo, Field, FieldType, PROSE, SHORT};
pub use crate::formats::Form;
pub use crate::kind::{Asset, KindDef, Naming, OnDelete, Origin, PLAIN};
pub use crate::parts::PartList;
pub use crate::rule::Rule;
pub use crate::{observation, relation};

pub const URL: FieldType = FieldType::Formed(Form::Url);

const STYLED: FieldType = FieldType::Struct(&[
    Field::optional("color", SHORT),
    Field::optional("icon_url", SHORT),
    Field::optional(
        "cover_image",
        FieldType::Struct(&[Field::optional("url", SHORT), Field::optional("position", SHORT)]),
    ),
]);
pub const STYLE: Field = Field::optional("style", FieldType::Opaque).told().formed(STYLED);

/// What vocabularies labels come from.
pub const LABEL_SOURCES: &[&str] = &["Classification", "Glossary"];
/// The classification whose tags certify, and how long one that was put on holds.
pub const CERTIFYING: &str = "Certification";
pub const CERTIFIED_FOR_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// A tag with what it was put on with, and how long it holds (see `plan/certification.rs` of the core); the tag as it is
/// called now: `View::certification`.
pub const CERTIFICATION: Field =
    Field::optional("certification", FieldType::Opaque).told().formed(FieldType::Struct(&[
        Field::required("tag_label", FieldType::Struct(LABEL)),
        Field::required("applied_date", FieldType::Millis),
        Field::required("expiry_date", FieldType::Millis),
    ]));
const LABEL: &[Field] = &[
    Field::required("tag_fqn", SHORT),
    Field::required("source", FieldType::Choice(LABEL_SOURCES)),
    Field::required("label_type", FieldType::Choice(relation::LABEL_TYPES)),
    Field::required("state", FieldType::Choice(relation::LABEL_STATES)),
    Field::optional("name", SHORT),
    Field::optional("display_name", SHORT),
    Field::optional("description", PROSE),
    Field::optional("style", STYLED),
    Field::optional("href", URL),
    Field::optional("reason", PROSE),
    Field::optional("applied_at", FieldType::Formed(Form::DateTime)),
    Field::optional("applied_by", SHORT),
    Field::optional("metadata", FieldType::Opaque),
];

/// Another record, as its name was written down.
pub const REFERENCES: FieldType = FieldType::Structs(&[
    Field::required("id", FieldType::Formed(Form::Uuid)),
    Field::required("type", SHORT),
    Field::optional("name", SHORT),
    Field::optional("fqn", SHORT),
    Field::optional("description", PROSE),
    Field::optional("display_name", SHORT),
    Field::optional("deleted", FieldType::Boolean),
    Field::optional("inherited", FieldType::Boolean),
    Field::optional("href", URL),
]);

pub const ENTITY_STATUSES: &[&str] =
    &["Draft", "In Review", "Approved", "Archived", "Deprecated", "Rejected", "Unprocessed"];
pub const ENTITY_STATUS: Field =
    Field::optional("entity_status", SHORT).told().formed(FieldType::Choice(ENTITY_STATUSES));
pub const LIFE_CYCLE: Field = Field::optional("life_cycle", FieldType::Opaque).told();
pub const RETENTION_PERIOD: Field = Field::optional("retention_period", SHORT).told();
pub const SOURCE_URL: Field = Field::optional("source_url", FieldType::Text { max: 8_192 }).told();
/// A crawler's hash of what it saw; a change of it alone is no change.
pub const SOURCE_HASH: Field = Field::optional("source_hash", FieldType::Text { max: 256 }).silent();
/// What the source itself said at the last crawl, which tells it from what people have written since.
pub const CRAWLED: Field = Field::optional("crawled", FieldType::Opaque).silent();
/// Whether what the record says of lineage was read.
pub const PROCESSED_LINEAGE: Field = Field::optional("processed_lineage", FieldType::Boolean).silent();
/// `system` records cannot be deleted or renamed.
pub const PROVIDER: Field = Field::optional("provider", FieldType::Text { max: 64 }).told();
pub const DISABLED: Field = Field::optional("disabled", FieldType::Boolean).told();
pub const MUTUALLY_EXCLUSIVE: Field = Field::optional("mutually_exclusive", FieldType::Boolean).told();
