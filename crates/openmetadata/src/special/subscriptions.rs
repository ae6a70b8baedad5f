//! Event subscriptions: how deliveries go, what of a request is taken in, and how an event is told.

mod chat;
mod message;
mod request;
mod served;
mod task;
mod trial;

use std::fmt;

use async_trait::async_trait;
use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use super::{Call, ok, permitted, row};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::nouns::event_subscription::NOUN;

pub use chat::Form;
pub use message::{Destination, Selection, message, wanted_destinations};
pub use request::{changed, check_reach, complete};
pub use served::say;

const TAG: &str = "Events";
/// Tries in a row after which a subscription that says nothing has reached its limit.
const DEFAULT_RETRIES: u64 = 3;
/// The word for every type of entity.
const ALL: &str = "all";
/// The header that bears the signature of a message.
pub const SIGNATURE_HEADER: &str = "x-om-signature";

/// What the server knows of deliveries; the door only says it.
#[async_trait]
pub trait Deliveries: Send + Sync + fmt::Debug {
    /// Why nothing can be sent to an address, where that shows without asking anybody.
    fn refuses(&self, endpoint: &str) -> Option<String>;

    /// Whether a subscription may set the header.
    fn may_set(&self, header: &str) -> bool;

    /// Sends a message, and tells the status that is answered, or why none was.
    async fn try_out(&self, destination: Destination, message: Vec<u8>) -> Result<u16, String>;

    /// How deliveries to a destination of a subscription go.
    async fn status(&self, subscription: RecordId, destination: &str) -> Result<Option<Delivered>, Problem>;
}

/// How deliveries to a destination go.
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    pub last_success_ms: Option<i64>,
    pub last_failure_ms: Option<i64>,
    pub last_failure_status: Option<u16>,
    pub last_failure_reason: Option<String>,
    /// Consecutive failed tries.
    pub failures: u64,
    pub next_attempt_ms: Option<i64>,
    /// Events that were given up on: the ids of the newest, oldest first, and how many in all.
    pub given_up: Vec<String>,
    pub given_up_in_all: u64,
}

static STATUS: Struct = Struct {
    name: "SubscriptionStatus",
    open: false,
    members: &[
        choice("status", &["disabled", "failed", "retryLimitReached", "awaitingRetry", "active"]),
        Member::optional("lastSuccessfulAt", MILLIS),
        Member::optional("lastFailedAt", MILLIS),
        integer("lastFailedStatusCode"),
        text("lastFailedReason"),
        Member::optional("nextAttempt", MILLIS),
        Member::optional("timestamp", MILLIS),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let by_name = "/v1/events/subscriptions/name/{fqn}/status/{destinationId}";
    let by_id = "/v1/events/subscriptions/{id}/status/{destinationId}";
    let status = || Some(Shape::Struct(&STATUS));
    vec![
        trial::route(),
        Route {
            summary: "Show how deliveries to a destination go".into(),
            output: status(),
            errors: &[404],
            ..row(Method::GET, by_id, "getEventSubscriptionStatusById", TAG, show_status)
        },
        Route {
            summary: "Show how deliveries to a destination go, by the name of the subscription".into(),
            output: status(),
            errors: &[404],
            ..row(Method::GET, by_name, "getEventSubscriptionStatus", TAG, show_status)
        },
    ]
}

async fn show_status(call: Call) -> OmResult<Answer> {
    let target = call.target(NOUN.kind, NOUN.entity_type)?;
    let record = permitted(&call, &target, Action::View).await?;
    let wanted = call.request.param("destinationId").to_owned();
    let destination = destinations(&record).find(|destination| text_of(destination, "id") == Some(&wanted));
    let destination = destination.ok_or_else(|| OmError::not_found("destination", &wanted))?;
    let delivered = match &call.door.options.deliveries {
        Some(deliveries) => deliveries.status(record.id, &wanted).await?.unwrap_or_default(),
        None => Delivered::default(),
    };
    let retries = retries(&record);
    let unserved = served::unserved(&Value::from(record.body.clone()), destination);
    let is_on = record.body.get("enabled") != Some(&Value::Bool(false)) && is_enabled(destination);
    let is_refused = delivered.last_failure_status.is_none_or(|status| (300..400).contains(&status));
    let status = match delivered.failures {
        _ if !is_on => "disabled",
        _ if unserved.is_some() => "failed",
        0 => "active",
        failures if failures > retries => "retryLimitReached",
        _ if is_refused => "failed",
        _ => "awaitingRetry",
    };
    let mut shown = json!({"status": status, "timestamp": call.door.catalog.now().0});
    for (member, value) in [
        ("lastSuccessfulAt", delivered.last_success_ms.map(Value::from)),
        ("lastFailedAt", delivered.last_failure_ms.map(Value::from)),
        ("lastFailedStatusCode", delivered.last_failure_status.map(Value::from)),
        (
            "lastFailedReason",
            unserved
                .or(delivered.last_failure_reason)
                .map(|reason| with_given_up(reason, &delivered.given_up, delivered.given_up_in_all)),
        ),
        ("nextAttempt", delivered.next_attempt_ms.filter(|_| status != "disabled").map(Value::from)),
    ] {
        if let Some(value) = value {
            shown[member] = value;
        }
    }
    ok(&shown)
}

/// The reason of the last failure, and what was given up on: strict clients know no member for it.
fn with_given_up(reason: String, newest: &[String], in_all: u64) -> Value {
    let ids: Vec<&str> = newest.iter().rev().map(String::as_str).collect();
    match in_all {
        0 => reason.into(),
        1 => format!("{reason}; 1 event was given up: {}", ids.join(", ")).into(),
        _ => format!("{reason}; {in_all} events were given up, the newest: {}", ids.join(", ")).into(),
    }
}

/// Whether a resource means every type of entity.
fn is_all(resource: &str) -> bool {
    resource.eq_ignore_ascii_case(ALL)
}

/// How often an event is tried again at least.
pub fn retries(record: &Record) -> u64 {
    record.body.get("retries").and_then(Value::as_u64).unwrap_or(DEFAULT_RETRIES)
}

fn destinations(record: &Record) -> impl Iterator<Item = &Value> {
    record.body.get("destinations").and_then(Value::as_array).into_iter().flatten()
}

fn is_enabled(value: &Value) -> bool {
    value.get("enabled") != Some(&Value::Bool(false))
}

fn items<'v>(holder: Option<&'v Value>, member: &str) -> &'v [Value] {
    holder.and_then(|holder| holder.get(member)).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text_of<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str)
}
