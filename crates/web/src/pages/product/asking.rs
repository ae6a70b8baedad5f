//! What the forms of a conversation send: questions and what is picked of what was asked back, what an answer was worth, and
//! that it is to be a verified query.

use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::fingerprint::Fingerprint;
use emporion_edge::route::Route;
use emporion_products::chat;
use emporion_products::chat::answer::{Answer, Sql};
use emporion_products::chat::ask::Following;
use emporion_products::chat::request::Question;
use emporion_products::chat::restated::Restated;
use emporion_products::failure::Failure;
use emporion_products::idempotency::{IdempotencyKey, Idempotent, StoredAnswer};
use emporion_products::message::Nouns;
use emporion_products::parts::change::Stored;
use emporion_products::parts::verified_queries::query::{self, QueryDraft};
use emporion_products::threads::Role;
use emporion_products::threads::thread::{self, Feedback, ThreadMessage};
use http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::ask::{self, Typed};
use super::turn::RefusedBound;
use super::unanswered::in_words;
use super::{coming, verified, warned};
use crate::door::Door;
use crate::fault::Fault;
use crate::following::questions::{self, FollowedQuestion, Wanted};
use crate::forms::form::Form;
use crate::records::address::{self, segment};
use crate::records::record::{RecordPage, back, change};
use crate::request::events::Events;
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};

/// The longest question of a verified query.
const MOST_VERIFIED: usize = 500;
/// Of a bound that was refused, as much is shown again.
const MOST_THRESHOLD: usize = 40;

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "ask", "ask_product", move |visit, view| question(page, visit, view)),
        back(page, "ask", "product_ask", "ask"),
        change(page, "answers", "judge_answer", move |visit, view| judge(page, visit, view)),
        back(page, "answers", "product_answers", "ask"),
    ]
}

/// Asks a product what the form that was sent holds, wherever it was sent to.
pub async fn question(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let (sent, at) = (visit.form(), address::of_record(&view.record));
    // Of an option that is picked, the words are its label.
    let (thread, choice, words) = (sent.trimmed("thread").to_owned(), sent.text("choice"), sent.trimmed("question"));
    let all = |name: &str| -> Vec<String> {
        let values = sent.all(name).filter(|_| thread.is_empty());
        values.map(str::to_owned).collect()
    };
    let (before, picked) = (all(ask::BEFORE), all(ask::PICKED));
    if words.is_empty() {
        let faults = vec![visit.t.say("ask.nothing_asked")];
        return refused(page, &visit, &view, Typed { thread, faults, before, picked, ..Typed::default() }, 400).await;
    }
    let request = visit.about(view.id());
    let products = &visit.door.calls.products;
    let question = || -> Result<Question, Failure> {
        let missing = |_| Failure::not_found("there is no such thread");
        Ok(Question {
            thread: if thread.is_empty() { None } else { Some(thread.parse().map_err(missing)?) },
            before: before.clone(),
            choices: if choice.is_empty() { picked.clone() } else { vec![choice.to_owned()] },
            ..Question::in_words(words)
        })
    };
    let refusal = if coming::is_followed(&visit) {
        let asked =
            async { chat::ask::ask_following(products, &request, question()?, None, Nouns::DATA_PRODUCT).await };
        match visit.serve("chat_stream", asked).await {
            Ok(Following { stream, .. }) => {
                let events = Events::of(stream.follow(0));
                return coming::follow(visit.clone(), view, words.to_owned(), events).await;
            }
            Err(refusal) => refusal,
        }
    } else {
        let asked = async { chat::ask::ask(products, &request, question()?, None).await };
        match visit.serve("chat_ask", asked).await {
            Ok((placed, _)) => {
                let (thread, message) = (placed.thread.to_string(), placed.message.to_string());
                return Ok(headers::see_other(&ask::answer_at(&at, &thread, &message)));
            }
            Err(refusal) => refusal,
        }
    };
    let (status, faults) = in_words(&visit, &refusal)?;
    let typed = Typed { question: words.to_owned(), before, picked, thread, faults, refused: None };
    refused(page, &visit, &view, typed, status).await
}

