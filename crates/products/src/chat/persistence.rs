//! What of an answer is kept in its thread, and what of it is shown.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::command::Once;

use super::answer::{ConfidenceLevel, Method, Placed, Shows, Usage};
use super::memory::READING;
use super::opening::Opened;
use super::outcome::Outcome;
use super::question_idempotency::AnswerRef;
use super::retelling::SEEN;
use super::skill;
use super::timings::since;
use super::wording::cut;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::threads::{self, Role, Saying};

/// Characters of an answer in words: one that tells long values says their beginning.
const MOST_TEXT: usize = 4_000;

/// Keeps question and answer in the thread, the rows aside.
pub async fn keep(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    outcome: Outcome,
    begun: Instant,
) -> Result<Placed, Failure> {
    let Outcome { mut answer, read, documents, llm_tokens } = outcome;
    if answer.quotes.is_none() {
        answer.text = cut(&answer.text, MOST_TEXT);
    }
    if let Some(asked) = &mut answer.clarification {
        asked.id = Some(format!("clr_{}", opened.message.uuid().simple()));
    }
    let is_proposed = matches!(answer.method(), Some(Method::LlmPlan | Method::LlmSql));
    let question = &opened.question;
    // What is hardly known to answer the question is not shown without what it was asked of.
    let is_unsure = answer.confidence.as_ref().is_some_and(|confidence| confidence.level == ConfidenceLevel::Low);
    let mut placed = Placed {
        thread: opened.thread,
        message: opened.message,
        warnings: opened.warnings.iter().filter(|one| !(is_proposed && one.code == skill::NOT_USED)).cloned().collect(),
        usage: Usage { ms: since(begun), rows: answer.table.as_ref().map_or(0, |table| table.row_count), llm_tokens },
        shows: Shows {
            text: question.shows("text"),
            table: question.shows("table"),
            chart: question.shows("chart"),
            sql: question.shows("sql") || is_unsure,
        },
        answer,
        is_again: opened.is_again,
    };
    if !placed.is_again {
        let (mut kept, text) = placed.kept();
        kept.insert(READING.into(), read.print());
        let mut seen = opened.way.seen(placed.answer.status, &opened.tables, question.is_preview);
        if !documents.is_empty() {
            seen.insert("documents".to_owned(), documents.into());
        }
        kept.insert(SEEN.into(), seen.into());
        let sayings = [
            Saying { id: opened.asked, role: Role::User, text: question.text.clone(), answer: None },
            Saying { id: opened.message, role: Role::Assistant, text, answer: Some(kept.into()) },
        ];
        if let Some(first) = described(products, request, opened, &sayings).await? {
            placed = Placed { is_again: true, thread: first.thread, message: first.message, ..placed };
        }
    }
    Ok(placed)
}

/// Stores the sayings. Answers the message that was stored under the key before, if another server was faster.
async fn described(
    products: &Products,
    request: &ProductRequest,
    opened: &Opened,
    sayings: &[Saying],
) -> Result<Option<AnswerRef>, Failure> {
    let (catalog, caller) = (&products.catalog, &request.caller);
    let command = if opened.is_new {
        let refined: Vec<&str> = opened.question.before.iter().map(String::as_str).collect();
        threads::beginning(catalog, caller, opened.product, opened.thread, &refined, sayings)
    } else {
        threads::going_on(catalog, opened.thread, sayings)
    };
    let Some(key) = &opened.key else {
        catalog.execute(caller, &command).await?;
        return Ok(None);
    };
    let kept = AnswerRef { thread: opened.thread, message: opened.message };
    match catalog.execute_once(caller, &command, &kept.storing(key)).await? {
        Once::Done { .. } => Ok(None),
        Once::Replayed { body, .. } => AnswerRef::parse(&body).map(Some).ok_or_else(Failure::internal),
    }
}
