//! `POST chat`, `POST chat/stream` and `GET chat/stream/{messageId}`: questions to a product.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_edge::stream::Stream;
use emporion_edge::timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::chat::at_once::Running;
use crate::chat::conversation::{Answer, Conversation, since};
use crate::chat::event::{self, Event};
use crate::chat::flow::{Flow, Owner};
use crate::chat::memory::{self, Before, READING};
use crate::chat::ready::{self, Ready};
use crate::chat::request::Question;
use crate::chat::timings::Timings;
use crate::door::Door;
use crate::envelope::Reply;
use crate::error::Failure;
use crate::message::Message;
use crate::subject;
use crate::threads::{self, Role, Saying};

/// Messages of a thread that are looked at for what a question builds on.
const MOST_MESSAGES: usize = 1_000;
/// Rows of the first piece of a table that is followed.
const ROWS_FOLLOWED: usize = 500;
/// Bytes of a piece.
const PIECE: usize = 48 << 10;
/// What is put into one event of text.
const WORDS: usize = 400;

/// Everything that was found out before the answer begins; what is wrong with a request is told here.
struct Opened {
    question: Question,
    ready: Arc<Ready>,
    product: RecordId,
    thread: RecordId,
    is_new: bool,
    before: Before,
    text: String,
    today: Date,
    choices: Vec<String>,
    timings: Timings,
    /// The ids of the question and of its answer, in this order.
    asked: RecordId,
    message: RecordId,
    /// It counts among his questions until it is answered.
    _running: Running,
}

/// `POST chat`: the answer at once.
pub async fn ask(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let begun = Instant::now();
    let opened = open(&door, &call).await?;
    let answer = converse(&door, &opened, &|_| {}).await?;
    let (data, _) = keep(&door, &call, &opened, answer, begun).await?;
    Ok(Reply::ok(data).warn(opened.question.warnings))
}

/// `POST chat/stream`: the answer as it is made.
pub async fn stream(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let opened = open(&door, &call).await?;
    let owner = Owner { user: call.caller.principal.user, product: opened.product };
    let mount = call.exchange.mount;
    let told = json!({
        "threadId": opened.thread.to_string(),
        "messageId": opened.message.to_string(),
        "createdAt": timestamp::print(door.now_ms()),
        "mode": "deterministic",
    });
    let making = door.clone();
    let flow = door.flows.begin(opened.message, owner, move |flow| async move {
        flow.tell(&Event::new("message_start", told));
        follow(&making, &call, &opened, &flow).await;
    });
    Ok(followed(flow, 0, mount))
}

/// `GET chat/stream/{messageId}`: the rest of an answer, for who was cut off.
pub async fn resume(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let snapshot = door.catalog.snapshot().await?;
    let view = subject::find(&door, &call, &*snapshot, &Depth::bare()).await?;
    let message = RecordId::from_uuid(call.id("messageId", "message")?);
    let owner = Owner { user: call.caller.principal.user, product: view.id() };
    let last = call.request.header("last-event-id").or(call.text("lastEventId")).unwrap_or_default();
    let after = if last.is_empty() { Some(0) } else { event::number(last, message) };
    let after = after.ok_or_else(|| Failure::bad_request("Last-Event-ID is no event of this message"))?;
    let flow = door.flows.find(message, owner).filter(|flow| flow.has(after)).ok_or_else(Failure::stream_expired)?;
    Ok(followed(flow, after, call.exchange.mount))
}

fn followed(flow: Arc<Flow>, after: usize, mount: crate::mount::Mount) -> Reply {
    Reply::streamed("text/event-stream", Stream::of(flow.read(after, mount)))
}

