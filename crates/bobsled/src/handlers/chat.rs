//! `POST chat`, `POST chat/stream` and `GET chat/stream/{messageId}`: questions to a product.

use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_edge::stream::Stream;
use emporion_products::chat::ask::{self, Following};
use emporion_products::chat::basis;
use emporion_products::chat::event::EventId;
use emporion_products::chat::event_stream::{EventStream, Owner};
use emporion_products::chat::question_idempotency::AnswerRef;
use emporion_products::chat::request::Question;
use emporion_products::failure::{Code, Failure};
use emporion_products::idempotency::IdempotencyKey;
use emporion_products::limits::DEFAULT_ROWS;
use emporion_products::request::ProductRequest;
use emporion_products::subject;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::file_note;
use crate::http_failures;
use crate::mount::Mount;
use crate::question_input;

/// Reads a question and the key that it is asked under.
///
/// Errors: 400 and 422 for a body that is none.
fn read(call: &Call) -> Result<(ProductRequest, Question, Option<IdempotencyKey>), Failure> {
    let body = call.body()?;
    let key = call.idempotency(&body)?;
    let question = question_input::parse(body, call.is_strict())?;
    Ok((call.of_product()?, question, key))
}

/// `POST chat`: the answer at once.
pub async fn ask(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (request, question, key) = read(&call)?;
    let question = Question { file: file_note::of(&call), ..question };
    let (placed, warnings) = ask::ask(&door.products, &request, question, key).await?;
    let reply = Reply::ok(placed.print()).warn(warnings);
    Ok(if placed.is_again { reply.again() } else { reply })
}

/// `GET chat-threads/{id}/messages/{id}/answer`: rows stand in no thread, so they are read again, as who asked may read them
/// now.
pub async fn again(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let thread = RecordId::from_uuid(call.id("threadId", "thread")?);
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let (request, kept) = (call.of_product()?, AnswerRef { thread, message });
    let placed =
        ask::answer_again(&door.products, &request, kept, Question::again(DEFAULT_ROWS.unsigned_abs())).await?;
    Ok(Reply::ok(placed.print()))
}

/// `POST chat/stream`: the answer as it is made.
pub async fn stream(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let (request, question, key) = read(&call)?;
    let mount = call.exchange.mount;
    let Following { stream, is_again } = ask::ask_following(&door.products, &request, question, key, mount).await?;
    let reply = followed(stream, 0, mount);
    Ok(if is_again { reply.again() } else { reply })
}

/// `GET chat/stream/{messageId}`: the rest of an answer, for who was cut off.
pub async fn resume(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door.products, &call.of_product()?, &reading, &Depth::bare()).await?;
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let owner = Owner { user: call.caller.principal.user, product: view.id() };
    let last = call.request.header("last-event-id").or(call.text("lastEventId")).unwrap_or_default();
    let last = if last.is_empty() { Some(EventId::default()) } else { EventId::parse(last, message) };
    let last = last.ok_or_else(|| Failure::bad_request("Last-Event-ID is no event of this message"))?;
    let after = last.number;
    drop(reading);
    let (request, mount) = (call.of_product()?, call.exchange.mount);
    let here = door.products.event_streams.find(message, owner).filter(|stream| stream.replay() == last.replay);
    let stream = match here {
        Some(stream) if !stream.has(after) => None,
        // What was told under other rights is not told again.
        Some(stream) if !basis::holds(stream.basis(), &door.products, &request).await? => None,
        Some(stream) => Some(stream),
        // Another node may have made it.
        None => match ask::follow_elsewhere(&door.products, &request, message, after, mount).await {
            Err(failure) if failure.code == Code::NOT_FOUND => None,
            found => found?,
        },
    };
    Ok(followed(stream.ok_or_else(http_failures::stream_expired)?, after, mount))
}

fn followed(stream: Arc<EventStream>, after: usize, mount: Mount) -> Reply {
    Reply::streamed("text/event-stream", Stream::of(stream.read(after, mount.renaming())))
}
