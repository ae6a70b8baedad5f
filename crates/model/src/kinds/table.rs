//! A table or view with its columns.

use serde_json::json;

use super::column::{COLUMN, COLUMNS};
use super::shared::*;

/// Columns that were masked when they were changed by somebody who does not hold the rows, by the paths that they had; `true`
/// where they were too many.
pub const KEPT_MASKS: &str = "kept_masks";

pub const TABLE: KindDef = KindDef {
    name: "table",
    parents: &["database_schema"],
    parent_required: true,
    fields: &[
        // A table may have none.
        Field::optional("columns", FieldType::Structs(COLUMN)).told().content(),
        Field::optional("table_type", SHORT).told(),
        Field::optional("table_constraints", FieldType::Opaque).told(),
        Field::optional("table_partition", FieldType::Opaque).told(),
        Field::optional("table_profiler_config", FieldType::Opaque).told(),
        Field::optional("data_model", FieldType::Opaque).told(),
        Field::optional("schema_definition", PROSE).told(),
        Field::optional("location_path", SHORT).told(),
        Field::optional("file_format", SHORT).told(),
        Field::optional("aliases", FieldType::Texts { max: 4_096 }).told(),
        RETENTION_PERIOD,
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        CRAWLED,
        PROCESSED_LINEAGE,
        ENTITY_STATUS,
        Field::optional(KEPT_MASKS, FieldType::Opaque).silent(),
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY, relation::READS_FROM],
    parts: &[COLUMNS],
    series: &[
        observation::SAMPLE_DATA,
        observation::TABLE_PROFILE,
        observation::COLUMN_PROFILE,
        observation::SYSTEM_PROFILE,
        observation::JOINS,
        observation::USAGE,
    ],
    rows: true,
    asset: Asset::Item,
    stewarded: true,
    rules: &[Rule::Columns, Rule::PersonalLabels, Rule::LastingMasks],
    sample: || json!({"columns": [{"name": "id", "data_type": "INT"}]}),
    ..PLAIN
};
