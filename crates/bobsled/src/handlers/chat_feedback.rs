//! What the asker says of an answer: that it helped, or that it is wrong.

use std::sync::Arc;

use emporion_catalog::command::{Draft, Guard, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_products::commands;
use emporion_products::failure::{Code, Failure};
use emporion_products::idempotency;
use emporion_products::message::Message;
use emporion_products::warning::Warning;
use serde_json::{Value, json};

use super::chat_threads;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::shapes::chat_feedback as shapes;
use emporion_products::fields::{self, Checked};

pub const RATING: &str = "feedback";
pub const COMMENT: &str = "feedback_comment";
pub const RATED_AT: &str = "feedback_at";

/// `POST …/messages/{messageId}/feedback`: the last one counts.
pub async fn give(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, None)?;
    let Checked { body, warnings } = fields::check(&shapes::GIVE, &[], body, call.is_strict())?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let now = door.products.catalog.now().0;
    let mut draft = Draft::default();
    draft.set(RATING, text("rating").unwrap_or_default());
    draft.set(COMMENT, text("comment").map_or(Value::Null, Value::from));
    draft.set(RATED_AT, now);
    change(&door, &call, draft, key, warnings).await
}

/// `DELETE` of it.
pub async fn take_back(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let mut draft = Draft::default();
    for field in [RATING, COMMENT, RATED_AT] {
        draft.set(field, Value::Null);
    }
    change(&door, &call, draft, Key::none(), Vec::new()).await
}

async fn change(door: &Door, call: &Call, draft: Draft, key: Key, warnings: Vec<Warning>) -> Result<Reply, Failure> {
    let message = answer(door, call).await?;
    let command = commands::change(Ref::Id(message.kind, message.id), Guard::None, draft);
    let print = move |outcome: &emporion_catalog::command::Outcome| {
        let message = chat_threads::own(&outcome.view.record);
        Reply::ok(json!({ "message": message })).warn(warnings.iter().cloned())
    };
    key.once(door, call, |stored| {
        idempotency::commit(&door.products.catalog, &call.caller, &command, stored, None, print)
    })
    .await
}

/// The answer that the path names.
///
/// Errors: 404 for a message that is not in the thread, 403 for the thread of somebody else, 422 for a question.
async fn answer(door: &Door, call: &Call) -> Result<Record, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let thread = chat_threads::find(door, call, &reading).await?.record;
    let user = call.caller.principal.user.to_string();
    if thread.body.get("user").and_then(Value::as_str) != Some(user.as_str()) {
        return Err(Failure::forbidden("what an answer was worth is said by whoever asked"));
    }
    let id = RecordId::from_uuid(call.id("messageId", "message")?);
    let known = reading.parts_by_id(&[&thread], &[id]).await?.pop().flatten();
    let known = known.filter(|message| message.state.is_alive());
    let message = known.ok_or_else(|| {
        Failure::not_found(Message::with("there is no message \"{}\" in the thread", [id.to_string()]))
    })?;
    if message.body.get("role").and_then(Value::as_str) != Some("assistant") {
        return Err(Failure::new(Code::VALIDATION_FAILED, "a question has no feedback; its answer has"));
    }
    Ok(message)
}
