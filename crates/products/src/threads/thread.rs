//! A chat thread and its messages, as they are shown to somebody.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::command::{Draft, Guard, Outcome, Ref};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use serde_json::Value;

use super::{Role, count, id, messages, missing};
use crate::chat::answer::{Answer, Status};
use crate::chat::detail::Detail;
use crate::chat::memory::Read;
use crate::chat::retelling::{self, Retelling, WITHHELD};
use crate::commands;
use crate::failure::{Code, Failure, Violation};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::message::Message;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// Fields of a message that hold what its asker says of it.
pub const RATING: &str = "feedback";
pub const COMMENT: &str = "feedback_comment";
pub const RATED_AT: &str = "feedback_at";

#[derive(Debug, Clone)]
pub struct Thread {
    pub id: RecordId,
    pub product: Option<RecordId>,
    pub title: Option<String>,
    pub message_count: u64,
    pub created_ms: i64,
    pub created_by: RecordId,
    pub updated_ms: i64,
    pub revision: u64,
}

/// What was asked, or answered.
#[derive(Debug, Clone)]
pub struct ThreadMessage {
    pub id: RecordId,
    pub role: Role,
    pub text: String,
    /// As the thread keeps it.
    pub answer: Option<Value>,
    /// How the question was read that it answers, for who asked.
    pub reading: Option<Read>,
    pub created_ms: i64,
    pub feedback: Option<Feedback>,
    /// What was answered may not be told any more.
    pub is_withheld: bool,
}

/// What an asker says of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// `helpful` or `wrong`.
    pub rating: String,
    pub comment: Option<String>,
    pub rated_ms: i64,
}

/// A part of a thread.
#[derive(Debug, Clone)]
pub struct Transcript {
    pub thread: Thread,
    /// Oldest first.
    pub messages: Vec<ThreadMessage>,
    /// There are others behind the last one.
    pub has_more: bool,
}

impl Thread {
    pub async fn of(reading: &Reading<'_>, record: &Record) -> Result<Thread, Failure> {
        Ok(Thread {
            id: record.id,
            product: record.parent,
            title: record.body.get("title").and_then(Value::as_str).map(str::to_owned),
            message_count: count(reading, record).await?,
            created_ms: record.created.at.0,
            created_by: record.created.by.id,
            updated_ms: record.updated.at.0,
            revision: record.revision.0,
        })
    }
}

impl ThreadMessage {
    /// As its thread shows it to who asked, where it is still told.
    fn own(record: &Record, is_told: bool) -> ThreadMessage {
        let text = record.body.get("text").and_then(Value::as_str).unwrap_or_default();
        let message = ThreadMessage::of(record, Detail::Whole, text);
        if is_told { message } else { message.withheld() }
    }

    /// Without what may not be told any more.
    fn withheld(self) -> ThreadMessage {
        let answer = self.answer.as_ref().map(retelling::withheld);
        ThreadMessage { text: WITHHELD.to_owned(), answer, is_withheld: true, ..self }
    }

    fn of(record: &Record, detail: Detail, text: &str) -> ThreadMessage {
        let is_answer = record.body.get("role").and_then(Value::as_str) == Some(Role::Assistant.word());
        ThreadMessage {
            id: record.id,
            role: if is_answer { Role::Assistant } else { Role::User },
            text: text.to_owned(),
            answer: detail.answer(record),
            reading: detail.reading(record),
            created_ms: record.created.at.0,
            feedback: Feedback::of(record),
            is_withheld: false,
        }
    }

    /// The answer that it is, as far as the thread keeps it; one that says nothing where there is none.
    pub fn kept_answer(&self) -> Answer {
        let Some(kept) = &self.answer else { return Answer::default() };
        Answer::parse(kept).unwrap_or_else(|| {
            tracing::warn!(message = %self.id, "a kept answer cannot be read");
            Answer::new(Status::Failed, &self.text)
        })
    }
}

impl Feedback {
    fn of(record: &Record) -> Option<Feedback> {
        let text = |field: &str| record.body.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Feedback {
            rating: text(RATING)?,
            comment: text(COMMENT),
            rated_ms: record.body.get(RATED_AT).and_then(Value::as_i64).unwrap_or_default(),
        })
    }
}

