//! A connection to a tool that shows data to people.

use serde_json::json;

use super::shared::*;

pub const DASHBOARD_SERVICE: KindDef = KindDef {
    name: "dashboard_service",
    fields: &[
        Field::required("service_type", FieldType::Text { max: 128 }).told().fixed(),
        // Without its secrets, which are sealed elsewhere.
        Field::optional("connection", FieldType::Opaque).with_secrets(BoundTo::Field),
        STYLE,
        ENTITY_STATUS,
        Field::optional("ingestion_runner", FieldType::Opaque),
        Field::optional("test_connection_result", FieldType::Opaque).silent(),
    ],
    facets: DESCRIBED,
    asset: Asset::Container,
    stewarded: true,
    sample: || json!({"service_type": "Superset"}),
    ..PLAIN
};
