//! A connection to a database platform; the databases below it are what a crawl found.

use serde_json::json;

use super::shared::*;

/// When it is read from here: an expression of cron.
pub const SCHEDULE: &str = "ingestion_schedule";
/// Who said so, and when: it is read in his name. The core's own.
pub const SCHEDULED_BY: &str = "ingestion_scheduled_by";

pub const DATABASE_SERVICE: KindDef = KindDef {
    name: "database_service",
    fields: &[
        Field::required("service_type", FieldType::Text { max: 128 }).told().fixed(),
        // Without its secrets, which are sealed elsewhere.
        Field::optional("connection", FieldType::Opaque).with_secrets(BoundTo::Field),
        STYLE,
        ENTITY_STATUS,
        LIFE_CYCLE,
        Field::optional("ingestion_runner", FieldType::Opaque),
        Field::optional("test_connection_result", FieldType::Opaque).silent(),
        Field::optional(SCHEDULE, FieldType::Text { max: 256 }).silent(),
        Field::optional(SCHEDULED_BY, FieldType::Opaque).silent(),
    ],
    facets: DESCRIBED,
    // How crawls from here went; those of other programs are kept with their ingestion pipelines.
    series: &[observation::INGESTION_RUN],
    rows: true,
    asset: Asset::Container,
    stewarded: true,
    rules: &[Rule::SourceFiles, Rule::SourcePlace, Rule::IngestionSchedule, Rule::PersonalLabels],
    sample: || json!({"service_type": "Postgres"}),
    ..PLAIN
};
