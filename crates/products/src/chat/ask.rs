//! Asking service: questions, answers that are followed while they are made, and answers that were given before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;

use super::answer::Placed;
use super::basis;
use super::event::Event;
use super::event_stream::{EventStream, KEPT, NewStream, Owner};
use super::opening::{self, Asked, Opened};
use super::question_idempotency::AnswerRef;
use super::request::Question;
use super::streaming::{Wording, follow};
use crate::failure::Failure;
use crate::idempotency::IdempotencyKey;
use crate::limits::DEFAULT_ROWS;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;
use crate::warning::Warning;

/// How long after it was begun an answer of another node is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Answers a question, once where it is asked under a key, and keeps both in a thread. What is to be said of the
/// request is answered with it.
///
/// Errors: 422 for one that is too long or says nothing, 429 for who asks too much, 404 for a product or a thread that
/// is not his, 403 for who may not ask, 409 for a key of another question; those of the source.
pub async fn ask(
    products: &Arc<Products>,
    request: &ProductRequest,
    question: Question,
    key: Option<IdempotencyKey>,
) -> Result<(Placed, Vec<Warning>), Failure> {
    let begun = Instant::now();
    let asked = opening::admit(products, request, question, key)?;
    let _turn = match &asked.key {
        Some(key) => Some(products.asking.take(key).await?),
        None => None,
    };
    let (placed, question) = answered(products, request, asked, begun).await?;
    Ok((placed, question.warnings))
}

/// An answer that can be followed.
pub struct Following {
    pub stream: Arc<EventStream>,
    /// It was asked before, under the same key.
    pub is_again: bool,
}

/// The same for who follows the answer while it is made, told in his words.
///
/// Errors: the same, as far as they are known before the answer is begun.
pub async fn ask_following(
    products: &Arc<Products>,
    request: &ProductRequest,
    question: Question,
    key: Option<IdempotencyKey>,
    wording: impl Wording + 'static,
) -> Result<Following, Failure> {
    let asked = opening::admit(products, request, question, key)?;
    let user = request.caller.principal.user;
    // Held until others under the key find what has begun.
    let mut _turn = None;
    if let Some(key) = &asked.key {
        _turn = Some(products.asking.take(key).await?);
        let reading = products.catalog.reading(&request.caller).await?;
        let product = subject::find(products, request, &reading, &Depth::bare()).await?.id();
        drop(reading);
        // Under other rights than it was made with, it is asked anew.
        if let Some(stream) = products.event_streams.under(key, Owner { user, product })?
            && basis::holds(stream.basis(), products, request).await?
        {
            return Ok(Following { stream, is_again: true });
        }
    }
    let opened = opening::open(products, request, asked).await?;
    let is_again = opened.is_again;
    Ok(Following { stream: begun(products, request, opened, None, wording), is_again })
}

/// An answer that this node knows nothing of, and another one has made or makes: told from its new_stream, in events numbered
/// behind `after`, as who asked may read it now, once it stands in its thread. None where it does not within a while.
///
/// Errors: 404 for what is no answer to him, 429 for who asks too much at a time; as for a question.
pub async fn follow_elsewhere(
    products: &Arc<Products>,
    request: &ProductRequest,
    message: RecordId,
    after: usize,
    wording: impl Wording + 'static,
) -> Result<Option<Arc<EventStream>>, Failure> {
    let Some(since) = since_made(message, products.now_ms()).filter(|since| *since < KEPT) else { return Ok(None) };
    let until = Instant::now() + LONGEST_WAIT.saturating_sub(since);
    // Who waits counts among those who ask.
    let waiting = opening::begin(products, request)?;
    let thread = loop {
        let reading = products.catalog.reading(&request.caller).await?;
        if let Some(record) = reading.record(message).await? {
            break record.parent;
        }
        // Another one's, or one that nobody else could make.
        let is_not_his = reading.alive_among(&[message]).await?.contains(&message);
        drop(reading);
        if is_not_his || !products.catalog.is_shared() || Instant::now() >= until {
            break None;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    let Some(thread) = thread else { return Ok(None) };
    // His rights may have changed meanwhile.
    let request = &request.present(&products.catalog).await?;
    drop(waiting);
    let question = Question::again(DEFAULT_ROWS.unsigned_abs());
    let asked = opening::admit_again(products, request, AnswerRef { thread, message }, question)?;
    let opened = opening::open(products, request, asked).await?;
    Ok(Some(begun(products, request, opened, Some(after), wording)))
}

/// How long ago an id was made, by the time that it bears.
fn since_made(id: RecordId, now_ms: i64) -> Option<Duration> {
    let (seconds, nanos) = id.uuid().get_timestamp()?.to_unix();
    let made = Duration::new(seconds, nanos);
    // The clock of the node that made it may go before this one's.
    Some(Duration::from_millis(now_ms.unsigned_abs()).saturating_sub(made))
}

/// Begins to tell the answer.
fn begun(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: Opened,
    replayed_after: Option<usize>,
    wording: impl Wording + 'static,
) -> Arc<EventStream> {
    let owner = Owner { user: request.caller.principal.user, product: opened.product };
    let start = Event::MessageStart {
        thread: opened.thread,
        message: opened.message,
        created_ms: products.now_ms(),
        mode: opened.mode(products),
    };
    let (message, basis, key) = (opened.message, opened.basis, opened.key.clone());
    let (making, request) = (products.clone(), request.clone());
    products.event_streams.begin(NewStream { message, owner, basis, key, replayed_after }, move |stream| async move {
        stream.report(&start);
        follow(&making, &request, &opened, &stream, &wording).await;
    })
}

/// An answer of a thread once more, as [`Question::again`] says: rows stand in none, so they are read again, as who asked may
/// read them now.
///
/// Errors: 404 for what is no answer to him, 429 for who asks too much at a time; as for a question.
pub async fn answer_again(
    products: &Arc<Products>,
    request: &ProductRequest,
    answer: AnswerRef,
    question: Question,
) -> Result<Placed, Failure> {
    let begun = Instant::now();
    let asked = opening::admit_again(products, request, answer, question)?;
    Ok(answered(products, request, asked, begun).await?.0)
}

/// The question of such an answer as of today, with what its asker may read now. Nothing of it is kept.
///
/// Errors: the same.
pub async fn answer_anew(
    products: &Arc<Products>,
    request: &ProductRequest,
    answer: AnswerRef,
) -> Result<Placed, Failure> {
    let begun = Instant::now();
    // A single figure is wanted: more rows are none.
    let question = Question { is_anew: true, ..Question::again(2) };
    let asked = opening::admit_again(products, request, answer, question)?;
    Ok(answered(products, request, asked, begun).await?.0)
}

async fn answered(
    products: &Arc<Products>,
    request: &ProductRequest,
    asked: Asked,
    begun: Instant,
) -> Result<(Placed, Question), Failure> {
    let opened = opening::open(products, request, asked).await?;
    let placed = opening::answer(products, request, &opened, begun, &|_| {}).await?;
    Ok((placed, opened.question))
}