/// A thread of the product. That of somebody else is there only for who may give rights on the product.
///
/// Errors: 404.
pub async fn find(
    products: &Products,
    request: &ProductRequest,
    reading: &Reading<'_>,
    thread: RecordId,
) -> Result<View, Failure> {
    let product = subject::find(products, request, reading, &Depth::bare()).await?;
    let found = reading.get(&id(&products.catalog, thread), States::Alive, &Depth::bare()).await;
    match found {
        Ok(view) if view.record.parent == Some(product.id()) => Ok(view),
        Ok(_) | Err(Problem::NotFound { .. }) => Err(missing(thread)),
        Err(other) => Err(other.into()),
    }
}

/// A thread with so many of its messages, from the first or from after another one, as far as their reader may still be told
/// them; of somebody else's, what was asked and what became of it.
///
/// Errors: 404; 400 for a message that is not in it.
pub async fn read(
    products: &Arc<Products>,
    request: &ProductRequest,
    thread: RecordId,
    after: Option<RecordId>,
    limit: usize,
) -> Result<Transcript, Failure> {
    let reading = products.catalog.reading(&request.caller).await?.remembering();
    let thread = find(products, request, &reading, thread).await?.record;
    let after = match after {
        None => None,
        Some(id) => {
            let known = reading.parts_by_id(&[&thread], &[id]).await?.pop().flatten();
            Some(known.ok_or_else(|| {
                let message = Message::with("there is no message \"{}\" in the thread", [id.to_string()]);
                let violation = Violation::new("?afterMessageId", "exists", message);
                Failure::silent(Code::BAD_REQUEST).violating(vec![violation])
            })?)
        }
    };
    let found = messages(&reading, &thread, after.as_ref(), limit).await?;
    let detail = Detail::of(&thread, &request.caller);
    let shown = Thread::of(&reading, &thread).await?;
    drop(reading);
    let retelling = Retelling::to(products, request);
    let mut said = Vec::with_capacity(found.len());
    for (record, text) in detail.texts(&found).take(limit) {
        let message = ThreadMessage::of(record, detail, text);
        let is_told = detail == Detail::Outline || retelling.tells(record).await?;
        said.push(if is_told { message } else { message.withheld() });
    }
    Ok(Transcript { messages: said, thread: shown, has_more: found.len() > limit })
}

/// Says what an answer was worth, or with `None` takes that back; the last one counts. Answers the message.
///
/// Errors: 404 for a message that is not in the thread, 403 for the thread of somebody else, 422 for a question.
pub async fn rate(
    products: &Arc<Products>,
    request: &ProductRequest,
    (thread, message): (RecordId, RecordId),
    feedback: Option<Feedback>,
    stored: Option<StoredAnswer<ThreadMessage>>,
) -> Result<Idempotent<ThreadMessage>, Failure> {
    let catalog = &products.catalog;
    let message = own_answer(products, request, thread, message).await?;
    let is_told = Retelling::to(products, request).tells(&message).await?;
    // What was answered under the key tells it.
    let stored = stored.filter(|_| is_told);
    idempotency::once(catalog, &request.caller, stored.as_ref(), async {
        let mut draft = Draft::default();
        draft.set(RATING, feedback.as_ref().map(|feedback| feedback.rating.clone()));
        draft.set(RATED_AT, feedback.as_ref().map(|feedback| feedback.rated_ms));
        draft.set(COMMENT, feedback.and_then(|feedback| feedback.comment));
        let command = commands::change(Ref::Id(message.kind, message.id), Guard::None, draft);
        let make = move |outcome: &Outcome| ThreadMessage::own(&outcome.view.record, is_told);
        idempotency::commit(catalog, &request.caller, &command, stored.clone(), None, make).await
    })
    .await
}

async fn own_answer(
    products: &Products,
    request: &ProductRequest,
    thread: RecordId,
    id: RecordId,
) -> Result<Record, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let thread = find(products, request, &reading, thread).await?.record;
    let user = request.caller.principal.user.to_string();
    if thread.body.get("user").and_then(Value::as_str) != Some(user.as_str()) {
        return Err(Failure::forbidden("what an answer was worth is said by whoever asked"));
    }
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
