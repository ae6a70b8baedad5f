//! Event subscriptions: how deliveries go, and how an event is told.

mod message;
mod task;
mod trial;

use emporion_catalog::action::Action;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::nouns;
use crate::nouns::event_subscription::NOUN;
use crate::operation::{Call, ok, permitted, row};

use crate::subscriptions::body::{destinations, is_enabled, retries, text_of};
use crate::subscriptions::deliveries::Delivered;
use crate::subscriptions::served::unserved;

pub use message::{Selection, message};

const TAG: &str = "Events";
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
    let target = call.target(nouns::of(&NOUN))?;
    let record = permitted(&call, &target, Action::View).await?;
    let wanted = call.request.param("destinationId").to_owned();
    let destination = destinations(&record).find(|destination| text_of(destination, "id") == Some(&wanted));
    let destination = destination.ok_or_else(|| OmError::not_found("destination", &wanted))?;
    let delivered = match &call.door.options.deliveries {
        Some(deliveries) => deliveries.status(record.id, &wanted).await?.unwrap_or_default(),
        None => Delivered::default(),
    };
    let retries = retries(&record);
    let unserved = unserved(&Value::from(record.body.clone()), destination);
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
