//! What those who change a product see of the questions to it: which were not answered, what was chosen, what was rated.
//!
//! It is read from the messages themselves, so what an asker deletes is gone here, too. Who asked is never told, nor what
//! was answered: both are the asker's. Looked at are the last messages of a while.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, Order};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::memory::READING;
use super::reviewer::Reviewer;
use crate::failure::Failure;
use crate::message::Message;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::parts::verified_queries;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::threads::thread::{COMMENT, RATED_AT, RATING};
use crate::{ids, rights, subject};

/// How long questions are shown.
const KEPT_MS: i64 = 90 * 86_400_000;
/// How many messages are looked at, the newest first.
const MOST: usize = 10_000;
const PAGE: u32 = 500;
/// Ways to ask that are shown of one question.
const EXAMPLES: usize = 4;

/// Marks of a message, by which it is found.
const STATUS: &str = "status";
const CHOSEN: &str = "chosen";

/// The rating of an answer that its asker holds for wrong.
pub const WRONG: &str = "wrong";

/// The questions that were not answered, those asked last first; of a reason where one is given.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn list_unanswered(
    products: &Products,
    request: &ProductRequest,
    reason: Option<&str>,
    page: &PageRequest,
) -> Result<ListPage<Unanswered>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?.remembering();
    let view = reviewed(products, request, &reading).await?;
    let mut groups = all_unanswered(&reading, &view).await?;
    groups.retain(|group| reason.is_none_or(|wanted| group.reason == wanted));
    paged(products, &view, "questions", page, groups, |group| (group.last_ms, group.id))
}

/// One of them; `None` where there is none, or none any more.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn find_unanswered(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
) -> Result<Option<Unanswered>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?.remembering();
    let view = reviewed(products, request, &reading).await?;
    Ok(all_unanswered(&reading, &view).await?.into_iter().find(|group| group.id == id))
}

/// The same by the id that a request names; what is no id is that of nothing, for those who may know.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn require_unanswered(
    products: &Products,
    request: &ProductRequest,
    id: &str,
) -> Result<Unanswered, Failure> {
    let wanted = ids::parse_uuid(id);
    let found = find_unanswered(products, request, wanted.unwrap_or_default()).await?;
    let noun = if wanted.is_some() { "unanswered question" } else { "question" };
    found.ok_or_else(|| Failure::not_found(Message::with("there is no {} \"{}\"", [noun, id])))
}

/// What words were taken for, as far as the caller could take them for it; the last choices first.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn list_chosen(
    products: &Arc<Products>,
    request: &ProductRequest,
    page: &PageRequest,
) -> Result<ListPage<Chosen>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?.remembering();
    let view = reviewed(products, request, &reading).await?;
    let messages = answers(&reading, &view, (CHOSEN, true.into())).await?;
    let reviewer = Reviewer::of(products, request).await?;
    let mut groups = chosen(view.id(), &messages);
    groups.retain(|group| reviewer.sees(&group.kind, &group.target));
    paged(products, &view, "choices", page, groups, |group| (group.last_ms, group.id))
}

/// The answers that were rated so, those rated last first.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn list_rated(
    products: &Arc<Products>,
    request: &ProductRequest,
    rating: &str,
    page: &PageRequest,
) -> Result<ListPage<RatedAnswer>, Failure> {
    let (view, rated) = rated(products, request, rating).await?;
    paged(products, &view, "feedback", page, rated, |answer| (answer.rated_ms, answer.message.uuid()))
}

/// One of them; `None` where there is none, or none any more.
///
/// Errors: 404, 403 for who may not change the product.
pub async fn find_rated(
    products: &Arc<Products>,
    request: &ProductRequest,
    rating: &str,
    message: RecordId,
) -> Result<Option<RatedAnswer>, Failure> {
    let (_, rated) = rated(products, request, rating).await?;
    Ok(rated.into_iter().find(|answer| answer.message == message))
}

async fn rated(
    products: &Arc<Products>,
    request: &ProductRequest,
    rating: &str,
) -> Result<(View, Vec<RatedAnswer>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?.remembering();
    let view = reviewed(products, request, &reading).await?;
    let messages = answers(&reading, &view, (RATING, rating.into())).await?;
    let reviewer = Reviewer::of(products, request).await?;
    let mut rated: Vec<RatedAnswer> = messages.iter().map(|message| RatedAnswer::of(message, &reviewer)).collect();
    rated.sort_by_key(|answer| Reverse((answer.rated_ms, answer.message)));
    Ok((view, rated))
}

