//! For those who change a product: which questions to it were not answered, what was chosen, what was rated; and one step
//! from such a question to a synonym or to a verified query.

use std::sync::Arc;

use bytes::Bytes;
use emporion_edge::etag::IfMatch;
use emporion_edge::timestamp;
use emporion_products::chat::review;
use emporion_products::chat::review::{Chosen, RatedAnswer, Unanswered};
use emporion_products::failure::Failure;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::verified_queries::VerifiedQueries;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::parts::handlers;
use crate::parts::semantic_models::synonym;

/// `GET unanswered-questions`.
pub async fn unanswered(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let found = review::list_unanswered(&door.products, &call.of_product()?, call.text("reason"), &page).await?;
    let print = |group: &Unanswered| {
        json!({
            "id": group.id.to_string(),
            "reason": group.reason,
            "unknownTerms": group.terms,
            "question": group.question,
            "examples": group.examples,
            "count": group.count,
            "firstAskedAt": timestamp::print(group.first_ms),
            "lastAskedAt": timestamp::print(group.last_ms),
        })
    };
    Ok(listed(&page, "questions", found, print))
}

/// `GET chat-choices`.
pub async fn choices(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let found = review::list_chosen(&door.products, &call.of_product()?, &page).await?;
    let print = |group: &Chosen| {
        json!({
            "id": group.id.to_string(),
            "words": group.words,
            "kind": group.kind,
            "target": group.target,
            "count": group.count,
            "lastChosenAt": timestamp::print(group.last_ms),
        })
    };
    Ok(listed(&page, "choices", found, print))
}

/// `GET chat-feedback`: what was marked wrong, unless something else is wanted.
pub async fn feedback(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let rating = call.text("rating").unwrap_or(review::WRONG);
    let found = review::list_rated(&door.products, &call.of_product()?, rating, &page).await?;
    let print = |answer: &RatedAnswer| {
        json!({
            "messageId": answer.message.to_string(),
            "question": answer.question,
            "rating": answer.rating,
            "comment": answer.comment,
            "ratedAt": timestamp::print(answer.rated_ms),
            "askedAt": timestamp::print(answer.asked_ms),
            "status": answer.status,
            "method": answer.method,
            "verifiedQueryId": answer.verified_query,
            "sql": answer.sql,
        })
    };
    Ok(listed(&page, "feedback", found, print))
}

/// `POST unanswered-questions/{questionId}/synonym`: a word of the question, for something that a model has.
pub async fn add_synonym(door: Arc<Door>, call: Call, condition: Option<IfMatch>) -> Result<Reply, Failure> {
    let request = synonym::Request::parse(&call)?;
    let question = question(&door, &call).await?;
    let term = match (&request.term, question.terms.as_slice()) {
        (Some(term), _) => term.clone(),
        (None, [only]) => only.clone(),
        (None, _) => {
            let message = "say which word of the question is meant: it has not one unknown term";
            return Err(Failure::invalid_field("/term", "required", message));
        }
    };
    synonym::add(&door, &call, request, term, condition).await
}

/// `POST unanswered-questions/{questionId}/verified-query`: the question with the statement that answers it, as a draft.
pub async fn add_verified_query(door: Arc<Door>, mut call: Call) -> Result<Reply, Failure> {
    let mut body = call.body()?;
    if let Some(members) = body.as_object_mut() {
        if !members.contains_key("question") {
            members.insert("question".to_owned(), question(&door, &call).await?.question.into());
        } else {
            question(&door, &call).await?;
        }
        members.insert("isDeployed".to_owned(), false.into());
    }
    call.request.body = Bytes::from(body.to_string());
    handlers::create(&VerifiedQueries, door, call).await
}

/// The question that the path names.
async fn question(door: &Door, call: &Call) -> Result<Unanswered, Failure> {
    review::require_unanswered(&door.products, &call.of_product()?, call.request.param("questionId")).await
}

fn listed<T>(page: &PageRequest, name: &str, found: ListPage<T>, print: impl Fn(&T) -> Value) -> Reply {
    let mut data = json!({"count": found.items.len()});
    data[name] = found.items.iter().map(print).collect();
    Reply::list(page, data, found.total, found.pagination)
}
