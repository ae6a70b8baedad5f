//! A schema within a database.

use serde_json::json;

use super::shared::*;

pub const DATABASE_SCHEMA: KindDef = KindDef {
    name: "database_schema",
    parents: &["database"],
    parent_required: true,
    fields: &[
        RETENTION_PERIOD,
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        CRAWLED,
        Field::optional("database_schema_profiler_config", FieldType::Opaque).told(),
        ENTITY_STATUS,
    ],
    facets: DESCRIBED,
    relations: &[relation::CERTIFIED_BY],
    series: &[observation::USAGE],
    rows: true,
    asset: Asset::Container,
    stewarded: true,
    rules: &[Rule::PersonalLabels],
    sample: || json!({}),
    ..PLAIN
};
