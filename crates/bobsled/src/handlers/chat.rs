//! `POST chat`, `POST chat/stream` and `GET chat/stream/{messageId}`: questions to a product.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_edge::stream::Stream;
use emporion_edge::timestamp;
use serde_json::json;

use crate::call::Call;
use crate::chat::basis;
use crate::chat::event::{self, Event};
use crate::chat::flow::{Flow, Owner};
use crate::chat::keeping::Shown;
use crate::chat::once::Kept;
use crate::chat::opening;
use crate::chat::telling::follow;
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::Failure;
use crate::mount::Mount;
use crate::subject;

/// `POST chat`: the answer at once.
pub async fn ask(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let begun = Instant::now();
    let asked = opening::admit(&door, &call)?;
    let _turn = match &asked.key {
        Some(key) => Some(door.asking.take(key).await?),
        None => None,
    };
    let opened = opening::open(&door, &call, asked).await?;
    let Shown { data, is_again, .. } = opening::answer(&door, &call, &opened, begun, &|_| {}).await?;
    let reply = Reply::ok(data).warn(opened.question.warnings);
    Ok(if is_again { reply.again() } else { reply })
}

/// `GET chat-threads/{id}/messages/{id}/answer`: rows stand in no thread, so they are read again, as who asked may read them
/// now.
pub async fn again(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let begun = Instant::now();
    let thread = RecordId::from_uuid(call.id("threadId", "thread")?);
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let asked = opening::admit_again(&door, &call, Kept { thread, message })?;
    let opened = opening::open(&door, &call, asked).await?;
    let Shown { data, .. } = opening::answer(&door, &call, &opened, begun, &|_| {}).await?;
    Ok(Reply::ok(data))
}

/// `POST chat/stream`: the answer as it is made.
pub async fn stream(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let asked = opening::admit(&door, &call)?;
    let mount = call.exchange.mount;
    let user = call.caller.principal.user;
    // Held until others under the key find what has begun.
    let mut _turn = None;
    if let Some(key) = &asked.key {
        _turn = Some(door.asking.take(key).await?);
        let reading = door.catalog.reading(&call.caller).await?;
        let product = subject::find(&door, &call, &reading, &Depth::bare()).await?.id();
        drop(reading);
        // Under other rights than it was made with, it is asked anew.
        if let Some(flow) = door.flows.under(key, Owner { user, product })?
            && basis::holds(flow.basis(), &door, &call).await?
        {
            return Ok(followed(flow, 0, mount).again());
        }
    }
    let opened = opening::open(&door, &call, asked).await?;
    let owner = Owner { user, product: opened.product };
    let told = json!({
        "threadId": opened.thread.to_string(),
        "messageId": opened.message.to_string(),
        "createdAt": timestamp::print(door.now_ms()),
        "mode": opened.mode(&door).word(),
    });
    let making = door.clone();
    let (key, is_again) = (opened.key.clone(), opened.is_again);
    let basis = opened.basis;
    let flow = door.flows.begin(opened.message, owner, basis, key, move |flow| async move {
        flow.tell(&Event::new("message_start", told));
        follow(&making, &call, &opened, &flow).await;
    });
    let reply = followed(flow, 0, mount);
    Ok(if is_again { reply.again() } else { reply })
}

/// `GET chat/stream/{messageId}`: the rest of an answer, for who was cut off.
pub async fn resume(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let owner = Owner { user: call.caller.principal.user, product: view.id() };
    let last = call.request.header("last-event-id").or(call.text("lastEventId")).unwrap_or_default();
    let after = if last.is_empty() { Some(0) } else { event::number(last, message) };
    let after = after.ok_or_else(|| Failure::bad_request("Last-Event-ID is no event of this message"))?;
    let flow = door.flows.find(message, owner).filter(|flow| flow.has(after)).ok_or_else(Failure::stream_expired)?;
    // What was told under other rights is not told again.
    if !basis::holds(flow.basis(), &door, &call).await? {
        return Err(Failure::stream_expired());
    }
    Ok(followed(flow, after, call.exchange.mount))
}

fn followed(flow: Arc<Flow>, after: usize, mount: Mount) -> Reply {
    Reply::streamed("text/event-stream", Stream::of(flow.read(after, mount)))
}