async fn open(door: &Arc<Door>, call: &Call) -> Result<Opened, Failure> {
    let question = Question::parse(call.body()?, call.is_strict())?;
    let user = call.caller.principal.user;
    let most = door.questions_at_once.most();
    let running = door.questions_at_once.begin(user).ok_or_else(|| Failure::too_many_questions(most))?;
    let standing = door.chat_limiter.count(&user.to_string(), door.now_ms());
    if standing.is_over {
        return Err(Failure::rate_limited(standing.retry_after_s));
    }
    let ready = ready::ready(door, call, question.is_preview, question.rows).await?;
    let product = ready.product;
    let thread = question.thread.unwrap_or_else(RecordId::fresh);
    let mut before = Before::default();
    let timings = Timings::default();
    if question.thread.is_some() {
        let snapshot = door.catalog.snapshot().await?;
        let target = threads::id(&door.catalog, thread);
        let missing = || Failure::not_found(Message::with("there is no thread \"{}\"", [thread.to_string()]));
        let found = door.catalog.get_in(&*snapshot, &call.caller, &target, States::Alive, &Depth::bare()).await;
        let found = match found {
            Ok(found) if found.record.parent == Some(product) => found,
            Ok(_) | Err(emporion_catalog::Problem::NotFound { .. }) => return Err(missing()),
            Err(other) => return Err(other.into()),
        };
        // What somebody else has said, administrators may read; to go on with it is his.
        let own = call.caller.principal.user.to_string();
        if found.record.body.get("user").and_then(Value::as_str) != Some(own.as_str()) {
            return Err(missing());
        }
        let messages = threads::messages(&door.catalog, &*snapshot, &found.record, None, MOST_MESSAGES).await?;
        let begun = Instant::now();
        before = memory::recall(&ready, &messages);
        timings.read.add(begun);
    }
    let today = match &question.today {
        Some(today) => today.parse().map_err(|_| Failure::bad_request("options.today is no date"))?,
        None => today_of(door.now_ms()),
    };
    let (mut text, mut day, mut choices) = (question.text.clone(), today, question.choices.clone());
    // An answer to what was asked back completes the question that it was asked about.
    if let Some((open, options)) = before.open.take() {
        let said = question.text.trim();
        let named = options.iter().find(|(id, label)| id == said || label.eq_ignore_ascii_case(said));
        if choices.is_empty() {
            choices.extend(named.map(|(id, _)| id.clone()));
        }
        if !choices.is_empty() {
            (text, day) = (open.text, open.today);
            choices = open.choices.into_iter().chain(choices).collect();
        }
    }
    let is_new = question.thread.is_none();
    // Both are made at one moment, so their ids say which comes first.
    let mut ids = [RecordId::fresh(), RecordId::fresh()];
    ids.sort_unstable();
    let [asked, message] = ids;
    Ok(Opened {
        question,
        ready,
        product,
        thread,
        is_new,
        before,
        text,
        today: day,
        choices,
        timings,
        asked,
        message,
        _running: running,
    })
}

/// The day of a moment.
fn today_of(millis: i64) -> Date {
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(moment).date()
}

async fn converse(door: &Arc<Door>, opened: &Opened, tell: &(dyn Fn(Event) + Send + Sync)) -> Result<Answer, Failure> {
    let Opened { question, ready, before, timings, .. } = opened;
    let conversation = Conversation { door, ready, question, thread: &before.thread, timings, tell };
    conversation.answer(opened.text.clone(), opened.today, opened.choices.clone()).await
}

/// Keeps question and answer in the thread, the rows aside. Answers what is shown, and the table.
async fn keep(
    door: &Arc<Door>,
    call: &Call,
    opened: &Opened,
    answer: Answer,
    begun: Instant,
) -> Result<(Value, Option<Value>), Failure> {
    let Answer { status, members, read } = answer;
    let mut data = Map::new();
    data.insert("threadId".into(), opened.thread.to_string().into());
    data.insert("messageId".into(), opened.message.to_string().into());
    data.insert("status".into(), status.into());
    let text = members.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    data.extend(members);
    for empty in ["suggestions", "warnings"] {
        data.entry(empty).or_insert_with(|| json!([]));
    }
    let table = data.shift_remove("table");
    let rows = table.as_ref().map_or(json!(0), |table| table["rowCount"].clone());
    data.insert("usage".into(), json!({"ms": since(begun), "rows": rows, "llmTokens": 0}));
    // Values of rows stand in no thread: not in a table, and not in a chart.
    let mut kept = data.clone();
    kept.shift_remove("chart");
    kept.insert(READING.into(), read.print());
    let sayings = [
        Saying { id: opened.asked, role: Role::User, text: opened.question.text.clone(), answer: None },
        Saying { id: opened.message, role: Role::Assistant, text, answer: Some(kept.into()) },
    ];
    let (catalog, caller) = (&door.catalog, &call.caller);
    if opened.is_new {
        threads::begin(catalog, caller, opened.product, opened.thread, &sayings).await?;
    } else {
        threads::go_on(catalog, caller, opened.thread, &sayings).await?;
    }
    let question = &opened.question;
    for part in ["chart", "sql"] {
        if !question.shows(part) {
            data.shift_remove(part);
        }
    }
    if !question.shows("text") {
        data.insert("text".into(), "".into());
    }
    let mut shown = Value::Object(data);
    let table = table.filter(|_| question.shows("table"));
    if let Some(table) = &table {
        shown["table"] = table.clone();
    }
    Ok((shown, table))
}

