//! Chat threads: list, read, rename, delete. They come to be by asking, which is another part of the interface.

use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, Draft, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::text;
use emporion_edge::timestamp::{self, DAY_MILLIS};
use emporion_products::commands;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::page::PageRequest;
use emporion_products::text_check;
use emporion_products::threads;
use emporion_products::threads::list::{self, ThreadFilter};
use emporion_products::threads::thread::{self, Feedback, Thread, ThreadMessage};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::http_failures;
use crate::shapes::chat_thread as shapes;

/// What a client gets that asks for no number.
const DEFAULT_LIMIT: usize = 20;

/// `GET chat-threads`: the caller's own, the ones that changed last first; with `scope=all` those of everybody.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let filter = filter(&call)?;
    let mut page = PageRequest::of(&call.query);
    if !call.query.contains_key("limit") {
        page.limit = DEFAULT_LIMIT;
    }
    let found = list::list(&door.products, &call.of_product()?, &filter, &page).await?;
    let printed = found.items.iter().map(|(thread, snippet)| {
        let mut line = print(thread);
        if let Some(snippet) = snippet {
            line["snippet"] = snippet.as_str().into();
        }
        line
    });
    let printed: Vec<Value> = printed.collect();
    let data = json!({"count": printed.len(), "threads": printed});
    Ok(Reply::list(&page, data, found.total, found.pagination))
}

/// `GET chat-threads/{id}`: the thread and its messages, from the first or from after another one; of somebody else's, what
/// was asked and what became of it.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let after = call.text("afterMessageId").and_then(|text| text.parse::<RecordId>().ok());
    let read = thread::read(&door.products, &call.of_product()?, id(&call)?, after, page.limit).await?;
    let printed: Vec<Value> = read.messages.iter().map(message).collect();
    let shown = print(&read.thread);
    let data = json!({"thread": shown, "count": printed.len(), "messages": printed, "hasMore": read.has_more});
    Ok(Reply::ok(data).tag(&read.thread.revision.to_string()))
}

/// `PATCH chat-threads/{id}`: another title.
pub async fn rename(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        if let Some(objection) = body.get("title").and_then(Value::as_str).and_then(text_check::objection) {
            broken.push(Violation::new("/title", "pattern", objection));
        }
    };
    let echoed = &[&shapes::THREAD];
    let Checked { body, warnings } =
        fields::check_all(&shapes::PATCH, echoed, call.body()?, call.is_strict(), &check_body)?;
    let title = body.get("title").cloned().unwrap_or(Value::Null);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let thread = find(&door, &call, &reading).await?;
    drop(reading);
    let mut draft = Draft::default();
    draft.set("title", title);
    let command = commands::change(threads::id(&door.products.catalog, thread.id()), guard, draft);
    let outcome = door.products.catalog.execute(&call.caller, &command).await?;
    let record = outcome.view.record;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let printed = print(&Thread::of(&reading, &record).await?);
    Ok(Reply::ok(json!({"thread": printed})).tag(&record.revision.0.to_string()).warn(warnings))
}

/// `DELETE chat-threads/{id}`, with its messages.
pub async fn delete(door: Arc<Door>, call: Call, guard: Guard) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let thread = find(&door, &call, &reading).await?;
    drop(reading);
    let target = threads::id(&door.products.catalog, thread.id());
    let how = Deletion { recursive: true, ..Deletion::SOFT };
    door.products.catalog.execute(&call.caller, &Command::Delete { target, guard, how }).await?;
    Ok(Reply::deleted(thread.id()))
}

/// The thread that the path names.
pub fn id(call: &Call) -> Result<RecordId, Failure> {
    Ok(RecordId::from_uuid(call.id("threadId", "thread")?))
}

async fn find(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<View, Failure> {
    thread::find(&door.products, &call.of_product()?, reading, id(call)?).await
}

fn print(thread: &Thread) -> Value {
    json!({
        "id": thread.id.to_string(),
        "dataProductId": thread.product.map(|product| product.to_string()),
        "title": thread.title,
        "messageCount": thread.message_count,
        "createdAt": timestamp::print(thread.created_ms),
        "createdBy": thread.created_by.to_string(),
        "updatedAt": timestamp::print(thread.updated_ms),
    })
}

/// A message as its thread shows it.
pub fn message(message: &ThreadMessage) -> Value {
    let mut printed = Map::new();
    printed.insert("id".to_owned(), message.id.to_string().into());
    printed.insert("role".to_owned(), message.role.word().into());
    printed.insert("text".to_owned(), message.text.as_str().into());
    printed.extend(message.answer.clone().map(|answer| ("answer".to_owned(), answer)));
    printed.insert("createdAt".to_owned(), timestamp::print(message.created_ms).into());
    if let Some(Feedback { rating, comment, rated_ms }) = &message.feedback {
        let feedback = json!({"rating": rating, "comment": comment, "ratedAt": timestamp::print(*rated_ms)});
        printed.insert("feedback".to_owned(), feedback);
    }
    printed.into()
}

/// Errors: 400 for dates that are none.
fn filter(call: &Call) -> Result<ThreadFilter, Failure> {
    let mut broken = Vec::new();
    let mut date = |name: &'static str| {
        let text = call.text(name)?;
        let read = timestamp::parse(text)
            .map(|millis| (millis, millis.saturating_add(1)))
            .or_else(|| timestamp::parse(&format!("{text}T00:00:00Z")).map(|day| (day, day + DAY_MILLIS)));
        if read.is_none() {
            let message = "must be a date or a time, as in 2026-11-20 or 2026-11-20T07:00:00Z";
            broken.push(Violation::new(format!("?{name}"), "format", message));
        }
        read
    };
    let since_ms = date("startDate").map_or(i64::MIN, |(from, _)| from);
    let until_ms = date("endDate").map_or(i64::MAX, |(_, until)| until);
    if !broken.is_empty() {
        return Err(http_failures::bad_query(broken));
    }
    Ok(ThreadFilter {
        id: call.text("threadId").and_then(|text| text.parse().ok()),
        since_ms,
        until_ms,
        text: call.text("search").map(|text| text::fold(text).into_owned()).filter(|text| !text.is_empty()),
        is_of_everybody: call.text("scope") == Some("all"),
    })
}
