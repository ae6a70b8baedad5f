//! For those who change a product: which questions to it were not answered, what was chosen, what was rated; and one step
//! from such a question to a synonym or to a verified query.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::action::Action;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_edge::timestamp;
use emporion_products::chat::review;
use emporion_products::chat::review::{CHOSEN, Chosen, STATUS, Unanswered};
use emporion_products::chat::reviewer::Reviewer;
use emporion_products::failure::Failure;
use emporion_products::message::Message;
use emporion_products::parts::verified_queries::VerifiedQueries;
use emporion_products::rights;
use emporion_products::threads::thread::{COMMENT, RATED_AT, RATING};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use emporion_products::page::{PageRequest, Position, SortKey};
use crate::parts::handlers;
use crate::parts::semantic_models::synonym;
use crate::subject;

/// `GET unanswered-questions`.
pub async fn unanswered(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?.remembering();
    let view = reviewed(&door, &call, &reading).await?;
    let wanted = call.text("reason");
    let mut groups = all_unanswered(&reading, &view).await?;
    groups.retain(|group| wanted.is_none_or(|wanted| group.reason == wanted));
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
    paged(&door, &call, &view, "questions", groups, |group| (group.last_ms, group.id), print)
}

/// `GET chat-choices`.
pub async fn choices(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?.remembering();
    let view = reviewed(&door, &call, &reading).await?;
    let messages = review::answers(&reading, &view, (CHOSEN, true.into())).await?;
    let reviewer = Reviewer::of(&door.products, &call.of_product()?).await?;
    let mut groups = review::chosen(view.id(), &messages);
    groups.retain(|group| reviewer.sees(&group.kind, &group.target));
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
    paged(&door, &call, &view, "choices", groups, |group| (group.last_ms, group.id), print)
}

/// `GET chat-feedback`: what was marked wrong, unless something else is wanted.
pub async fn feedback(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?.remembering();
    let view = reviewed(&door, &call, &reading).await?;
    let rating = call.text("rating").unwrap_or("wrong").to_owned();
    let mut rated = review::answers(&reading, &view, (RATING, rating.into())).await?;
    let reviewer = Reviewer::of(&door.products, &call.of_product()?).await?;
    let rated_ms = |message: &Record| message.body.get(RATED_AT).and_then(Value::as_i64).unwrap_or_default();
    rated.sort_by_key(|message| std::cmp::Reverse((rated_ms(message), message.id)));
    let print = |message: &Record| {
        let answer = message.body.get("answer").unwrap_or(&Value::Null);
        let of = |pointer: &str| answer.pointer(pointer).cloned().unwrap_or_default();
        let sql = reviewer.sql(answer);
        json!({
            "messageId": message.id.to_string(),
            "question": review::asked(answer).unwrap_or_default(),
            "rating": message.body.get(RATING),
            "comment": message.body.get(COMMENT),
            "ratedAt": timestamp::print(rated_ms(message)),
            "askedAt": timestamp::print(message.created.at.0),
            "status": of("/status"),
            "method": of("/provenance/method"),
            "verifiedQueryId": sql.map(|_| of("/provenance/verifiedQueryId")),
            "sql": sql,
        })
    };
    paged(&door, &call, &view, "feedback", rated, |message| (rated_ms(message), message.id.uuid()), print)
}

/// `POST unanswered-questions/{questionId}/synonym`: a word of the question, for something that a model has.
pub async fn add_synonym(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
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
    synonym::add(&door, &call, request, term).await
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

/// The product, of which only those who may change it hear what was asked.
async fn reviewed(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<View, Failure> {
    let view = subject::find(door, call, reading, &Depth::bare()).await?;
    rights::require(reading, Action::EditAll, &view.record).await?;
    Ok(view)
}

async fn all_unanswered(reading: &Reading<'_>, view: &View) -> Result<Vec<Unanswered>, Failure> {
    let mut messages = Vec::new();
    for status in ["not_answerable", "needs_clarification"] {
        messages.extend(review::answers(reading, view, (STATUS, status.into())).await?);
    }
    messages.sort_by_key(|message| std::cmp::Reverse((message.created.at, message.id)));
    Ok(review::unanswered(view.id(), &messages))
}

/// The question that the path names.
///
/// Errors: 403 for those who may not change the product.
async fn question(door: &Door, call: &Call) -> Result<Unanswered, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?.remembering();
    let view = reviewed(door, call, &reading).await?;
    let id = call.id("questionId", "question")?;
    let mut groups = all_unanswered(&reading, &view).await?.into_iter();
    groups
        .find(|group| group.id == id)
        .ok_or_else(|| Failure::not_found(Message::with("there is no unanswered question \"{}\"", [id.to_string()])))
}

/// A page of what is sorted by place, the newest first.
fn paged<T>(
    door: &Door,
    call: &Call,
    view: &View,
    name: &'static str,
    items: Vec<T>,
    position_of: impl Fn(&T) -> (i64, Uuid),
    print: impl Fn(&T) -> Value,
) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let listing = subject::listing(call, view, name);
    let after = listing.after_millis(&door.cursor_keys, &page)?;
    let total = items.len();
    let rest = items.into_iter().filter(|item| after.is_none_or(|after| position_of(item) < after));
    let position = |item: &T| Position { key: SortKey::Millis(position_of(item).0), id: position_of(item).1 };
    let (shown, pagination) = listing.cut(&door.cursor_keys, &page, rest, position);
    let mut data = json!({"count": shown.len()});
    data[name] = shown.iter().map(print).collect();
    Ok(Reply::list(&page, data, total, pagination))
}