/// Makes an answer, telling each part of it as it comes to be.
async fn follow(door: &Arc<Door>, call: &Call, opened: &Opened, flow: &Arc<Flow>) {
    let begun = Instant::now();
    let told = async {
        let answer = converse(door, opened, &|event| flow.tell(&event)).await?;
        keep(door, call, opened, answer, begun).await
    };
    let (mut data, table) = match told.await {
        Ok(made) => made,
        Err(failure) => {
            let printed = failure.print(call.exchange.mount);
            let text = |name: &str| printed.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_retryable = failure.status() >= 500 || failure.status() == 429;
            for event in Event::failed(&text("code"), &text("message"), is_retryable, since(begun)) {
                flow.tell(&event);
            }
            return;
        }
    };
    if let Some(table) = &table {
        for piece in pieces(table) {
            flow.tell(&Event::new("table", piece));
        }
    }
    if let Some(chart) = data.get("chart").filter(|chart| chart.is_object() && chart.to_string().len() <= PIECE) {
        flow.tell(&Event::new("chart", chart.clone()));
    }
    let text: Vec<char> = data["text"].as_str().unwrap_or_default().chars().collect();
    for delta in text.chunks(WORDS) {
        flow.tell(&Event::new("text_delta", json!({"delta": delta.iter().collect::<String>()})));
    }
    if let Some(clarification) = data.get("clarification").filter(|asked| asked.is_object()) {
        flow.tell(&Event::new("clarification", clarification.clone()));
    }
    if let Some(items) = data["suggestions"].as_array().filter(|items| !items.is_empty()) {
        flow.tell(&Event::new("suggestions", json!({"items": items})));
    }
    let usage = data["usage"].clone();
    // The whole answer, but for its rows.
    if let Some(table) = data.get_mut("table").and_then(Value::as_object_mut) {
        table.shift_remove("rows");
    }
    if data.to_string().len() > PIECE
        && let Some(data) = data.as_object_mut()
    {
        data.shift_remove("chart");
    }
    flow.tell(&Event::new("done", json!({"status": data["status"], "usage": usage, "data": data})));
}

/// A table in pieces that fit an event each.
fn pieces(table: &Value) -> Vec<Value> {
    let empty = Vec::new();
    let rows = table["rows"].as_array().unwrap_or(&empty);
    let shown = &rows[..rows.len().min(ROWS_FOLLOWED)];
    let mut parts: Vec<Vec<Value>> = vec![Vec::new()];
    let mut taken = 0;
    for row in shown {
        let size = row.to_string().len();
        if taken + size > PIECE && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
            taken = 0;
        }
        taken += size;
        parts.last_mut().expect("there is one").push(row.clone());
    }
    let last = parts.len() - 1;
    let is_truncated = table["truncated"] == json!(true) || shown.len() < rows.len();
    let piece = |(at, rows): (usize, Vec<Value>)| {
        json!({
            "columns": table["columns"],
            "rows": rows,
            "chunk": at,
            "last": at == last,
            "truncated": is_truncated,
        })
    };
    parts.into_iter().enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_in_pieces_that_fit() {
        let rows: Vec<Value> = (0..700).map(|n| json!([n, "x".repeat(300)])).collect();
        let told = pieces(&json!({"columns": [], "rows": rows, "truncated": false}));
        assert!(told.len() > 1 && told.iter().all(|piece| piece.to_string().len() < 64 << 10));
        let rows: usize = told.iter().map(|piece| piece["rows"].as_array().map_or(0, Vec::len)).sum();
        assert_eq!(rows, ROWS_FOLLOWED);
        assert!(told.iter().enumerate().all(|(at, piece)| piece["chunk"] == at && piece["truncated"] == true));
        assert_eq!(told.iter().filter(|piece| piece["last"] == true).count(), 1);
        assert_eq!(pieces(&json!({"rows": []})).len(), 1);
    }
}
