//! Requests for access as messages: in OpenMetadata's words a thread of type `Task` about the product.

use emporion_catalog::Problem;
use emporion_catalog::change_set::{Event, EventKind};
use emporion_catalog::id::{Millis, Seq};
use emporion_catalog::kinds::access_request::APPROVED;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Card;
use emporion_catalog::requests::AccessRequest;
use emporion_catalog::timestamp;
use serde_json::{Value, json};

use crate::special::events;

/// The kind of their records.
pub const KIND: &str = emporion_catalog::requests::KIND;
const ENTITY_TYPE: &str = "THREAD";

/// What has happened to the request: it waits, was granted, or is closed otherwise. Of its deletion nothing is told.
pub fn event_type(request: &AccessRequest, what: EventKind) -> Option<&'static str> {
    match what {
        EventKind::Created => Some("threadCreated"),
        EventKind::Updated if request.state == APPROVED => Some("taskResolved"),
        EventKind::Updated if !request.is_open() => Some("taskClosed"),
        _ => None,
    }
}

/// The request, where whoever reads sees it still.
pub async fn find(reading: &Reading<'_>, event: &Event) -> Result<Option<AccessRequest>, Problem> {
    match reading.access_request(event.id).await {
        Ok(request) => Ok(Some(request)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(problem) => Err(problem),
    }
}

pub fn printed(request: &AccessRequest, event_type: &str, seq: Seq, event: &Event) -> Value {
    let is_open = event.what == EventKind::Created;
    let name = |card: &Option<std::sync::Arc<Card>>| card.as_ref().map_or(String::new(), |card| card.name.clone());
    let mut wanted = match request.assets.is_empty() {
        true => request.wanted.name().to_owned(),
        false => {
            let assets: Vec<&str> = request.assets.iter().map(|card| card.fqn.as_str()).collect();
            format!("{} of {}", request.wanted.name(), assets.join(", "))
        }
    };
    if let Some(until) = request.until {
        wanted.push_str(&format!(" until {}", timestamp::print(until.0)));
    }
    let mut task = json!({
        // The number of a task, of which the catalogue keeps none: the moment when it was made.
        "id": request.asked_at.0,
        "type": "Generic",
        "assignees": [],
        "status": if is_open { "Open" } else { "Closed" },
        "newValue": wanted,
    });
    let mut posts = Vec::new();
    let mut updated = (name(&request.requester), request.asked_at);
    if !is_open {
        updated = (name(&request.decided_by), request.decided_at.unwrap_or(Millis(event.at.0)));
        task["closedBy"] = updated.0.clone().into();
        task["closedAt"] = updated.1.0.into();
        if let Some(words) = &request.words {
            let id = events::id_of(seq, event).to_string();
            posts.push(json!({"id": id, "message": words, "postTs": updated.1.0, "from": updated.0}));
        }
    }
    let product = request.product.as_ref();
    let mut thread = json!({
        "id": request.id.to_string(),
        "type": "Task",
        "threadTs": request.asked_at.0,
        "about": format!("<#E::dataProduct::{}>", product.map_or("", |card| card.fqn.as_str())),
        "createdBy": name(&request.requester),
        "updatedBy": updated.0,
        "updatedAt": updated.1.0,
        "resolved": !is_open,
        "message": request.reason,
        "postsCount": posts.len(),
        "posts": posts,
        "task": task,
    });
    if let Some(card) = product {
        thread["entityRef"] = json!({
            "id": card.id.to_string(), "type": "dataProduct", "name": card.name, "fullyQualifiedName": card.fqn,
        });
    }
    json!({
        "id": events::id_of(seq, event).to_string(),
        "eventType": event_type,
        "entityType": ENTITY_TYPE,
        "entityId": request.id.to_string(),
        "entityFullyQualifiedName": event.fqn,
        "userName": &*event.by.name,
        "timestamp": event.at.0,
        "entity": thread,
    })
}
