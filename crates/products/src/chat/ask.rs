//! Asking service: questions, answers that are followed while they are made, and answers that were given before.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::load::Depth;

use super::answer::Placed;
use super::basis;
use super::event::Event;
use super::event_stream::{EventStream, Owner};
use super::opening::{self, Asked};
use super::question_idempotency::AnswerRef;
use super::request::Question;
use super::streaming::{Wording, follow};
use crate::failure::Failure;
use crate::idempotency::IdempotencyKey;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;
use crate::warning::Warning;

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
    let owner = Owner { user, product: opened.product };
    let start = Event::MessageStart {
        thread: opened.thread,
        message: opened.message,
        created_ms: products.now_ms(),
        mode: opened.mode(products),
    };
    let (making, request) = (products.clone(), request.clone());
    let (key, is_again, basis) = (opened.key.clone(), opened.is_again, opened.basis);
    let stream = products.event_streams.begin(opened.message, owner, basis, key, move |stream| async move {
        stream.report(&start);
        follow(&making, &request, &opened, &stream, &wording).await;
    });
    Ok(Following { stream, is_again })
}

/// An answer of a thread once more: rows stand in none, so they are read again, as who asked may read them now, and `rows` of
/// them at most.
///
/// Errors: 404 for what is no answer to him, 429 for who asks too much at a time; as for a question.
pub async fn answer_again(
    products: &Arc<Products>,
    request: &ProductRequest,
    answer: AnswerRef,
    rows: u64,
) -> Result<Placed, Failure> {
    let begun = Instant::now();
    let asked = opening::admit_again(products, request, answer, Question::again(rows))?;
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
