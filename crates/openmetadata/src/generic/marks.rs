//! Followers and votes: marks of one's own on a record, which change no version.

use std::sync::{Arc, Mutex};

use emporion_catalog::command::{Command, DoorRules, Draft, Effect, Guard, How, Outcome, Ref, Target};
use emporion_catalog::kinds;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{FOLLOWER, Relation, VOTE};
use emporion_edge::answer::Answer;
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::{MEDIA_TYPE, OmError, OmResult};
use crate::members::choice;
use crate::noun::{Fields, Noun};
use crate::operation::{Call, reference};
use crate::version::{self, FieldChange};

const VOTES: &[&str] = &["votedUp", "votedDown", "unVoted"];

pub static VOTE_REQUEST: Struct = Struct {
    name: "VoteRequest",
    open: false,
    members: &[Member { required: true, ..choice("updatedVoteType", VOTES) }],
};

/// What a client hears of a change that is no version.
pub static CHANGE_EVENT: Struct = Struct {
    name: "ChangeEvent",
    open: true,
    members: &[
        Member::required("id", emporion_edge::shape::UUID),
        Member::required("eventType", emporion_edge::shape::TEXT),
        Member::required("entityType", emporion_edge::shape::TEXT),
        Member::required("entityId", emporion_edge::shape::UUID),
        Member::optional("entityFullyQualifiedName", emporion_edge::shape::TEXT),
        Member::optional("previousVersion", Shape::Number { min: 0.0, max: 1.0e9 }),
        Member::optional("currentVersion", Shape::Number { min: 0.0, max: 1.0e9 }),
        Member::optional("userName", emporion_edge::shape::TEXT),
        Member::optional("timestamp", crate::members::MILLIS),
        Member::optional("changeDescription", Shape::Object),
        Member::optional("entity", Shape::Object),
    ],
};

/// `PUT /{collection}/{id}/followers`; the body is the user's id as a bare JSON string.
pub async fn follow(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let user = match call.json()? {
        Value::String(text) => {
            text.parse().map_err(|_| OmError::bad_request("The follower must be the id of a user"))?
        }
        _ => return Err(OmError::malformed_because("the body is the id of a user as a string")),
    };
    let marked = mark(&call, target, FOLLOWER, How::Add, Target::of(Ref::Id(kinds::USER, user))).await?;
    event(&call, noun, &marked, "followers", How::Add).await
}

/// `DELETE /{collection}/{id}/followers/{userId}`
pub async fn unfollow(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let text = call.request.param("userId");
    let user = text.parse().map_err(|_| OmError::not_found("user", text))?;
    let marked = mark(&call, target, FOLLOWER, How::Remove, Target::of(Ref::Id(kinds::USER, user))).await?;
    event(&call, noun, &marked, "followers", How::Remove).await
}

/// `PUT /{collection}/{id}/vote`
pub async fn vote(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let target = call.target(noun)?;
    let body = call.json()?;
    let faults = emporion_edge::check::check(&VOTE_REQUEST, emporion_edge::shape::Location::Body, &body);
    if !faults.is_empty() {
        return Err(OmError::shape(&faults));
    }
    let voter = Target::of(Ref::Id(kinds::USER, call.caller.principal.user));
    let (how, voter) = match body.get("updatedVoteType").and_then(Value::as_str) {
        Some("votedUp") => (How::Add, voter.with("up", true)),
        Some("votedDown") => (How::Add, voter.with("up", false)),
        _ => (How::Remove, voter),
    };
    let marked = mark(&call, target, VOTE, how, voter).await?;
    event(&call, noun, &marked, "votes", how).await
}

/// What came of a mark, and the mark that stood there before.
struct Marked {
    outcome: Outcome,
    before: Option<Mark>,
}

struct Mark {
    user: Arc<Card>,
    is_up: bool,
}

async fn mark(call: &Call, target: Ref, relation: Relation, how: How, user: Target) -> OmResult<Marked> {
    let before: Arc<Mutex<Option<Mark>>> = Arc::default();
    let stood = before.clone();
    let edit = move |view: &View| {
        let mine = view.targets(relation).find(|(edge, _)| user.to.id() == Some(edge.to));
        let mine = mine.map(|(edge, card)| Mark {
            user: card.clone(),
            is_up: edge.attributes.get("up") != Some(&Value::Bool(false)),
        });
        // A plan that is made again looks anew.
        *stood.lock().map_err(|_| Problem::internal("an edit panicked"))? = mine;
        let mut draft = Draft::default();
        draft.relate(relation, how, "user", vec![user.clone()]);
        Ok(draft)
    };
    let rules = DoorRules::default();
    let command = Command::Change { target, guard: Guard::None, edit: Arc::new(edit), rules };
    let outcome = call.execute(&command).await?;
    let before = before.lock().map_err(|_| OmError::internal())?.take();
    Ok(Marked { outcome, before })
}

/// The value of the member that a mark alone makes.
fn alone(call: &Call, field: &str, mark: &Mark) -> Value {
    let user = json!([reference(&call.door, &call.base, &mark.user, false)]);
    match (field, mark.is_up) {
        ("votes", true) => json!({"upVotes": 1, "downVotes": 0, "upVoters": user, "downVoters": []}),
        ("votes", false) => json!({"upVotes": 0, "downVotes": 1, "upVoters": [], "downVoters": user}),
        _ => user,
    }
}

async fn event(call: &Call, noun: &'static Noun, marked: &Marked, field: &str, how: How) -> OmResult<Answer> {
    let Marked { outcome, before } = marked;
    let view = &outcome.view;
    let record = &view.record;
    let changed = outcome.effect != Effect::Unchanged;
    let shown = call.entity(noun, view, &Fields::These(vec![field.to_owned()])).await?;
    let change = match how {
        How::Remove => {
            FieldChange { name: field.into(), old: before.as_ref().map(|mark| alone(call, field, mark)), new: None }
        }
        _ => {
            let now = shown.get(field).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
            FieldChange { name: field.into(), old: None, new: Some(now) }
        }
    };
    let changes = if changed { vec![change] } else { Vec::new() };
    let body = json!({
        "id": Uuid::new_v4().to_string(),
        "eventType": if changed { "entityFieldsChanged" } else { "entityNoChange" },
        "entityType": noun.entity_type,
        "entityId": record.id.to_string(),
        "entityFullyQualifiedName": record.fqn,
        "previousVersion": version::number(record.version),
        "currentVersion": version::number(record.version),
        "userName": &*call.caller.principal.name,
        "timestamp": call.door.catalog.now().0,
        "changeDescription": version::change_description(record.version, &changes),
        "entity": shown,
    });
    Ok(Answer::json(200, MEDIA_TYPE, &body))
}
