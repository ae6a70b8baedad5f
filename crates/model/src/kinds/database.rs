//! A database within a database service.

use serde_json::json;

use super::shared::*;

pub const DATABASE: KindDef = KindDef {
    name: "database",
    parents: &["database_service"],
    parent_required: true,
    fields: &[
        Field::optional("default", FieldType::Boolean).told(),
        RETENTION_PERIOD,
        SOURCE_URL,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        Field::optional("database_profiler_config", FieldType::Opaque).told(),
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