/// What was typed stays: on the page anew, or on the one that is told of it.
async fn refused(page: &'static RecordPage, visit: &Visit, view: &View, typed: Typed, status: u16) -> Shown {
    match coming::is_followed(visit) {
        true => Ok(coming::refused(visit, status, typed.faults)),
        false => ask::page((page, visit, view), typed, status).await,
    }
}

/// One answer of a thread: whether it helped, or that it is to stand as verified.
async fn judge(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    let (sent, at) = (visit.form(), address::of_record(&view.record));
    let (thread, message) = (sent.text("thread"), sent.text("message"));
    match sent.text("do") {
        "verify" => {
            let draft = to_verify(&visit, view.id(), &sent).await?;
            if let Some(known) = verified::known(&visit, view.id(), &draft).await {
                let pairs = [("tab", "model"), ("verified", &*known), ("done", "known")];
                return Ok(headers::see_other(&address::with_query(&at, &pairs)));
            }
            match verify(&visit, &view, &draft, &sent).await {
                Ok(there) => Ok(headers::see_other(&there)),
                Err(refusal) => {
                    let (status, faults) = refusal.in_form(visit.t)?;
                    let typed = Typed { thread: thread.to_owned(), faults, ..Typed::default() };
                    ask::page((page, &visit, &view), typed, status).await
                }
            }
        }
        "follow" => {
            let messages = ask::messages(&visit, view.id(), thread).await?;
            let place = messages.iter().position(|one| one.id.to_string() == message).ok_or(Fault::NoSuchPage)?;
            let question = messages[..place].iter().rfind(|one| one.role == Role::User);
            let question = question.map(|one| one.text.clone()).ok_or(Fault::NoSuchPage)?;
            let known = known(&visit, view.id(), &messages[..=place], questions::is_below(&sent)).await?;
            // Of what it is counted in an outline says nothing: the answer is read again, where its source answers.
            let answer = ask::again(&visit, view.id(), thread, messages[place].id, (2, None)).await.ok();
            let of_figure =
                |what: fn(&Answer) -> Option<String>| answer.as_ref().and_then(what).filter(|text| text.len() <= 64);
            let (unit, format) = (of_figure(questions::unit), of_figure(questions::format));
            let wanted = Wanted { product: view.id(), question: &question, unit, format, known: known.as_ref() };
            let faults = questions::follow(&visit, wanted, &sent).await?;
            if faults.is_empty() {
                let figure = answer.as_ref().and_then(questions::figure);
                let done = match figure.is_some_and(|figure| questions::is_crossed_already(&visit, figure, &sent)) {
                    true => "followed_crossed",
                    false => "followed_question",
                };
                return Ok(headers::see_other(&address::with_query("/following", &[("done", done)])));
            }
            let refused = RefusedBound {
                message: message.to_owned(),
                is_below: questions::is_below(&sent),
                threshold: sent.trimmed("threshold").chars().take(MOST_THRESHOLD).collect(),
                faults,
            };
            let typed = Typed { thread: thread.to_owned(), refused: Some(refused), ..Typed::default() };
            ask::page((page, &visit, &view), typed, 400).await
        }
        "helpful" | "wrong" => {
            rate(&visit, view.id(), (thread, message), sent.text("do")).await?;
            let there = address::with_query(&at, &[("tab", "ask"), ("thread", thread), ("done", "saved")]);
            Ok(headers::see_other(&format!("{there}#m-{}", segment(message))))
        }
        _ => Err(Fault::Malformed(visit.t.say("ask.nothing_asked"))),
    }
}

