//! Chat threads: list, read, rename, delete. They come to be by asking, which is another part of the interface.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Command, Deletion, Draft};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::text;
use emporion_edge::timestamp;
use emporion_products::chat::detail::Detail;
use emporion_products::commands;
use emporion_products::failure::{Failure, Violation};
use emporion_products::message::Message;
use emporion_products::rights;
use emporion_products::text_check;
use emporion_products::threads;
use serde_json::{Map, Value, json};

use super::chat_feedback::{COMMENT, RATED_AT, RATING};
use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::guard;
use crate::http_failures;
use crate::page::{PageRequest, Position, SortKey};
use crate::shapes::chat_thread as shapes;
use crate::subject;
use emporion_products::fields::{self, Checked};

/// What a client gets that asks for no number.
const DEFAULT_LIMIT: usize = 20;
const BATCH: u32 = 200;
const DAY_MS: i64 = 86_400_000;

/// Which threads are wanted.
struct Filter {
    id: Option<RecordId>,
    since_ms: i64,
    /// Not included.
    until_ms: i64,
    /// Folded.
    text: Option<String>,
}

/// `GET chat-threads`: the caller's own, the ones that changed last first; with `scope=all` those of everybody.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let filter = Filter::of(&call)?;
    let mut page = PageRequest::of(&call.query);
    if !call.query.contains_key("limit") {
        page.limit = DEFAULT_LIMIT;
    }
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    let listing = subject::listing(&call, &view, "threads");
    let mut query = ListQuery {
        order: Order::Updated,
        descending: true,
        limit: BATCH,
        ..ListQuery::of(call.caller.account(), catalog.kind("chat_thread"))
    };
    if call.text("scope") == Some("all") {
        rights::require(&reading, Action::EditUsers, &view.record).await?;
    } else {
        query.fields.push(("user", call.caller.principal.user.to_string().into()));
    }
    let after = listing.after(&door.cursor_keys, &page)?;
    // A total is of the whole list, a page begins after its place.
    query.after = after.clone().filter(|_| !page.include_total);
    let start = ListQuery { after, ..query.clone() };
    let (mut fetched, mut total) = (Vec::new(), 0_usize);
    loop {
        let batch = reading.parts(&view, query.clone()).await?;
        let is_last = batch.len() < BATCH as usize;
        query.after = batch.last().map(|last| query.keyset(last));
        for thread in batch {
            let detail = Detail::of(&thread, &call.caller);
            let Some(snippet) = filter.takes(&reading, &thread, detail).await? else { continue };
            total += 1;
            if fetched.len() <= page.limit && start.is_ahead(&thread) {
                fetched.push((thread, snippet));
            }
        }
        if is_last || (fetched.len() > page.limit && !page.include_total) {
            break;
        }
    }
    let position = |(thread, _): &(Record, Option<String>)| Position {
        key: SortKey::Millis(thread.updated.at.0),
        id: thread.id.uuid(),
    };
    let (shown, pagination) = listing.cut(&door.cursor_keys, &page, fetched, position);
    let mut printed = Vec::with_capacity(shown.len());
    for (thread, snippet) in &shown {
        let mut line = print(&reading, thread).await?;
        if let Some(snippet) = snippet {
            line["snippet"] = snippet.as_str().into();
        }
        printed.push(line);
    }
    let data = json!({"count": printed.len(), "threads": printed});
    Ok(page.reply(data, total, pagination))
}

/// `GET chat-threads/{id}`: the thread and its messages, from the first or from after another one; of somebody else's, what
/// was asked and what became of it.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?.remembering();
    let thread = find(&door, &call, &reading).await?.record;
    let after = match call.text("afterMessageId").and_then(|text| text.parse::<RecordId>().ok()) {
        None => None,
        Some(id) => {
            let known = reading.parts_by_id(&[&thread], &[id]).await?.pop().flatten();
            Some(known.ok_or_else(|| {
                let message = Message::with("there is no message \"{}\" in the thread", [id.to_string()]);
                http_failures::bad_query(vec![Violation::new("?afterMessageId", "exists", message)])
            })?)
        }
    };
    let messages = threads::messages(&reading, &thread, after.as_ref(), page.limit).await?;
    let has_more = messages.len() > page.limit;
    let detail = Detail::of(&thread, &call.caller);
    let seen = detail.texts(&messages).take(page.limit);
    let printed: Vec<Value> = seen.map(|(message, text)| self::message(message, detail, text)).collect();
    let shown = print(&reading, &thread).await?;
    let data = json!({"thread": shown, "count": printed.len(), "messages": printed, "hasMore": has_more});
    Ok(Reply::ok(data).tag(&thread.revision.0.to_string()))
}

