//! The body of a question: what is asked, and how it is to be answered.

use std::time::Duration;

use emporion_edge::timestamp;
use emporion_products::chat::request::{MAX_MESSAGE, Mode, Question, USUAL_LOCALE};
use emporion_products::chat::zone::Zone;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::limits::{DEFAULT_ROWS, DEFAULT_TIMEOUT_MS};
use emporion_products::message::Message;
use emporion_products::text_check;
use serde_json::{Map, Value};

use crate::shapes::chat as shapes;

/// Other names of `message`, as other clients write it.
const ALIASES: [&str; 3] = ["message", "question", "query"];

/// Reads what a client asks, in any of its accepted forms.
///
/// Errors: 400 and 422 for a body that breaks its shape.
pub fn parse(body: Value, strict: bool) -> Result<Question, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        if question_text(body).is_none_or(|text| !text_check::is_seen(&text)) {
            broken.push(Violation::new("/message", "required", "say what is asked"));
        }
        if let Some(today) = option(body, "today").and_then(Value::as_str)
            && timestamp::parse(&format!("{today}T00:00:00Z")).is_none()
        {
            broken.push(Violation::new("/options/today", "format", "must be a date, as in 2026-11-20"));
        }
    };
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        check_body(body, broken);
        if let Some(name) = option(body, "timezone").and_then(Value::as_str)
            && Zone::named(name).is_none()
        {
            let message = Message::with("\"{}\" is no time zone; name one as in Europe/Oslo", [name]);
            broken.push(Violation::new("/options/timezone", "timezone", message));
        }
    };
    let Checked { body, warnings } = fields::check_all(&shapes::REQUEST, &[], body, strict, &check_body)?;
    let flag = |name: &str| option(&body, name).and_then(Value::as_bool);
    let number = |name: &str, default: i64| {
        let number = option(&body, name).and_then(Value::as_i64).unwrap_or(default);
        number.unsigned_abs()
    };
    let text = |name: &str| option(&body, name).and_then(Value::as_str).map(str::to_owned);
    let choice = body.get("clarification").and_then(|given| given.get("choice"));
    let choices = match choice {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
        _ => Vec::new(),
    };
    let include = option(&body, "include").and_then(Value::as_array);
    Ok(Question {
        text: question_text(&body).unwrap_or_default(),
        thread: body.get("threadId").and_then(Value::as_str).and_then(|id| id.parse().ok()),
        before: Vec::new(),
        choices,
        is_preview: body.get("preview").and_then(Value::as_bool).unwrap_or(false),
        mode: match text("mode").as_deref() {
            Some("deterministic") => Mode::Deterministic,
            Some("llm") => Mode::Llm,
            _ => Mode::Auto,
        },
        is_run: flag("execute").unwrap_or(true),
        rows: number("maxRows", DEFAULT_ROWS),
        file: None,
        timeout: Duration::from_millis(number("timeoutMs", DEFAULT_TIMEOUT_MS)),
        include: include.map(|names| names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()),
        locale: text("locale").unwrap_or_else(|| USUAL_LOCALE.to_owned()),
        is_anew: false,
        today: text("today"),
        zone: text("timezone").and_then(|name| Zone::named(&name)),
        skill: body.get("skill").and_then(Value::as_str).map(str::to_owned),
        warnings,
    })
}

fn option<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get("options")?.get(name)
}

/// What is asked, under whichever name: of a conversation, what the user said last.
fn question_text(body: &Map<String, Value>) -> Option<String> {
    if let Some(text) = ALIASES.iter().find_map(|name| body.get(*name)?.as_str()) {
        return Some(text.to_owned());
    }
    let messages = body.get("messages")?.as_array()?;
    let last = messages.iter().rev().find(|message| message.get("role").and_then(Value::as_str) == Some("user"))?;
    let text = match last.get("content")? {
        Value::String(text) => text.clone(),
        // Pieces, of which those of text count.
        Value::Array(pieces) => {
            pieces.iter().filter_map(|piece| piece.get("text")?.as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => return None,
    };
    (1..=MAX_MESSAGE).contains(&text.chars().count()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(body: Value) -> Option<String> {
        parse(body, false).ok().map(|question| question.text)
    }

    #[test]
    fn a_question_has_several_names() {
        for name in ALIASES {
            assert_eq!(text(json!({name: "How many?"})).as_deref(), Some("How many?"));
        }
        let talk = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                          {"role": "user", "content": [{"type": "text", "text": "c"}]}]);
        assert_eq!(text(json!({"messages": talk})).as_deref(), Some("c"));
        for nothing in [json!({}), json!({"message": ""}), json!({"messages": [{"role": "system", "content": "x"}]})] {
            assert_eq!(text(nothing), None);
        }
        assert_eq!(text(json!({"message": "x".repeat(4_001)})), None);
    }

    #[test]
    fn options_are_bounded() {
        let of = |options: Value| parse(json!({"message": "x", "options": options}), false);
        let question = of(json!({"maxRows": 5, "include": ["text"], "today": "2026-11-20"})).expect("it is right");
        assert_eq!((question.rows, question.timeout.as_secs()), (5, 30));
        assert!(question.shows("text") && !question.shows("table") && question.is_run);
        for wrong in
            [json!({"today": "2026-13-01"}), json!({"maxRows": 0}), json!({"include": ["x"]}), json!({"mode": 1})]
        {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
