//! What is to be read of a service, how and how often; its runs are kept beside it.

use serde_json::json;

use super::shared::*;

pub const INGESTION_PIPELINE: KindDef = KindDef {
    name: "ingestion_pipeline",
    parents: &["database_service", "pipeline_service", "dashboard_service"],
    parent_required: true,
    fields: &[
        Field::required("pipeline_type", SHORT).told(),
        // Without its secrets, which are sealed elsewhere.
        Field::required("source_config", FieldType::Opaque).with_secrets(BoundTo::Field),
        Field::required("airflow_config", FieldType::Opaque),
        Field::optional("logger_level", SHORT).told(),
        Field::optional("raise_on_error", FieldType::Boolean).told(),
        Field::optional("enable_streamable_logs", FieldType::Boolean).told(),
        Field::optional("processing_engine", FieldType::Opaque),
        PROVIDER,
        Field::optional("enabled", FieldType::Boolean).told(),
        Field::optional("deployed", FieldType::Boolean).told(),
    ],
    facets: &[Facet::Owners, Facet::Domains, Facet::Followers],
    series: &[observation::INGESTION_RUN],
    stewarded: true,
    rules: &[Rule::SystemEntity],
    sample: || json!({"pipeline_type": "metadata", "source_config": {}, "airflow_config": {}}),
    ..PLAIN
};
