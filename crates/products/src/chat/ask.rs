//! Asking service: questions, and answers that were given before.

use std::sync::Arc;
use std::time::Instant;

use super::answer::Placed;
use super::asked_once::Kept;
use super::opening::{self, Asked};
use super::request::Question;
use crate::failure::Failure;
use crate::idempotency::IdempotencyKey;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;

/// Answers a question, once where it is asked under a key, and keeps both in a thread. What is to be said of the request is
/// answered with it.
///
/// Errors: 422 for one that is too long or says nothing, 429 for who asks too much, 404 for a product or a thread that is
/// not his, 403 for who may not ask, 409 for a key of another question; those of the source.
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

/// An answer of a thread once more: rows stand in none, so they are read again, as who asked may read them now.
///
/// Errors: 404 for what is no answer to him, 429 for who asks too much at a time; as for a question.
pub async fn answer_again(products: &Arc<Products>, request: &ProductRequest, answer: Kept) -> Result<Placed, Failure> {
    let begun = Instant::now();
    let asked = opening::admit_again(products, request, answer)?;
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
