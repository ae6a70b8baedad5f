//! What of an answer is kept in its thread, and what of it is shown.

use std::sync::Arc;
use std::time::Instant;

use emporion_catalog::command::Once;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::documents;
use super::memory::READING;
use super::opening::Opened;
use super::question_idempotency::AnswerRef;
use super::skill;
use super::timings::since;
use super::wording::cut;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::threads::{self, Role, Saying};

/// Characters of an answer in words: one that tells long values says their beginning.
const MOST_TEXT: usize = 4_000;

/// An answer with its place in a thread, as it is shown.
pub struct Shown {
    pub data: Value,
    pub table: Option<Value>,
    /// It was asked, and kept, before.
    pub is_again: bool,
}

/// Keeps question and answer in the thread, the rows aside.
pub async fn keep(
    products: &Arc<Products>,
    request: &ProductRequest,
    opened: &Opened,
    answer: Answer,
    begun: Instant,
) -> Result<Shown, Failure> {
    let Answer { status, mut members, read } = answer;
    let tokens = members.shift_remove("llmTokens").unwrap_or(json!(0));
    let mut data = Map::new();
    data.insert("threadId".into(), opened.thread.to_string().into());
    data.insert("messageId".into(), opened.message.to_string().into());
    data.insert("status".into(), status.into());
    let mut text = members.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !members.contains_key("quotes") {
        text = cut(&text, MOST_TEXT);
        members.insert("text".into(), text.as_str().into());
    }
    data.extend(members);
    for empty in ["suggestions", "warnings"] {
        data.entry(empty).or_insert_with(|| json!([]));
    }
    let method = data.get("provenance").and_then(|provenance| provenance["method"].as_str());
    let is_proposed = method.is_some_and(|method| method.starts_with("llm_"));
    if let Some(warnings) = data["warnings"].as_array_mut() {
        warnings.extend(opened.warnings.iter().filter(|one| !(is_proposed && one["code"] == skill::NOT_USED)).cloned());
    }
    let trace = data.shift_remove("trace");
    if let Some(asked) = data.get_mut("clarification").and_then(Value::as_object_mut) {
        asked.insert("id".into(), format!("clr_{}", opened.message.uuid().simple()).into());
    }
    let table = data.shift_remove("table");
    let rows = table.as_ref().map_or(json!(0), |table| table["rowCount"].clone());
    data.insert("usage".into(), json!({"ms": since(begun), "rows": rows, "llmTokens": tokens}));
    let mut is_again = opened.is_again;
    if !is_again {
        // Values of rows stand in no thread: not in a table, and not in a chart.
        let mut kept = data.clone();
        kept.shift_remove("chart");
        let text = documents::without_quotes(&mut kept).unwrap_or(text);
        kept.insert(READING.into(), read.print());
        let sayings = [
            Saying { id: opened.asked, role: Role::User, text: opened.question.text.clone(), answer: None },
            Saying { id: opened.message, role: Role::Assistant, text, answer: Some(kept.into()) },
        ];
        if let Some(first) = said(products, request, opened, &sayings).await? {
            is_again = true;
            data.insert("threadId".into(), first.thread.to_string().into());
            data.insert("messageId".into(), first.message.to_string().into());
        }
    }
    let question = &opened.question;
    // What is hardly known to answer the question is not shown without what it was asked of.
    let is_unsure = data.get("confidence").is_some_and(|confidence| confidence["level"] == "low");
    for part in ["chart", "sql"] {
        let is_shown = question.shows(part) || is_unsure && part == "sql";
        if !is_shown {
            data.shift_remove(part);
        }
    }
    if !question.shows("text") {
        data.insert("text".into(), "".into());
    }
    // Not kept: what the model has, the thread's owner may not see one day.
    data.extend(trace.map(|trace| ("trace".to_owned(), trace)));
    let mut data = Value::Object(data);
    let table = table.filter(|_| question.shows("table"));
    if let Some(table) = &table {
        data["table"] = table.clone();
    }
    Ok(Shown { data, table, is_again })
}

/// Stores the sayings. Answers the message that was stored under the key before, if another server was faster.
async fn said(
    products: &Products,
    request: &ProductRequest,
    opened: &Opened,
    sayings: &[Saying],
) -> Result<Option<AnswerRef>, Failure> {
    let (catalog, caller) = (&products.catalog, &request.caller);
    let command = if opened.is_new {
        threads::beginning(catalog, caller, opened.product, opened.thread, sayings)
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
