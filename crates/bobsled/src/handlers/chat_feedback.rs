//! What the asker says of an answer: that it helped, or that it is wrong.

use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_products::failure::Failure;
use emporion_products::fields::{self, Checked};
use emporion_products::threads::thread::{self, Feedback, ThreadMessage};
use emporion_products::warning::Warning;
use serde_json::{Value, json};

use super::chat_threads;
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::shapes::chat_feedback as shapes;

/// `POST …/messages/{messageId}/feedback`: the last one counts.
pub async fn give(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, None)?;
    let Checked { body, warnings } = fields::check(&shapes::GIVE, &[], body, call.is_strict())?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let rated_ms = door.products.catalog.now().0;
    let feedback = Feedback { rating: text("rating").unwrap_or_default(), comment: text("comment"), rated_ms };
    rate(&door, &call, Some(feedback), key, warnings).await
}

/// `DELETE` of it.
pub async fn take_back(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    rate(&door, &call, None, Key::none(), Vec::new()).await
}

async fn rate(
    door: &Door,
    call: &Call,
    feedback: Option<Feedback>,
    key: Key,
    warnings: Vec<Warning>,
) -> Result<Reply, Failure> {
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let answer = (chat_threads::id(call)?, message);
    let print = move |message: &ThreadMessage| {
        Reply::ok(json!({"message": chat_threads::message(message)})).warn(warnings.iter().cloned())
    };
    let request = call.of_product()?;
    key.answer(call, print, |stored| thread::rate(&door.products, &request, answer, feedback, stored)).await
}
