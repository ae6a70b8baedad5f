//! What kind files have in common.

pub use crate::facet::{DESCRIBED, Facet, REVIEWED};
pub use crate::field::{BoundTo, Field, FieldType, PROSE, SHORT};
pub use crate::kind::{Asset, KindDef, Naming, OnDelete, PLAIN};
pub use crate::parts::PartList;
pub use crate::rule::Rule;
pub use crate::{observation, relation};

pub const STYLE: Field = Field::optional("style", FieldType::Opaque);
pub const CERTIFICATION: Field = Field::optional("certification", FieldType::Opaque);
pub const ENTITY_STATUS: Field = Field::optional("entity_status", SHORT);
pub const LIFE_CYCLE: Field = Field::optional("life_cycle", FieldType::Opaque);
pub const RETENTION_PERIOD: Field = Field::optional("retention_period", SHORT);
pub const SOURCE_URL: Field = Field::optional("source_url", FieldType::Text { max: 8_192 });
/// A crawler's hash of what it saw; a change of it alone is no change.
pub const SOURCE_HASH: Field = Field::optional("source_hash", FieldType::Text { max: 256 }).silent();
/// What the source itself said at the last crawl, which tells it from what people have written since.
pub const CRAWLED: Field = Field::optional("crawled", FieldType::Opaque).silent();
/// Whether what the record says of lineage was read.
pub const PROCESSED_LINEAGE: Field = Field::optional("processed_lineage", FieldType::Boolean).silent();
/// `system` records cannot be deleted or renamed.
pub const PROVIDER: Field = Field::optional("provider", FieldType::Text { max: 64 });
pub const DISABLED: Field = Field::optional("disabled", FieldType::Boolean);
pub const MUTUALLY_EXCLUSIVE: Field = Field::optional("mutually_exclusive", FieldType::Boolean);