/// The product, of which only those who may change it hear what was asked.
async fn reviewed(products: &Products, request: &ProductRequest, reading: &Reading<'_>) -> Result<View, Failure> {
    let view = subject::find(products, request, reading, &Depth::bare()).await?;
    rights::require(reading, Action::EditAll, &view.record).await?;
    Ok(view)
}

async fn all_unanswered(reading: &Reading<'_>, view: &View) -> Result<Vec<Unanswered>, Failure> {
    let mut messages = Vec::new();
    for status in ["not_answerable", "needs_clarification"] {
        messages.extend(answers(reading, view, (STATUS, status.into())).await?);
    }
    messages.sort_by_key(|message| Reverse((message.created.at, message.id)));
    Ok(unanswered(view.id(), &messages))
}

/// A page of what is sorted by place, the newest first.
fn paged<T>(
    products: &Products,
    view: &View,
    name: &str,
    page: &PageRequest,
    items: Vec<T>,
    place: impl Fn(&T) -> (i64, Uuid),
) -> Result<ListPage<T>, Failure> {
    let scope = CursorScope::of(view.record.account, &format!("{name}/{}", view.id()), page);
    let position = |item: &T| Position { key: SortKey::Millis(place(item).0), id: place(item).1 };
    scope.page(&products.cursor_keys, page, items, position, Position::lt)
}

/// The answers below a product with a mark, newest first.
async fn answers(reading: &Reading<'_>, product: &View, mark: (&'static str, Value)) -> Result<Vec<Record>, Failure> {
    let since = Millis(reading.catalog().now().0.saturating_sub(KEPT_MS));
    let mut query = ListQuery {
        since: Some(since),
        fields: vec![mark],
        order: Order::Created,
        descending: true,
        limit: PAGE,
        ..ListQuery::of(product.record.account, reading.catalog().kind("chat_message"))
    };
    let mut found = Vec::new();
    loop {
        let page = reading.said_below(product, query.clone()).await?;
        let is_last = page.len() < PAGE as usize;
        query.after = page.last().map(|last| Keyset { key: KeysetKey::At(last.created.at), id: last.id });
        found.extend(page);
        if is_last || found.len() >= MOST {
            found.truncate(MOST);
            return Ok(found);
        }
    }
}

/// A question, however it was spelled, that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub id: Uuid,
    pub reason: String,
    pub terms: Vec<String>,
    /// As it was asked last.
    pub question: String,
    pub examples: Vec<String>,
    pub count: usize,
    pub first_ms: i64,
    pub last_ms: i64,
}

/// The same of what was not understood, counted; newest first.
fn unanswered(product: RecordId, messages: &[Record]) -> Vec<Unanswered> {
    let mut groups: BTreeMap<String, Unanswered> = BTreeMap::new();
    for message in messages {
        let Some(answer) = message.body.get("answer") else { continue };
        let Some(question) = asked(answer) else { continue };
        let reason = match answer.get("reason").and_then(Value::as_str) {
            Some(reason) => reason,
            None if answer.get("clarification").is_some() => "clarification",
            None => continue,
        };
        let listed = answer.get("unknownTerms").and_then(Value::as_array);
        let mut terms: Vec<String> =
            listed.into_iter().flatten().filter_map(|term| Some(term.as_str()?.to_owned())).collect();
        terms.sort_by_key(|term| name::fold(term));
        let about = match terms.is_empty() {
            true => verified_queries::words(question),
            false => terms.iter().map(|term| name::fold(term)).collect::<Vec<_>>().join("\n"),
        };
        let at = message.created.at.0;
        let key = format!("{reason}\n{about}");
        let group = groups.entry(key).or_insert_with_key(|key| Unanswered {
            id: id(product, key),
            reason: reason.to_owned(),
            terms,
            question: question.to_owned(),
            examples: Vec::new(),
            count: 0,
            first_ms: at,
            last_ms: at,
        });
        group.count += 1;
        group.first_ms = group.first_ms.min(at);
        if at > group.last_ms {
            group.last_ms = at;
        }
        let is_new = |shown: &String| verified_queries::words(shown) != verified_queries::words(question);
        if is_new(&group.question) && group.examples.iter().all(is_new) && group.examples.len() < EXAMPLES {
            group.examples.push(question.to_owned());
        }
    }
    let mut groups: Vec<Unanswered> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse((group.last_ms, group.id)));
    groups
}

/// What words were taken for by those who were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub id: Uuid,
    pub words: String,
    pub kind: String,
    pub target: String,
    pub count: usize,
    pub last_ms: i64,
}

