//! Trying out where messages are to go, before anybody subscribes: a message of no event is sent to each destination.

use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Map, Value, json};

use super::TAG;
use crate::case;
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::list_of;
use crate::nouns::event_subscription::{DESTINATION, NOUN};
use crate::operation::{Call, ok, row};
use crate::secrets::{self, MASK};
use crate::subscriptions::destination::wanted;
use crate::subscriptions::request;
use crate::subscriptions::served::unserved;

/// How long each is waited for to be reached, and to answer: whoever tries waits as well.
const MOST_SECONDS: u64 = 5;
const WORDS: &str = "A test: messages of a subscription would arrive here.";

static REQUEST: Struct = Struct {
    name: "TestEventSubscriptionRequest",
    open: false,
    members: &[Member { required: true, ..Member::optional("destinations", list_of!(DESTINATION)) }],
};

pub fn route() -> Route<Door> {
    Route {
        summary: "Send a message to destinations, to try them out".into(),
        input: &REQUEST,
        output: Some(list()),
        ..row(Method::POST, "/v1/events/subscriptions/testDestination", "testDestination", TAG, try_out)
    }
}

fn list() -> Shape {
    list_of!(DESTINATION)
}

/// For whoever may subscribe.
async fn try_out(call: Call) -> OmResult<Answer> {
    call.reading().await?.ask_create_at_top(NOUN.kind).await?;
    let body = call.body(&REQUEST)?;
    let members = request::tried(call.door.deliveries(), body)?;
    let mut told = Vec::new();
    for (index, destination) in members.into_iter().enumerate() {
        told.push(tried(&call, index, destination).await?);
    }
    ok(&Value::Array(told))
}

async fn tried(call: &Call, index: usize, mut destination: Value) -> OmResult<Value> {
    for secret in ["/config/authType/secretKey", "/config/secretKey"] {
        if destination.pointer(secret).and_then(Value::as_str) == Some(MASK) {
            let field = format!("destinations[{index}]{}", secret.replace('/', "."));
            return Err(OmError::violation(field, "must be given: a mask is no secret"));
        }
    }
    let status = match (unserved(&Value::Object(Map::new()), &destination), &call.door.options.deliveries) {
        (Some(reason), _) => json!({"status": "Failed", "reason": reason}),
        (None, None) => json!({"status": "Failed", "reason": "this server sends nothing"}),
        (None, Some(deliveries)) => {
            let Some(mut to) = wanted(&case::to_core(destination.clone())) else {
                return Err(OmError::violation(format_args!("destinations[{index}]"), "is incomplete"));
            };
            to.connect_seconds = to.connect_seconds.min(MOST_SECONDS);
            to.read_seconds = to.read_seconds.min(MOST_SECONDS);
            let message = to.form.words(WORDS).to_string().into_bytes();
            match deliveries.try_out(to, message).await {
                Ok(status) if (200..300).contains(&status) => json!({"status": "Success", "statusCode": status}),
                Ok(status) => {
                    json!({"status": "Failed", "statusCode": status, "reason": format!("the endpoint answered {status}")})
                }
                Err(reason) => json!({"status": "Failed", "reason": reason}),
            }
        }
    };
    destination["statusDetails"] = status;
    destination["statusDetails"]["timestamp"] = call.door.catalog.now().0.into();
    secrets::mask_all(&mut destination);
    Ok(destination)
}
