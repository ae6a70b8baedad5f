//! Everything that is found out before an answer begins; what is wrong with a request is told here.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::States;
use emporion_catalog::record::Record;
use jiff::civil::Date;
use serde_json::Value;

use super::at_once::Running;
use super::conversation::{Answer, Conversation};
use super::event::Event;
use super::memory::{self, Before, READING, Read};
use super::once::{Kept, Key};
use super::ready::{self, Ready};
use super::request::Question;
use super::timings::Timings;
use crate::call::Call;
use crate::door::Door;
use crate::error::Failure;
use crate::threads;

/// Messages of a thread that are looked at for what a question builds on.
const MOST_MESSAGES: usize = 1_000;

/// A question that is allowed, with all that its answer depends on.
pub struct Opened {
    pub question: Question,
    pub ready: Arc<Ready>,
    pub thread: RecordId,
    pub is_new: bool,
    pub before: Before,
    pub text: String,
    pub today: Date,
    pub choices: Vec<String>,
    pub timings: Timings,
    /// The ids of the question and of its answer, in this order.
    pub asked: RecordId,
    pub message: RecordId,
    /// Where the answer is kept already.
    pub is_again: bool,
    pub key: Option<Key>,
    /// It counts among his questions until it is answered.
    _running: Running,
}

/// A question that is counted, and nothing known of it yet.
pub struct Asked {
    pub question: Question,
    pub key: Option<Key>,
    running: Running,
}

/// Reads and counts a request.
///
/// Errors: 429 for who asks too much.
pub fn admit(door: &Arc<Door>, call: &Call) -> Result<Asked, Failure> {
    let body = call.body()?;
    let key = Key::of(call, &body)?;
    let question = Question::parse(body, call.is_strict())?;
    let user = call.caller.principal.user;
    let most = door.questions_at_once.most();
    let running = door.questions_at_once.begin(user).ok_or_else(|| Failure::too_many_questions(most))?;
    let standing = door.chat_limiter.count(&user.to_string(), door.now_ms());
    if standing.is_over {
        return Err(Failure::rate_limited(standing.retry_after_s));
    }
    Ok(Asked { question, key, running })
}

pub async fn open(door: &Arc<Door>, call: &Call, asked: Asked) -> Result<Opened, Failure> {
    let Asked { question, key, running } = asked;
    let ready = ready::ready(door, call, question.is_preview).await?;
    let kept = match &key {
        Some(key) => key.kept(door, call).await?,
        None => None,
    };
    let thread = kept.map(|kept| kept.thread).or(question.thread);
    let mut messages = match thread {
        Some(thread) => said(door, call, ready.product, thread).await?,
        None => Vec::new(),
    };
    let timings = Timings::default();
    let is_new = thread.is_none();
    let thread = thread.unwrap_or_else(RecordId::fresh);
    if let Some(Kept { message, .. }) = kept {
        let at = messages.iter().position(|record| record.id == message);
        let answer = at.and_then(|at| messages[at].body.get("answer")?.get(READING)).and_then(Read::parse);
        let (Some(at), Some(read)) = (at, answer) else { return Err(threads::missing(thread)) };
        // What was said before the question, which stands before its answer.
        messages.truncate(at.saturating_sub(1));
        let begun = Instant::now();
        let before = memory::recall(&ready, &messages);
        timings.read.add(begun);
        return Ok(Opened {
            text: read.text,
            today: read.today,
            choices: read.choices,
            question,
            ready,
            thread,
            is_new: false,
            before,
            timings,
            asked: message,
            message,
            is_again: true,
            key,
            _running: running,
        });
    }
    let begun = Instant::now();
    let mut before = memory::recall(&ready, &messages);
    timings.read.add(begun);
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
    // Both are made at one moment, so their ids say which comes first.
    let mut ids = [RecordId::fresh(), RecordId::fresh()];
    ids.sort_unstable();
    let [asked, message] = ids;
    Ok(Opened {
        question,
        ready,
        thread,
        is_new,
        before,
        text,
        today: day,
        choices,
        timings,
        asked,
        message,
        is_again: false,
        key,
        _running: running,
    })
}

/// What was said in a thread of the caller's own, oldest first.
///
/// Errors: 404 for any other thread.
async fn said(door: &Door, call: &Call, product: RecordId, thread: RecordId) -> Result<Vec<Record>, Failure> {
    let snapshot: Box<dyn Snapshot> = door.catalog.snapshot().await?;
    let target = threads::id(&door.catalog, thread);
    let found = door.catalog.get_in(&*snapshot, &call.caller, &target, States::Alive, &Depth::bare()).await;
    let found = match found {
        Ok(found) if found.record.parent == Some(product) => found,
        Ok(_) | Err(Problem::NotFound { .. }) => return Err(threads::missing(thread)),
        Err(other) => return Err(other.into()),
    };
    // What somebody else has said, administrators may read; to go on with it is his.
    let own = call.caller.principal.user.to_string();
    if found.record.body.get("user").and_then(Value::as_str) != Some(own.as_str()) {
        return Err(threads::missing(thread));
    }
    threads::messages(&door.catalog, &*snapshot, &found.record, None, MOST_MESSAGES).await
}

/// The day of a moment.
fn today_of(millis: i64) -> Date {
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(moment).date()
}

/// Answers what was asked, telling what happens meanwhile.
pub async fn converse(
    door: &Arc<Door>,
    opened: &Opened,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Answer, Failure> {
    let Opened { question, ready, before, timings, .. } = opened;
    let conversation = Conversation { door, ready, question, thread: &before.thread, timings, tell };
    conversation.answer(opened.text.clone(), opened.today, opened.choices.clone()).await
}