/// An answer that its asker has rated. Not its words: they hold values of rows that the asker may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedAnswer {
    pub message: RecordId,
    pub question: String,
    pub rating: Option<String>,
    pub comment: Option<String>,
    pub rated_ms: i64,
    pub asked_ms: i64,
    pub status: Option<String>,
    pub method: Option<String>,
    pub verified_query: Option<String>,
    /// Where the reader may see it.
    pub sql: Option<String>,
}

impl RatedAnswer {
    fn of(message: &Record, reviewer: &Reviewer) -> RatedAnswer {
        let described = |field: &str| message.body.get(field).and_then(Value::as_str).map(str::to_owned);
        let answer = message.body.get("answer").unwrap_or(&Value::Null);
        let of = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let sql = reviewer.sql(answer).map(str::to_owned);
        RatedAnswer {
            message: message.id,
            question: asked(answer).unwrap_or_default().to_owned(),
            rating: described(RATING),
            comment: described(COMMENT),
            rated_ms: message.body.get(RATED_AT).and_then(Value::as_i64).unwrap_or_default(),
            asked_ms: message.created.at.0,
            status: of("/status"),
            method: of("/provenance/method"),
            verified_query: sql.as_ref().and_then(|_| of("/provenance/verifiedQueryId")),
            sql,
        }
    }
}

/// The same choices counted; newest first.
fn chosen(product: RecordId, messages: &[Record]) -> Vec<Chosen> {
    let mut groups: BTreeMap<String, Chosen> = BTreeMap::new();
    for message in messages {
        let Some(answer) = message.body.get("answer") else { continue };
        let ids = answer.get(READING).and_then(|reading| reading.get("choices")).and_then(Value::as_array);
        for choice in ids.into_iter().flatten().filter_map(Value::as_str) {
            let Some((words, kind, target)) = part_chosen(choice) else { continue };
            let Some(words) = written(answer, words, choice) else { continue };
            let at = message.created.at.0;
            let key = format!("{kind}\n{target}\n{words}");
            let group = groups.entry(key).or_insert_with_key(|key| Chosen {
                id: id(product, key),
                words: words.to_owned(),
                kind: kind.to_owned(),
                target: target.to_owned(),
                count: 0,
                last_ms: at,
            });
            group.count += 1;
            group.last_ms = group.last_ms.max(at);
        }
    }
    let mut groups: Vec<Chosen> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse((group.last_ms, group.id)));
    groups
}

/// Of `sales|metric:net_sales`. Of a value only the field: which values there are is said by rows.
fn part_chosen(choice: &str) -> Option<(&str, &str, &str)> {
    let (words, part) = choice.split_once('|')?;
    let (kind, target) = part.split_once(':')?;
    match kind {
        "value" => Some((words, kind, target.split_once('=').map_or(target, |(field, _)| field))),
        "metric" | "dataset" | "field" | "join" | "time" => Some((words, kind, target)),
        // Whole readings, which nobody could make a synonym of.
        _ => None,
    }
}

/// The words of a choice as the asker wrote them. Those in its id may be a value that was read for a misspelt one, and that
/// is the rows' to say.
fn written<'a>(answer: &'a Value, words: &'a str, choice: &str) -> Option<&'a str> {
    let text = name::fold(asked(answer)?);
    let Some((_, value)) = choice.split_once("|value:").and_then(|(_, part)| part.split_once('=')) else {
        return Some(words);
    };
    if words.split(' ').all(|word| text.contains(word)) {
        return Some(words);
    }
    let mut used = answer.pointer("/interpretation/used")?.as_array()?.iter();
    let of_value = used.find(|used| used["meaning"].as_str().is_some_and(|meaning| meaning.contains(value)))?;
    of_value["words"].as_str()
}

/// What was asked, once an answer to a question back was put into its place.
pub fn asked(answer: &Value) -> Option<&str> {
    answer.get(READING)?.get("text")?.as_str()
}

/// The same for the same questions, as long as the product is.
fn id(product: RecordId, key: &str) -> Uuid {
    let digest = Sha256::digest(format!("{product}\n{key}"));
    let bytes: [u8; 16] = digest[..16].try_into().expect("sixteen bytes of thirty-two");
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_tells_no_value() {
        assert_eq!(part_chosen("sale|metric:net_sales"), Some(("sale", "metric", "net_sales")));
        assert_eq!(part_chosen("georgia|value:customers.state=Georgia"), Some(("georgia", "value", "customers.state")));
        assert_eq!(part_chosen("time of orders|field:orders.order_date").map(|(_, kind, _)| kind), Some("field"));
        for other in ["via:departs+arrives", "{\"measures\":[]}", ""] {
            assert_eq!(part_chosen(other), None, "{other}");
        }
    }
}
