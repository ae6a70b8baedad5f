//! A connection to a scheduler or an orchestrator.

use serde_json::json;

use super::shared::*;

pub const PIPELINE_SERVICE: KindDef = KindDef {
    name: "pipeline_service",
    fields: &[
        Field::required("service_type", FieldType::Text { max: 128 }).told().fixed(),
        // Without its secrets, which are sealed elsewhere.
        Field::optional("connection", FieldType::Opaque).with_secrets(BoundTo::Field),
        STYLE,
        ENTITY_STATUS,
        LIFE_CYCLE,
        Field::optional("ingestion_runner", FieldType::Opaque),
        Field::optional("test_connection_result", FieldType::Opaque).silent(),
        Field::optional("schedule_interval", SHORT).told(),
    ],
    facets: DESCRIBED,
    asset: Asset::Container,
    stewarded: true,
    sample: || json!({"service_type": "Airflow"}),
    ..PLAIN
};