/// The question of the last of these messages, where the visitor follows it already on this side of a threshold: what was
/// asked before it is a part of it.
async fn known(
    visit: &Visit,
    product: RecordId,
    messages: &[ThreadMessage],
    is_below: bool,
) -> Result<Option<FollowedQuestion>, Fault> {
    let Some(asked) = Restated::of(messages) else { return Ok(None) };
    let own = questions::own(&visit.reading().await?).await?;
    let is_like = |one: &FollowedQuestion| one.product == product && one.is_above != is_below;
    for one in own.into_iter().filter(|one| is_like(one) && one.question == asked.question) {
        let (thread, message) = one.answer;
        // Its thread may be gone.
        let Ok(messages) = ask::messages(visit, product, &thread.to_string()).await else { continue };
        let place = messages.iter().position(|known| known.id == message);
        if place.and_then(|place| Restated::of(&messages[..=place])).as_ref() == Some(&asked) {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

/// Makes a verified query; answers where that leads. The same form, sent twice at a time, makes one query.
async fn verify(visit: &Arc<Visit>, view: &View, draft: &QueryDraft, sent: &Form) -> Result<String, Refusal> {
    let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
    let body = serde_json::to_value(draft).unwrap_or_default();
    let path = format!("verified queries of {}", view.id());
    let key = IdempotencyKey {
        scope: format!("pages {} {path}", visit.caller().principal.user),
        text: hex(&Sha256::digest(format!("{} {body}", sent.text("token")))),
        fingerprint: Fingerprint::of_json(&Method::POST, &path, &body),
    };
    let address = {
        let (visit, view) = (visit.clone(), view.clone());
        move |stored: &Stored| format!("{}#verified", warned::address_after(&visit, &view, "created", &stored.warnings))
    };
    let address = Arc::new(address);
    let print = address.clone();
    let stored = StoredAnswer { key, print: Arc::new(move |stored: &Stored| (303, print(stored).into())) };
    let saving = query::save(products, &request, None, draft, None, Some(stored));
    Ok(match visit.serve("verifiedQueries_create", saving).await? {
        Idempotent::Fresh(stored) => address(&stored),
        Idempotent::Replayed { body, .. } => String::from_utf8_lossy(&body).into_owned(),
    })
}

async fn rate(visit: &Visit, product: RecordId, (thread, message): (&str, &str), rating: &str) -> Result<(), Refusal> {
    let request = visit.about(product);
    let rated_ms = visit.catalog().now().0;
    let feedback = Feedback { rating: rating.to_owned(), comment: None, rated_ms };
    let rating = async {
        // What is no id is that of nothing.
        let id = |text: &str| text.parse().map_err(|_| Failure::not_found("there is no such answer"));
        let answer = (id(thread)?, id(message)?);
        thread::rate(&visit.door.calls.products, &request, answer, Some(feedback), None).await
    };
    visit.serve("chatFeedback_give", rating).await.map(drop)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The statement of an answer with the question that it answers, as a draft; with the values in it that it was run with.
async fn to_verify(visit: &Visit, product: RecordId, sent: &Form) -> Result<QueryDraft, Fault> {
    let messages = ask::messages(visit, product, sent.text("thread")).await?;
    let found = messages.iter().find(|message| message.id.to_string() == sent.text("message"));
    let sql = found.and_then(|message| message.kept_answer().sql).ok_or(Fault::NoSuchPage)?;
    let question: String = sent.trimmed("question").chars().take(MOST_VERIFIED).collect();
    Ok(QueryDraft { question, sql: filled(&sql), ..QueryDraft::default() })
}

/// A statement with its parameters' values in their places, but for what stands in quotes.
fn filled(Sql { text: sql, parameters, .. }: &Sql) -> String {
    let value = |name: &str| {
        let known = parameters.iter().find(|one| one.name == name)?;
        Some(match &known.value {
            Value::Null => "NULL".to_owned(),
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            other => other.to_string(),
        })
    };
    let mut filled = String::with_capacity(sql.len() + 32);
    let mut quote = None;
    let mut rest = sql.as_str();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == ':' && !filled.ends_with(':') => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                if let Some(value) = value(&after[..end]) {
                    filled.push_str(&value);
                    rest = &after[end..];
                    continue;
                }
            }
            _ => {}
        }
        filled.push(c);
        rest = after;
    }
    filled
}

#[cfg(test)]
mod tests {
    use emporion_products::chat::answer::Parameter;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_stand_where_their_names_did() {
        let parameters = [("p1", json!("it's")), ("p10", json!(2.5)), ("p2", Value::Null)];
        let parameters = parameters.map(|(name, value)| Parameter { name: name.to_owned(), value });
        let sql = r#"SELECT ':p1', "a:p1", x::text FROM t WHERE a = :p1 AND b < :p10 AND c IS :p2 AND d = :p3"#;
        let wanted = r#"SELECT ':p1', "a:p1", x::text FROM t WHERE a = 'it''s' AND b < 2.5 AND c IS NULL AND d = :p3"#;
        let sql = Sql { text: sql.to_owned(), parameters: parameters.into(), ..Sql::default() };
        assert_eq!(filled(&sql), wanted);
    }
}