/// `PATCH chat-threads/{id}`: another title.
pub async fn rename(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        if let Some(objection) = body.get("title").and_then(Value::as_str).and_then(text_check::objection) {
            broken.push(Violation::new("/title", "pattern", objection));
        }
    };
    let echoed = &[&shapes::THREAD];
    let Checked { body, warnings } =
        fields::check_all(&shapes::PATCH, echoed, call.body()?, call.is_strict(), &check_body)?;
    let title = body.get("title").cloned().unwrap_or(Value::Null);
    let guard = guard::guard(call.if_match()?.as_ref());
    let reading = door.products.catalog.reading(&call.caller).await?;
    let thread = find(&door, &call, &reading).await?;
    drop(reading);
    let mut draft = Draft::default();
    draft.set("title", title);
    let command = commands::change(threads::id(&door.products.catalog, thread.id()), guard, draft);
    let outcome = door.products.catalog.execute(&call.caller, &command).await?;
    let record = outcome.view.record;
    let reading = door.products.catalog.reading(&call.caller).await?;
    let printed = print(&reading, &record).await?;
    Ok(Reply::ok(json!({"thread": printed})).tag(&record.revision.0.to_string()).warn(warnings))
}

/// `DELETE chat-threads/{id}`, with its messages.
pub async fn delete(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let guard = guard::guard(call.if_match()?.as_ref());
    let reading = door.products.catalog.reading(&call.caller).await?;
    let thread = find(&door, &call, &reading).await?;
    drop(reading);
    let target = threads::id(&door.products.catalog, thread.id());
    let how = Deletion { recursive: true, ..Deletion::SOFT };
    door.products.catalog.execute(&call.caller, &Command::Delete { target, guard, how }).await?;
    Ok(Reply::deleted(thread.id()))
}

/// The thread that the path names. That of somebody else is not found.
pub async fn find(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<View, Failure> {
    let product = subject::find(door, call, reading, &Depth::bare()).await?;
    let id = RecordId::from_uuid(call.id("threadId", "thread")?);
    let target = threads::id(&door.products.catalog, id);
    let found = reading.get(&target, States::Alive, &Depth::bare()).await;
    match found {
        Ok(view) if view.record.parent == Some(product.id()) => Ok(view),
        Ok(_) | Err(emporion_catalog::Problem::NotFound { .. }) => Err(threads::missing(id)),
        Err(other) => Err(other.into()),
    }
}

async fn print(reading: &Reading<'_>, thread: &Record) -> Result<Value, Failure> {
    Ok(json!({
        "id": thread.id.to_string(),
        "dataProductId": thread.parent.map(|product| product.to_string()),
        "title": thread.body.get("title"),
        "messageCount": threads::count(reading, thread).await?,
        "createdAt": timestamp::print(thread.created.at.0),
        "createdBy": thread.created.by.id.to_string(),
        "updatedAt": timestamp::print(thread.updated.at.0),
    }))
}

/// A message as its thread shows it to who asked.
pub fn own(record: &Record) -> Value {
    let text = record.body.get("text").and_then(Value::as_str).unwrap_or_default();
    message(record, Detail::Whole, text)
}

fn message(record: &Record, detail: Detail, text: &str) -> Value {
    let mut printed = Map::new();
    printed.insert("id".to_owned(), record.id.to_string().into());
    printed.insert("role".to_owned(), record.body.get("role").cloned().unwrap_or_default());
    printed.insert("text".to_owned(), text.into());
    printed.extend(detail.answer(record).map(|answer| ("answer".to_owned(), answer)));
    printed.insert("createdAt".to_owned(), timestamp::print(record.created.at.0).into());
    if let Some(rating) = record.body.get(RATING) {
        let rated_ms = record.body.get(RATED_AT).and_then(Value::as_i64).unwrap_or_default();
        let comment = record.body.get(COMMENT);
        let feedback = json!({"rating": rating, "comment": comment, "ratedAt": timestamp::print(rated_ms)});
        printed.insert("feedback".to_owned(), feedback);
    }
    printed.into()
}

impl Filter {
    /// Errors: 400 for dates that are none.
    fn of(call: &Call) -> Result<Filter, Failure> {
        let mut broken = Vec::new();
        let mut date = |name: &'static str| {
            let text = call.text(name)?;
            let read = timestamp::parse(text)
                .map(|millis| (millis, millis.saturating_add(1)))
                .or_else(|| timestamp::parse(&format!("{text}T00:00:00Z")).map(|day| (day, day + DAY_MS)));
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
        Ok(Filter {
            id: call.text("threadId").and_then(|text| text.parse().ok()),
            since_ms,
            until_ms,
            text: call.text("search").map(|text| text::fold(text).into_owned()).filter(|text| !text.is_empty()),
        })
    }

    /// `None`: it is not wanted. Otherwise where a search found it.
    async fn takes(
        &self,
        reading: &Reading<'_>,
        thread: &Record,
        detail: Detail,
    ) -> Result<Option<Option<String>>, Failure> {
        let created_ms = thread.created.at.0;
        if self.id.is_some_and(|id| id != thread.id) || created_ms < self.since_ms || created_ms >= self.until_ms {
            return Ok(None);
        }
        match &self.text {
            None => Ok(Some(None)),
            Some(text) => Ok(threads::found(reading, thread, detail, text).await?.map(Some)),
        }
    }
}
