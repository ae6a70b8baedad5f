//! A wish to be told of what happens, and where to.

use serde_json::json;

use super::shared::*;
use crate::kind::Visibility;

/// The field that holds the id of whoever it is read for. No request sets it.
pub const ACTS_FOR: &str = "acts_for";

/// Where in a destination its address stands.
pub const ENDPOINT: &str = "/config/endpoint";

pub const EVENT_SUBSCRIPTION: KindDef = KindDef {
    name: "event_subscription",
    fields: &[
        Field::required("alert_type", FieldType::Text { max: 64 }).told(),
        // Without its secrets, which are sealed elsewhere.
        Field::optional("destinations", FieldType::Opaque).with_secrets(BoundTo::Item(&["/id", ENDPOINT])),
        Field::optional("resources", FieldType::Texts { max: 256 }).told(),
        Field::optional("input", FieldType::Opaque),
        Field::optional("trigger", FieldType::Opaque).told(),
        Field::optional("enabled", FieldType::Boolean).told(),
        Field::optional("batch_size", FieldType::Integer).told(),
        Field::optional("retries", FieldType::Integer).told(),
        Field::optional("poll_interval", FieldType::Integer).told(),
        Field::optional("class_name", FieldType::Text { max: 256 }),
        Field::optional("config", FieldType::Opaque),
        PROVIDER,
        Field::optional(ACTS_FOR, FieldType::Text { max: 64 }).silent(),
    ],
    facets: &[Facet::Owners, Facet::Domains],
    on_delete: OnDelete::FreesName,
    visibility: Visibility::Granted,
    most: Some(500),
    rules: &[Rule::Subscriber],
    sample: || json!({"alert_type": "Notification"}),
    ..PLAIN
};
